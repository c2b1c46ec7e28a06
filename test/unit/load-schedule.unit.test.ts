import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { intendedStarts, type Schedule } from '../../load/schedule.ts';

const schedule = (change: Partial<Schedule>): Schedule => ({
  arrivals: 'even',
  ratePerS: 100,
  durationMs: 10_000,
  seed: 1,
  ...change,
});

const startsOf = (change: Partial<Schedule>) => [...intendedStarts(schedule(change))];

describe('even arrivals', () => {
  test('start at exact multiples of the interval', () => {
    expect(startsOf({ ratePerS: 4, durationMs: 1_001 })).toEqual([0, 250, 500, 750, 1_000]);
  });

  test('are rate times duration, without drift, for any whole rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 5 }), (ratePerS, seconds) => {
        const starts = startsOf({ ratePerS, durationMs: seconds * 1_000 });
        expect(starts).toHaveLength(ratePerS * seconds);
        // Each whole second begins with an arrival, however odd the interval.
        expect(starts[ratePerS * (seconds - 1)]).toBe((seconds - 1) * 1_000);
      }),
    );
  });

  test('a rate below one a second still offers its first user at once', () => {
    expect(startsOf({ ratePerS: 0.5, durationMs: 4_001 })).toEqual([0, 2_000, 4_000]);
  });
});

describe('Poisson arrivals', () => {
  const poisson = (seed: number) =>
    startsOf({ arrivals: 'poisson', ratePerS: 100, durationMs: 100_000, seed });

  test('ascend within the duration, and are the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const short = () => startsOf({ arrivals: 'poisson', durationMs: 1_000, seed });
        const starts = short();
        expect(starts).toEqual(short());
        expect(starts).toEqual(starts.toSorted((a, b) => a - b));
        for (const atMs of starts) expect(atMs >= 0 && atMs < 1_000).toBe(true);
      }),
    );
  });

  test('neighbouring seeds are different schedules', () => {
    expect(poisson(1).slice(0, 5)).not.toEqual(poisson(2).slice(0, 5));
  });

  // 10,000 arrivals: four standard deviations are 4 % of the mean gap and of its own deviation.
  test.each([0, 1, 2, 12_345])('seed %d: gaps have the mean and the spread of an exponential', (seed) => {
    const starts = poisson(seed);
    const gaps = starts.map((atMs, n) => atMs - (starts[n - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean).toBeGreaterThan(9.6);
    expect(mean).toBeLessThan(10.4);
    expect(Math.sqrt(variance)).toBeGreaterThan(9.4);
    expect(Math.sqrt(variance)).toBeLessThan(10.6);
  });
});
