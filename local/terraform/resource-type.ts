import { createHash } from 'node:crypto';
import type * as z from 'zod';

/** Where a resource stands: what its computed attributes may be made from. */
export interface Place {
  /** `<type>.<name>` */
  readonly address: string;
  readonly region: string;
  /** The folder of the JSON, absolute: relative file names are meant from there. */
  readonly directory: string;
}

/**
 * One Terraform resource type: the arguments that the local cloud accepts, and the attributes that AWS adds
 * once the resource exists. Both keep Terraform's snake_case names, as references use them.
 */
export interface ResourceType<Arguments extends object, Computed extends object> {
  readonly type: string;
  readonly schema: z.ZodType<Arguments>;
  computed(args: Arguments, place: Place): Computed;
}

/** Lets TypeScript work out the type of the arguments from the schema. */
export function resourceType<Arguments extends object, Computed extends object>(
  definition: ResourceType<Arguments, Computed>,
): ResourceType<Arguments, Computed> {
  return definition;
}

export interface Resource<Attributes extends object> {
  readonly address: string;
  readonly attributes: Attributes;
}

/** An id such as AWS gives at random, but the same at every start: lower-case hexadecimal, from the address. */
export function stableId(address: string, length: number): string {
  return createHash('sha256').update(address).digest('hex').slice(0, length);
}

/** A UUID that is the same at every start (version 8: made by a hash of our own choice). */
export function stableUuid(address: string): string {
  const hex = stableId(address, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
