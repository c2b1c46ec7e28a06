import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { read } from './schema.ts';
import { TerraformError } from './terraform-error.ts';
import type { Value } from './value.ts';

const value: z.ZodType<Value> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(value), z.record(z.string(), value)]),
);
const block = z.record(z.string(), value);

const condition = z.strictObject({
  condition: z.union([z.string(), z.boolean()]),
  error_message: z.string(),
});
/** Terraform writes a block that stands once as an object or as a list of one. */
const conditions = z.preprocess(
  (given) => (Array.isArray(given) || given === undefined ? given : [given]),
  z.array(condition).optional(),
);
export type Condition = z.infer<typeof condition>;

const variable = z.strictObject({
  '//': z.unknown().optional(),
  type: z.string().optional(),
  default: value.optional(),
  description: z.string().optional(),
  nullable: z.boolean().optional(),
  sensitive: z.boolean().optional(),
  validation: conditions,
});
export type VariableDeclaration = z.infer<typeof variable>;

const output = z.strictObject({
  '//': z.unknown().optional(),
  value,
  description: z.string().optional(),
  sensitive: z.boolean().optional(),
});

const document = z.strictObject({
  '//': z.unknown().optional(),
  // Where the state is kept and which provider is used changes nothing about what is deployed.
  terraform: z.unknown().optional(),
  provider: z.record(z.string(), z.union([block, z.array(block).length(1)])).default({}),
  variable: z.record(z.string(), variable).default({}),
  resource: z.record(z.string(), z.record(z.string(), block)).default({}),
  output: z.record(z.string(), output).default({}),
});
export type Document = z.infer<typeof document>;

/** What a resource may carry beside its arguments. */
export const metaArguments = z.object({
  '//': z.unknown().optional(),
  depends_on: z.array(z.string()).default([]),
  lifecycle: z
    .strictObject({
      precondition: conditions,
      prevent_destroy: z.boolean().optional(),
      create_before_destroy: z.boolean().optional(),
      ignore_changes: z.unknown().optional(),
    })
    .default({ precondition: [] }),
});

/** Reads a `cdk.tf.json`. Sections beyond it (data, module, locals) are refused by name. */
export function readDocument(path: string): Document {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TerraformError(path, `cannot be read (${reason}); write it with npm run synth`, { cause });
  }
  return read(document, json, 'cdk.tf.json');
}
