import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TokenBucket } from '../../local/token-bucket.ts';

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

describe('with a capacity of its own', () => {
  test('lets through at most burst plus rate times the time, over any window', () => {
    const gapsMs = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        gapsMs,
        (rate, burst, gaps) => {
          let nowMs = 0;
          const bucket = new TokenBucket(rate, nowMs, burst);
          const takenAtMs: number[] = [];
          for (const gapMs of gaps) {
            nowMs += gapMs;
            if (bucket.takeOne(nowMs)) takenAtMs.push(nowMs);
          }
          takenAtMs.forEach((fromMs, first) => {
            takenAtMs.slice(first).forEach((toMs, more) => {
              expect(more + 1).toBeLessThanOrEqual(burst + ((toMs - fromMs) * rate) / 1_000 + 1e-6);
            });
          });
        },
      ),
    );
  });

  test('a clock that steps back fills nothing and takes nothing away', () => {
    let nowMs = 10_000;
    const bucket = new TokenBucket(1, nowMs, 2);
    expect(bucket.takeOne(nowMs)).toBe(true);
    nowMs = 5_000;

    expect([bucket.takeOne(nowMs), bucket.takeOne(nowMs)]).toEqual([true, false]);
    nowMs = 6_000;
    expect(bucket.takeOne(nowMs)).toBe(true);
  });
});
