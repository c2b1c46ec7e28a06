import { describe, expect, test } from '@jest/globals';
import type { Api } from '../../load/api.ts';
import { SAMPLE_MAX } from '../../load/limits.ts';
import type { LoadOptions } from '../../load/options.ts';
import { runLoad } from '../../load/run.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const OPTIONS: LoadOptions = {
  ratePerS: 10,
  durationMs: 1_000,
  url: new URL('http://127.0.0.1:3000'),
  arrivals: 'even',
  seed: 1,
  settleTimeoutMs: 5_000,
  sample: 0,
  connections: 1,
  idempotencyKey: false,
};

/** A clock whose timers fire late, as those of a busy generator do. */
class LateClock extends VirtualClock {
  readonly lateMs: number;

  constructor(lateMs: number) {
    super(0);
    this.lateMs = lateMs;
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(ms + this.lateMs, signal);
  }
}

function setUp(lateMs = 0, answer: Partial<Api> = {}) {
  const clock = new LateClock(lateMs);
  const interruption = new AbortController();
  let created = 0;
  const api: Api = {
    createUser: async () => {
      created += 1;
      return { kind: 'accepted', id: `op-${created - 1}`, retryAfterMs: 1_000 };
    },
    getOperation: async () => ({ kind: 'completed', settlingMs: 7 }),
    abandonCreates: async () => undefined,
    ...answer,
  };
  const deps = { api, clock, run: 'r', progress: { write: () => undefined }, signal: interruption.signal };
  return { clock, deps, interrupt: () => interruption.abort() };
}

describe('a run', () => {
  test('counts what the generator itself was late into every latency, and tells it apart', async () => {
    const { clock, deps } = setUp(40);
    const running = runLoad(OPTIONS, deps);
    await clock.advance(10_000);
    const result = await running;
    expect(result.acceptLatency.count).toBe(10);
    expect(result.startLag.p50Ms).toBeCloseTo(40, 1);
    expect(result.acceptLatency.p50Ms).toBeCloseTo(40, 1);
  });

  test('measures what a polling client sees from the intended start of its POST', async () => {
    const { clock, deps } = setUp();
    const running = runLoad({ ...OPTIONS, sample: 5 }, deps);
    await clock.advance(10_000);
    expect(await running).toMatchObject({
      completed: 10,
      seenSettled: { count: 2, p50Ms: 1_000, maxMs: 1_000 },
      settling: { count: 10, p50Ms: 7 },
      offeredForMs: 1_000,
      interrupted: false,
    });
  });

  test('accounts for all that was accepted when it is interrupted', async () => {
    const { clock, deps, interrupt } = setUp();
    const running = runLoad({ ...OPTIONS, sample: 5 }, deps);
    await clock.advance(550);
    interrupt();
    await clock.advance(0);
    expect(await running).toMatchObject({
      offered: 6,
      accepted: 6,
      unverified: 6,
      interrupted: true,
      offeredForMs: 550,
    });
  });

  test('a 202 that names no operation was accepted, and cannot be followed', async () => {
    const { clock, deps } = setUp(0, { createUser: async () => ({ kind: 'wrong', reason: 'no Location' }) });
    const running = runLoad(OPTIONS, deps);
    await clock.advance(10_000);
    expect(await running).toMatchObject({ accepted: 10, wrong: [{ reason: 'no Location', count: 10 }] });
  });

  test.each([
    [10, 10_000, 20, 20],
    [1_000, 60_000, 20, (1_000 * 60) / SAMPLE_MAX],
    [1_000, 60_000, 0, 0],
  ])(
    '%d users/s for %d ms, sampling 1 in %d: one in %d, spread over the run',
    async (ratePerS, durationMs, sample, oneIn) => {
      const { deps, interrupt } = setUp();
      interrupt();
      const result = await runLoad({ ...OPTIONS, ratePerS, durationMs, sample }, deps);
      expect(result.sampledOneIn).toBe(oneIn);
      expect(result.offered).toBe(0);
    },
  );
});
