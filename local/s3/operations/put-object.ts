import { createHash } from 'node:crypto';
import { verifyChecksums } from '../checksums.ts';
import { invalidArgument, preconditionFailed } from '../errors.ts';
import { bucketOf, optionalText, text, texts } from '../input.ts';
import type { Operation } from '../s3.ts';

const KEY_BYTES_MAX = 1_024;

/**
 * Stores `Body` (base64) under a key, replacing what was there. `Checksums` (base64, by algorithm) must be those of
 * the body; `IfNoneMatch: '*'` stores only where nothing is.
 */
export const putObject: Operation = (buckets, input, nowMs) => {
  const bucket = bucketOf(buckets, input);
  const key = text(input, 'Key');
  if (Buffer.byteLength(key) > KEY_BYTES_MAX) throw invalidArgument('Your key is too long');
  if (input['IfNoneMatch'] === '*' && bucket.get(key)) throw preconditionFailed();

  const body = Buffer.from(optionalText(input, 'Body') ?? '', 'base64');
  const checksums = texts(input, 'Checksums');
  const contentMd5 = optionalText(input, 'ContentMD5');
  verifyChecksums(body, contentMd5 === undefined ? checksums : { ...checksums, md5: contentMd5 });
  const contentEncoding = optionalText(input, 'ContentEncoding');
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  bucket.put({
    key,
    body,
    contentType: optionalText(input, 'ContentType') ?? 'application/octet-stream',
    ...(contentEncoding ? { contentEncoding } : {}),
    etag,
    lastModifiedMs: nowMs,
    metadata: texts(input, 'Metadata'),
    checksums,
  });
  return { ETag: etag, Checksums: checksums };
};
