import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { badDigest, notImplemented } from './errors.ts';

/** The checksums that can be verified, by the tail of their header's name, each in base64. */
const ALGORITHMS: Readonly<Record<string, (body: Buffer) => string>> = {
  crc32: (body) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(body));
    return bytes.toString('base64');
  },
  md5: (body) => createHash('md5').update(body).digest('base64'),
  sha1: (body) => createHash('sha1').update(body).digest('base64'),
  sha256: (body) => createHash('sha256').update(body).digest('base64'),
};

/** Throws BadDigest for a wrong checksum, NotImplemented for one that cannot be verified here. */
export function verifyChecksums(body: Buffer, checksums: Readonly<Record<string, string>>): void {
  for (const [algorithm, expected] of Object.entries(checksums)) {
    const calculate = ALGORITHMS[algorithm];
    if (!calculate) throw notImplemented(`checksums by ${algorithm}`);
    if (calculate(body) !== expected) throw badDigest(algorithm.toUpperCase());
  }
}
