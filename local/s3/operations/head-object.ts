import type { StoredObject } from '../bucket.ts';
import { objectOf } from '../input.ts';
import type { Operation } from '../s3.ts';

/** Everything about an object but its body. */
export interface ObjectHead {
  readonly ETag: string;
  readonly ContentType: string;
  readonly ContentLength: number;
  readonly ContentEncoding?: string;
  /** ISO 8601. */
  readonly LastModified: string;
  readonly Metadata: Readonly<Record<string, string>>;
  /** By algorithm, in base64. */
  readonly Checksums: Readonly<Record<string, string>>;
}

export const headObject: Operation = (buckets, input) => headOf(objectOf(buckets, input));

export function headOf(object: StoredObject): ObjectHead {
  return {
    ETag: object.etag,
    ContentType: object.contentType,
    ContentLength: object.body.length,
    ...(object.contentEncoding ? { ContentEncoding: object.contentEncoding } : {}),
    LastModified: new Date(object.lastModifiedMs).toISOString(),
    Metadata: object.metadata,
    Checksums: object.checksums,
  };
}
