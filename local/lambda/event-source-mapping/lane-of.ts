import { createHash } from 'node:crypto';

const LOW_BYTES = 4;
const MD5_BYTES = 16;

/**
 * The lane of a partition key: the same key always has the same lane, so its records stay in order. AWS does not
 * say which hash it takes. Ours is the low end of the key's MD5, for its high end is the same all over a shard:
 * that is how the record got there.
 */
export function laneOf(partitionKey: string, parallelizationFactor: number): number {
  if (parallelizationFactor === 1) return 0;
  const md5 = createHash('md5').update(partitionKey).digest();
  return md5.readUInt32BE(MD5_BYTES - LOW_BYTES) % parallelizationFactor;
}
