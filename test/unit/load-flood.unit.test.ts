import { describe, expect, test } from '@jest/globals';
import { type FloodDeps, flood } from '../../load/flood.ts';
import { BURST_MAX, DRAIN_MAX_MS, IN_FLIGHT_MAX, INTERRUPT_GRACE_MS } from '../../load/limits.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

interface Sent {
  readonly n: number;
  readonly intendedAtMs: number;
  readonly atMs: number;
}

/** A flood on a virtual clock whose requests are answered when the test says so (`answer`), or at once. */
function start(starts: Iterable<number>, { answered = true, startedAtMs = 0 } = {}) {
  const clock = new VirtualClock(0);
  const interruption = new AbortController();
  const sent: Sent[] = [];
  const answers: (() => void)[] = [];
  const seen = { refused: 0, abandonedAtMs: Number.NaN, endedAtMs: Number.NaN };
  const answer = () => {
    for (const resolve of answers.splice(0)) resolve();
  };
  const deps: FloodDeps = {
    clock,
    starts,
    startedAtMs,
    signal: interruption.signal,
    send: (n, intendedAtMs) => {
      sent.push({ n, intendedAtMs, atMs: clock.now() });
      return answered ? Promise.resolve() : new Promise((resolve) => answers.push(resolve));
    },
    refuse: () => {
      seen.refused += 1;
    },
    abandon: async () => {
      seen.abandonedAtMs = clock.now();
      answer();
    },
  };
  const stopped = flood(deps).finally(() => {
    seen.endedAtMs = clock.now();
  });
  return { clock, sent, seen, answer, stopped, interrupt: () => interruption.abort() };
}

describe('flood', () => {
  test('starts each request at its time, answered or not', async () => {
    const { clock, sent, stopped, answer } = start([0, 10, 25], { answered: false });
    await clock.advance(25);
    expect(sent).toEqual([
      { n: 0, intendedAtMs: 0, atMs: 0 },
      { n: 1, intendedAtMs: 10, atMs: 10 },
      { n: 2, intendedAtMs: 25, atMs: 25 },
    ]);
    answer();
    expect(await stopped).toBe(25);
  });

  test('catches up at once when it is late, and each request keeps its intended start', async () => {
    const { clock, sent, stopped } = start([0, 10, 20, 1_500], { startedAtMs: -1_000 });
    await clock.advance(500);
    expect(sent).toEqual([
      { n: 0, intendedAtMs: -1_000, atMs: 0 },
      { n: 1, intendedAtMs: -990, atMs: 0 },
      { n: 2, intendedAtMs: -980, atMs: 0 },
      { n: 3, intendedAtMs: 500, atMs: 500 },
    ]);
    await stopped;
  });

  test('lets answers in between bursts when all is due at once', async () => {
    const { clock, sent, stopped } = start(Array.from({ length: BURST_MAX * 2 }, () => 0));
    expect(sent).toHaveLength(BURST_MAX);
    await clock.advance(0);
    expect(sent).toHaveLength(BURST_MAX * 2);
    await stopped;
  });

  test('an arrival beyond the limit of unanswered requests is refused, not sent', async () => {
    const { clock, sent, seen, stopped, answer } = start(
      Array.from({ length: IN_FLIGHT_MAX + 2 }, () => 0),
      {
        answered: false,
      },
    );
    await clock.advance(1);
    expect(sent).toHaveLength(IN_FLIGHT_MAX);
    expect(seen.refused).toBe(2);
    answer();
    await stopped;
  });

  test('waits for the last answers, and abandons them after the drain', async () => {
    const { clock, seen, stopped } = start([0], { answered: false });
    await clock.advance(DRAIN_MAX_MS - 1);
    expect(seen.endedAtMs).toBeNaN();
    await clock.advance(1);
    expect(await stopped).toBe(0);
    expect(seen.abandonedAtMs).toBe(DRAIN_MAX_MS);
  });

  test('interrupted while offering: offers no more, and ends after a short grace', async () => {
    const { clock, sent, seen, stopped, interrupt } = start([0, 10, 1_000], { answered: false });
    await clock.advance(500);
    interrupt();
    await clock.advance(INTERRUPT_GRACE_MS);
    expect(await stopped).toBe(500);
    expect(seen.endedAtMs).toBe(500 + INTERRUPT_GRACE_MS);
    expect(sent).toHaveLength(2);
  });

  test('interrupted while draining: the same short grace', async () => {
    const { clock, seen, stopped, interrupt } = start([0], { answered: false });
    await clock.advance(100);
    interrupt();
    await clock.advance(INTERRUPT_GRACE_MS);
    await stopped;
    expect(seen.endedAtMs).toBe(100 + INTERRUPT_GRACE_MS);
  });
});
