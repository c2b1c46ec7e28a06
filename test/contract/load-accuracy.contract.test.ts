import { describe, expect, test } from '@jest/globals';
import { HttpApi } from '../../load/api.ts';
import { monotonicClock } from '../../load/clock.ts';
import { Latencies } from '../../load/latencies.ts';
import type { LoadOptions } from '../../load/options.ts';
import type { Result } from '../../load/result.ts';
import { runLoad } from '../../load/run.ts';
import { type Behaviour, startFakeApi } from './load-fake-api.ts';

const ROUNDS_MAX = 80;

/** Runs the generator in this process, as `npm run load` would, against a server that behaves as told. */
async function load(behaviour: Behaviour, change: Partial<LoadOptions>): Promise<Result> {
  await using server = await startFakeApi(behaviour);
  const options: LoadOptions = {
    ratePerS: 50,
    durationMs: 2_000,
    url: new URL(server.url),
    arrivals: 'even',
    seed: 1,
    settleTimeoutMs: 1_000,
    sample: 0,
    connections: 100,
    idempotencyKey: false,
    ...change,
  };
  const api = new HttpApi(options.url, options.connections);
  try {
    return await runLoad(options, {
      api,
      clock: monotonicClock,
      run: 'test',
      progress: { write: () => undefined },
      signal: new AbortController().signal,
    });
  } finally {
    await api.close();
  }
}

/** Answers the n-th POST after a delay, and measures what it really took: a timer is never exact. */
function delaying(delayMs: (n: number) => number) {
  const took = new Latencies();
  const behaviour: Behaviour = {
    before: (n) => monotonicClock.sleep(delayMs(n)),
    took: (ms) => took.record(ms),
  };
  return { behaviour, took };
}

describe('the generator, against a server of known latency', () => {
  test('reads a 50 ms server within 2 ms of what the server measured itself, at the median', async () => {
    let errorMs = Number.POSITIVE_INFINITY;
    // A busy machine only ever adds to what the client reads, so the best of several rounds is the tool's own error.
    for (let round = 0; round < ROUNDS_MAX && errorMs >= 2; round += 1) {
      const { behaviour, took } = delaying(() => 50);
      const { acceptLatency } = await load(behaviour, { ratePerS: 40, durationMs: 500 });
      expect(acceptLatency.count).toBe(20);
      const roundErrorMs = acceptLatency.p50Ms - took.percentiles().p50Ms;
      // A client cannot see an answer sooner than the server gave it, but for the histogram's third digit.
      expect(roundErrorMs).toBeGreaterThan(-0.1);
      errorMs = Math.min(errorMs, roundErrorMs);
    }
    expect(errorMs).toBeLessThan(2);
  }, 60_000);

  test('a stall of 500 ms is in the p99, though a single request was in flight when it happened', async () => {
    const { behaviour, took } = delaying((n) => (n === 50 ? 500 : 0));
    const result = await load(behaviour, { ratePerS: 100, durationMs: 2_000, connections: 1 });
    expect(result.acceptLatency.count).toBe(200);
    // To the server one request in 200 was slow, and a closed loop would have seen no more than that.
    expect(took.percentiles().p99Ms).toBeLessThan(400);
    // The 50 users who arrived meanwhile waited, from 500 ms down.
    expect(result.acceptLatency.p99Ms).toBeGreaterThan(400);
    expect(result.acceptLatency.p90Ms).toBeGreaterThan(200);
  });
});

describe('what the generator counts', () => {
  test('each user once, under what became of it', async () => {
    const result = await load(
      {
        post: (n) => (n % 10 === 3 ? 429 : n === 1 ? 503 : 202),
        settle: (n) =>
          n % 10 === 7 ? undefined : { afterMs: 30, as: n % 10 === 5 ? 'failed' : 'completed' },
        lost: (n) => n % 10 === 9,
      },
      { ratePerS: 100, durationMs: 1_000, sample: 2 },
    );
    expect(result).toMatchObject({
      offered: 100,
      accepted: 89,
      completed: 59,
      failed: 10,
      pending: 10,
      unverified: 0,
      rejected: [
        { reason: '429', count: 10 },
        { reason: '503', count: 1 },
      ],
      errors: [],
      failedReasons: [{ reason: 'E-mail taken', count: 10 }],
      wrong: [{ reason: 'GET answered 404', count: 10 }],
      sampledOneIn: 2,
    });
    expect(result.settling).toMatchObject({ count: 69, p50Ms: 30, maxMs: 30 });
    // Every second user was polled, none of which were to fail or to be lost.
    expect(result.seenSettled.count).toBe(50);
    // A client that honours Retry-After looks after a second, however soon it was settled.
    expect(result.seenSettled.p50Ms).toBeGreaterThanOrEqual(1_000);
  });

  test('connections that break, by their error code', async () => {
    await using server = await startFakeApi();
    const api = new HttpApi(new URL(server.url), 1);
    const answered = await api.createUser('{"name":"a","email":"a@example.com"}');
    expect(answered).toEqual({ kind: 'accepted', id: 'op-0', retryAfterMs: 1_000 });
    await server[Symbol.asyncDispose]();
    expect(await api.createUser('{}')).toEqual({ kind: 'error', reason: 'ECONNREFUSED' });
    await api.close();
  });

  test('requests that never got an answer', async () => {
    await using server = await startFakeApi({ before: () => new Promise(() => undefined) });
    const api = new HttpApi(new URL(server.url), 1);
    const first = api.createUser('{}');
    await server.reached(1);
    const queued = api.createUser('{}');
    await api.abandonCreates();
    expect(await first).toEqual({ kind: 'error', reason: 'NO_ANSWER' });
    expect(await queued).toEqual({ kind: 'error', reason: 'NO_ANSWER' });
    await api.close();
  });
});
