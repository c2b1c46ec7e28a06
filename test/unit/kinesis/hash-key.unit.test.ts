import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evenHashKeyRanges, HASH_KEY_MAX, hashKeyOf } from '../../../local/kinesis/hash-key.ts';
import { kinesisWithStream } from './fixture.ts';

const hashKeys = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });

describe('hash keys', () => {
  test('a partition key belongs where its MD5 says', () => {
    expect(hashKeyOf('a')).toBe(16955237001963240173058271559858726497n);
    expect(hashKeyOf('')).toBe(0xd41d8cd98f00b204e9800998ecf8427en);
    expect(hashKeyOf('é')).toBe(hashKeyOf(Buffer.from([0xc3, 0xa9]).toString()));
  });

  test('three shards share the hash keys as CreateStream shares them', () => {
    expect(evenHashKeyRanges(3)).toEqual([
      { start: 0n, end: 113427455640312821154458202477256070484n },
      { start: 113427455640312821154458202477256070485n, end: 226854911280625642308916404954512140969n },
      { start: 226854911280625642308916404954512140970n, end: 340282366920938463463374607431768211455n },
    ]);
  });

  test('ranges follow each other from the first hash key to the last without gap or overlap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), (count) => {
        const ranges = evenHashKeyRanges(count);
        expect(ranges).toHaveLength(count);
        let next = 0n;
        for (const { start, end } of ranges) {
          expect(start).toBe(next);
          expect(end >= start).toBe(true);
          next = end + 1n;
        }
        expect(next).toBe(HASH_KEY_MAX + 1n);
      }),
      { numRuns: 20 },
    );
  });

  test('every hash key finds the one shard whose range holds it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), hashKeys, (shardCount, hashKey) => {
        const { stream } = kinesisWithStream(shardCount);
        const holders = stream.shards.filter(
          ({ hashKeyRange }) => hashKeyRange.start <= hashKey && hashKey <= hashKeyRange.end,
        );
        expect(holders).toHaveLength(1);
        expect(holders[0]).toBe(stream.shardFor(hashKey));
      }),
    );
  });

  test('both ends of every range belong to its shard', () => {
    const { stream } = kinesisWithStream(7);
    for (const shard of stream.shards) {
      expect(stream.shardFor(shard.hashKeyRange.start)).toBe(shard);
      expect(stream.shardFor(shard.hashKeyRange.end)).toBe(shard);
    }
  });
});
