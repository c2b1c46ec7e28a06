import type { Input } from '../gateway/call.ts';
import type { Bucket, Buckets, StoredObject } from './bucket.ts';
import { invalidArgument, noSuchBucket, noSuchKey } from './errors.ts';

/** A member that must be a text. */
export function text(input: Input, member: string): string {
  const value = optionalText(input, member);
  if (value === undefined || value === '') throw invalidArgument(`${member} is required`);
  return value;
}

export function optionalText(input: Input, member: string): string | undefined {
  const { [member]: value } = input;
  if (value === undefined || typeof value === 'string') return value;
  throw invalidArgument(`${member} must be a string`);
}

/** A member that is a map of texts; empty where absent. */
export function texts(input: Input, member: string): Readonly<Record<string, string>> {
  const value = input[member] ?? {};
  if (typeof value !== 'object' || Object.values(value).some((item) => typeof item !== 'string')) {
    throw invalidArgument(`${member} must be a map of strings`);
  }
  return value as Record<string, string>;
}

export function bucketOf(buckets: Buckets, input: Input): Bucket {
  const bucket = buckets.get(text(input, 'Bucket'));
  if (!bucket) throw noSuchBucket();
  return bucket;
}

export function objectOf(buckets: Buckets, input: Input): StoredObject {
  const object = bucketOf(buckets, input).get(text(input, 'Key'));
  if (!object) throw noSuchKey();
  return object;
}
