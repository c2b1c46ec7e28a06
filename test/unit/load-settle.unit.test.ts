import { describe, expect, test } from '@jest/globals';
import type { OperationAnswer } from '../../load/answers.ts';
import { VERIFY_CONCURRENCY } from '../../load/limits.ts';
import { pollOperation, verifyOperations } from '../../load/settle.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const COMPLETED: OperationAnswer = { kind: 'completed', settlingMs: 5 };
const pending = (retryAfterMs = 1_000): OperationAnswer => ({ kind: 'pending', retryAfterMs });
const unanswered: OperationAnswer = { kind: 'unanswered', reason: '503', retryAfterMs: 2_000 };
const missing: OperationAnswer = { kind: 'missing', reason: 'GET answered 404' };

/** An API that answers from `answerAt` and notes who was asked about when. */
function setUp(answerAt: (id: string, atMs: number) => OperationAnswer) {
  const clock = new VirtualClock(0);
  const interruption = new AbortController();
  const asked: { id: string; atMs: number }[] = [];
  const state = { deadlineMs: Number.POSITIVE_INFINITY, atOnce: 0, atOnceMax: 0 };
  const deps = {
    clock,
    signal: interruption.signal,
    deadlineMs: () => state.deadlineMs,
    api: {
      getOperation: async (id: string) => {
        asked.push({ id, atMs: clock.now() });
        state.atOnce += 1;
        state.atOnceMax = Math.max(state.atOnceMax, state.atOnce);
        await Promise.resolve();
        state.atOnce -= 1;
        return answerAt(id, clock.now());
      },
    },
  };
  return { clock, asked, state, deps, interrupt: () => interruption.abort() };
}

describe('a polling client', () => {
  test('waits as long as each Retry-After asks, and stops when it is settled', async () => {
    const { clock, asked, deps } = setUp((_, atMs) => (atMs < 4_000 ? pending(3_000) : COMPLETED));
    const polled = pollOperation(deps, 'a', 1_000);
    await clock.advance(60_000);
    expect(await polled).toEqual(COMPLETED);
    expect(asked.map(({ atMs }) => atMs)).toEqual([1_000, 4_000]);
  });

  test('asks again when there is no answer, after its Retry-After', async () => {
    const { clock, asked, deps } = setUp((_, atMs) => (atMs < 3_000 ? unanswered : COMPLETED));
    const polled = pollOperation(deps, 'a', 1_000);
    await clock.advance(60_000);
    expect(await polled).toEqual(COMPLETED);
    expect(asked.map(({ atMs }) => atMs)).toEqual([1_000, 3_000]);
  });

  test('does not ask again about an operation that is missing', async () => {
    const { clock, asked, deps } = setUp(() => missing);
    const polled = pollOperation(deps, 'a', 1_000);
    await clock.advance(60_000);
    expect(await polled).toEqual(missing);
    expect(asked).toHaveLength(1);
  });

  test('looks a last time at the deadline, also one that is set while it polls', async () => {
    const { clock, asked, deps, state } = setUp(() => pending());
    const polled = pollOperation(deps, 'a', 1_000);
    await clock.advance(1_500);
    state.deadlineMs = 2_600;
    await clock.advance(60_000);
    expect(await polled).toEqual(pending());
    expect(asked.map(({ atMs }) => atMs)).toEqual([1_000, 2_000, 2_600]);
  });

  test('ends at once when interrupted', async () => {
    const { clock, asked, deps, interrupt } = setUp(() => pending());
    const polled = pollOperation(deps, 'a', 1_000);
    await clock.advance(1_000);
    interrupt();
    expect(await polled).toEqual(pending());
    expect(asked).toHaveLength(1);
  });
});

describe('verification', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, n) => `op-${n}`);

  function verify(deps: Parameters<typeof verifyOperations>[0], operations: readonly string[]) {
    const concluded: (string | undefined)[] = [];
    const done = verifyOperations(deps, operations, (answer) => concluded.push(answer?.kind));
    return { concluded, done };
  }

  test('concludes each operation once, a few at a time', async () => {
    const { deps, asked, state } = setUp(() => COMPLETED);
    const { concluded, done } = verify(deps, ids(100));
    await done;
    expect(concluded).toEqual(Array(100).fill('completed'));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(100);
    expect(asked).toHaveLength(100);
    expect(state.atOnceMax).toBe(VERIFY_CONCURRENCY);
  });

  test('looks again, after a pause, only at what was not settled', async () => {
    const { clock, deps, asked, state } = setUp((id, atMs) =>
      id === 'op-1' && atMs < 1_000 ? pending() : COMPLETED,
    );
    state.deadlineMs = 60_000;
    const { concluded, done } = verify(deps, ids(3));
    await clock.advance(60_000);
    await done;
    expect(concluded).toEqual(['completed', 'completed', 'completed']);
    expect(asked.slice(3)).toEqual([{ id: 'op-1', atMs: 1_000 }]);
  });

  test('at the deadline it looks a last time, and concludes with what it saw', async () => {
    const { clock, deps, asked, state } = setUp((id) => (id === 'op-0' ? pending() : unanswered));
    state.deadlineMs = 2_500;
    const { concluded, done } = verify(deps, ids(2));
    await clock.advance(60_000);
    await done;
    expect(concluded.toSorted()).toEqual(['pending', 'unanswered']);
    expect(asked.at(-1)?.atMs).toBe(2_500);
  });

  test('a deadline that has passed already still leaves each operation one look', async () => {
    const { deps, state } = setUp((id) => (id === 'op-0' ? pending() : COMPLETED));
    state.deadlineMs = 0;
    const { concluded, done } = verify(deps, ids(50));
    await done;
    expect(concluded.filter((kind) => kind === 'completed')).toHaveLength(49);
    expect(concluded.filter((kind) => kind === 'pending')).toHaveLength(1);
  });

  test('past the deadline it does not wait for a server that no longer answers', async () => {
    const { deps, asked, state } = setUp(() => unanswered);
    state.deadlineMs = 0;
    const { concluded, done } = verify(deps, ids(1_000));
    await done;
    expect(concluded).toHaveLength(1_000);
    expect(asked).toHaveLength(VERIFY_CONCURRENCY);
  });

  test('interrupted, it concludes what it knows: undefined for what it did not look at', async () => {
    const { deps, interrupt } = setUp(() => pending());
    interrupt();
    const { concluded, done } = verify(deps, ids(2));
    await done;
    expect(concluded).toEqual([undefined, undefined]);
  });
});
