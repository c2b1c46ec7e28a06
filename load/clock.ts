import { type Clock, systemClock } from '../local/clock.ts';

/** Epoch milliseconds with their fraction, and never set back during a run: latencies are differences of it. */
export const monotonicClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: systemClock.sleep,
};
