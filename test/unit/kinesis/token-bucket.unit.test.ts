import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TokenBucket } from '../../../local/kinesis/token-bucket.ts';

describe('token bucket', () => {
  test('starts full and refills by the millisecond', () => {
    const bucket = new TokenBucket(5, 0);
    bucket.take(5);
    expect(bucket.has(1, 0)).toBe(false);
    expect(bucket.has(1, 199)).toBe(false);
    expect(bucket.has(1, 200)).toBe(true);
    expect(bucket.has(2, 200)).toBe(false);
  });

  test("never holds more than a second's worth", () => {
    const bucket = new TokenBucket(5, 0);
    expect(bucket.has(5, 3_600_000)).toBe(true);
    expect(bucket.has(6, 3_600_000)).toBe(false);
  });

  test('an overdraft is paid off before anything is there again', () => {
    const bucket = new TokenBucket(10, 0);
    bucket.take(30);
    expect(bucket.has(1, 2_000)).toBe(false);
    expect(bucket.has(1, 2_100)).toBe(true);
  });

  test('a clock set back earns nothing and does not stop the refill', () => {
    const bucket = new TokenBucket(10, 10_000);
    bucket.take(10);
    expect(bucket.has(1, 5_000)).toBe(false);
    expect(bucket.has(10, 6_000)).toBe(true);
  });

  test('over any window no more is taken than a full bucket and the refill', () => {
    const attempts = fc.array(
      fc.record({ pauseMs: fc.integer({ min: 0, max: 700 }), count: fc.integer({ min: 1, max: 40 }) }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), attempts, (perSecond, schedule) => {
        const bucket = new TokenBucket(perSecond, 0);
        const taken: { atMs: number; count: number }[] = [];
        let nowMs = 0;
        for (const { pauseMs, count } of schedule) {
          nowMs += pauseMs;
          if (!bucket.has(count, nowMs)) continue;
          bucket.take(count);
          taken.push({ atMs: nowMs, count });
        }
        taken.forEach((first, index) => {
          let sum = 0;
          for (const { atMs, count } of taken.slice(index)) {
            sum += count;
            expect(sum).toBeLessThanOrEqual(perSecond + (perSecond * (atMs - first.atMs)) / 1_000);
          }
        });
      }),
    );
  });
});
