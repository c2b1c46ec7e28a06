import type { Bucket } from '../bucket.ts';
import { invalidArgument } from '../errors.ts';
import { bucketOf, optionalText } from '../input.ts';
import type { Operation } from '../s3.ts';

/** Most that one page may hold, whatever is asked for. */
const PAGE_KEYS_MAX = 1_000;

export interface ObjectListing {
  readonly Name: string;
  readonly Prefix: string;
  readonly Delimiter?: string;
  readonly MaxKeys: number;
  /** Objects and common prefixes on this page. */
  readonly KeyCount: number;
  readonly IsTruncated: boolean;
  readonly ContinuationToken?: string;
  readonly NextContinuationToken?: string;
  readonly StartAfter?: string;
  readonly Contents: readonly ListedObject[];
  readonly CommonPrefixes: readonly string[];
}

export interface ListedObject {
  readonly Key: string;
  readonly ETag: string;
  readonly Size: number;
  readonly LastModified: string;
}

/** One page of a bucket's keys in order; what shares a prefix up to the delimiter is listed once, as that prefix. */
export const listObjectsV2: Operation = (buckets, input): ObjectListing => {
  const bucket = bucketOf(buckets, input);
  const prefix = optionalText(input, 'Prefix') ?? '';
  const delimiter = optionalText(input, 'Delimiter');
  const token = optionalText(input, 'ContinuationToken');
  const startAfter = optionalText(input, 'StartAfter');
  const maxKeys = readMaxKeys(input['MaxKeys']);
  const after = token === undefined ? (startAfter ?? '') : readToken(token);
  const page = readPage(bucket, { prefix, delimiter, after, maxKeys });
  return {
    Name: optionalText(input, 'Bucket') ?? '',
    Prefix: prefix,
    ...(delimiter ? { Delimiter: delimiter } : {}),
    MaxKeys: maxKeys,
    KeyCount: page.keys.length + page.prefixes.length,
    IsTruncated: page.isTruncated,
    ...(token ? { ContinuationToken: token } : {}),
    ...(page.isTruncated ? { NextContinuationToken: writeToken(page.last) } : {}),
    ...(startAfter ? { StartAfter: startAfter } : {}),
    Contents: page.keys.flatMap((key) => listed(bucket, key)),
    CommonPrefixes: page.prefixes,
  };
};

interface PageRequest {
  readonly prefix: string;
  readonly delimiter: string | undefined;
  /** The page begins after this key, or after everything under this common prefix. */
  readonly after: string;
  readonly maxKeys: number;
}

function readPage(bucket: Bucket, { prefix, delimiter, after, maxKeys }: PageRequest) {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last = after;
  const sortedKeys = bucket.sortedKeys();
  for (let index = firstAfter(sortedKeys, after); index < sortedKeys.length; index += 1) {
    const key = sortedKeys[index] ?? '';
    if (!key.startsWith(prefix)) continue;
    const common = delimiter ? commonPrefix(key, prefix, delimiter) : undefined;
    const entry = common ?? key;
    if (entry === last) continue;
    if (keys.length + prefixes.length === maxKeys) {
      return { keys, prefixes, last, isTruncated: maxKeys > 0 };
    }
    if (common === undefined) keys.push(key);
    else prefixes.push(common);
    last = entry;
  }
  return { keys, prefixes, last, isTruncated: false };
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  const end = key.indexOf(delimiter, prefix.length);
  return end === -1 ? undefined : key.slice(0, end + delimiter.length);
}

function listed(bucket: Bucket, key: string): ListedObject[] {
  const object = bucket.get(key);
  if (!object) return [];
  const { etag, body, lastModifiedMs } = object;
  return [{ Key: key, ETag: etag, Size: body.length, LastModified: new Date(lastModifiedMs).toISOString() }];
}

/** The index of the first key that comes after `after`, by halving. */
function firstAfter(sortedKeys: readonly string[], after: string): number {
  const afterBytes = Buffer.from(after);
  let low = 0;
  let high = sortedKeys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Buffer.compare(Buffer.from(sortedKeys[middle] ?? ''), afterBytes) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

function readMaxKeys(value: unknown): number {
  const maxKeys = Number(value ?? PAGE_KEYS_MAX);
  if (!Number.isInteger(maxKeys) || maxKeys < 0) throw invalidArgument('Provided max-keys not an integer');
  return Math.min(maxKeys, PAGE_KEYS_MAX);
}

/** A token is opaque to clients; here it is the last entry of the page before. */
function writeToken(last: string): string {
  return Buffer.from(last).toString('base64url');
}

function readToken(token: string): string {
  const last = Buffer.from(token, 'base64url').toString();
  if (writeToken(last) !== token) throw invalidArgument('The continuation token provided is incorrect');
  return last;
}
