import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeSequenceNumber, encodeSequenceNumber } from '../../../local/kinesis/sequence-number.ts';
import { kinesisWithStream, numbered } from './fixture.ts';

const parts = fc.record({
  shardCreatedAtS: fc.integer({ min: 1, max: 2 ** 33 }),
  shardIndex: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  position: fc.maxSafeNat(),
  atS: fc.integer({ min: 1, max: 2 ** 33 }),
});

describe('sequence numbers', () => {
  test("the record of AWS's example event reads as its shard and its arrival say", () => {
    // From "Using Lambda to process records from Amazon Kinesis": shardId-000000000006, arrived at 1545084650.987.
    const number = decodeSequenceNumber('49590338271490256608559692538361571095921575989136588898');
    expect(number).toMatchObject({ shardIndex: 6, atS: 1545084650 });
  });

  test('what is encoded can be decoded, in 56 digits', () => {
    fc.assert(
      fc.property(parts, (number) => {
        const text = encodeSequenceNumber(number);
        expect(text).toMatch(/^\d{56}$/);
        expect(decodeSequenceNumber(text)).toEqual(number);
      }),
    );
  });

  test('within a shard they order as positions do, as numbers and as texts', () => {
    const seconds = fc.integer({ min: 1, max: 2 ** 33 });
    fc.assert(
      fc.property(parts, fc.maxSafeNat(), seconds, seconds, (number, otherPosition, atS, otherAtS) => {
        fc.pre(number.position !== otherPosition);
        const one = encodeSequenceNumber({ ...number, atS });
        const other = encodeSequenceNumber({ ...number, position: otherPosition, atS: otherAtS });
        const before = number.position < otherPosition;
        expect(BigInt(one) < BigInt(other)).toBe(before);
        expect(one < other).toBe(before);
      }),
    );
  });

  test.each(['0', '5', '21267647932558653966460912964485513216', '9'.repeat(56), '9'.repeat(129)])(
    '%s is none',
    (text) => {
      expect(decodeSequenceNumber(text)).toBeUndefined();
    },
  );

  test('a shard numbers its records upwards, whatever the clock does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 20 }), async (pausesMs) => {
        const { clock, putMany } = kinesisWithStream(1);
        const numbers: bigint[] = [];
        for (const pauseMs of pausesMs) {
          await clock.advance(pauseMs);
          const answer = await putMany(numbered(3));
          for (const { SequenceNumber } of answer.Records) numbers.push(BigInt(SequenceNumber ?? -1));
        }
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => (a < b ? -1 : 1)));
      }),
      { numRuns: 30 },
    );
  });
});
