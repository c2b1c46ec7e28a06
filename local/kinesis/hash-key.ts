import { hash } from 'node:crypto';

/** A shard's share of the hash keys, both ends included. */
export interface HashKeyRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Hash keys are unsigned 128-bit integers. */
export const HASH_KEY_MAX = 2n ** 128n - 1n;

/** Where a partition key belongs: the MD5 of its UTF-8 bytes, read as an integer (developer guide, "Key concepts"). */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${hash('md5', partitionKey, 'hex')}`);
}

/** Cuts all hash keys into `count` even ranges in order, as CreateStream does; the last one takes the remainder. */
export function evenHashKeyRanges(count: number): readonly HashKeyRange[] {
  const width = (HASH_KEY_MAX + 1n) / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    start: width * BigInt(index),
    end: index === count - 1 ? HASH_KEY_MAX : width * BigInt(index + 1) - 1n,
  }));
}
