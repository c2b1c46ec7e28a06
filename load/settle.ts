import type { Clock } from '../local/clock.ts';
import type { OperationAnswer } from './answers.ts';
import type { Api } from './api.ts';
import { VERIFY_CONCURRENCY, VERIFY_PAUSE_MS } from './limits.ts';

export interface SettleDeps {
  readonly clock: Clock;
  readonly api: Pick<Api, 'getOperation'>;
  /** When to stop asking; infinite while the flood goes on. */
  readonly deadlineMs: () => number;
  readonly signal: AbortSignal;
}

type Settled = Exclude<OperationAnswer, { kind: 'pending' | 'unanswered' }>;

/**
 * Follows one operation as a client does: waits as long as Retry-After asks, looks, and so on until it is
 * settled or the deadline has passed. Resolves to the last answer, undefined when there was none.
 */
export async function pollOperation(
  deps: SettleDeps,
  id: string,
  firstDelayMs: number,
): Promise<OperationAnswer | undefined> {
  const { clock, signal } = deps;
  let answer: OperationAnswer | undefined;
  let delayMs = firstDelayMs;
  for (let last = false; !last; ) {
    const leftMs = deps.deadlineMs() - clock.now();
    last = leftMs <= delayMs;
    await clock.sleep(Math.max(0, Math.min(delayMs, leftMs)), signal);
    if (signal.aborted) break;
    answer = await deps.api.getOperation(id, deps.signal);
    if (isFinal(answer)) break;
    delayMs = answer.retryAfterMs;
  }
  return answer;
}

/**
 * Looks at every operation until it is settled or the deadline has passed, and at each one at least once.
 * `conclude` gets the last answer about each, undefined when an interruption came first.
 */
export async function verifyOperations(
  deps: SettleDeps,
  ids: readonly string[],
  conclude: (answer: OperationAnswer | undefined) => void,
): Promise<void> {
  const { clock, signal } = deps;
  let left = ids.map((id): Unsettled => ({ id, answer: undefined }));
  for (let last = false; left.length > 0 && !last; ) {
    const beganMs = clock.now();
    // The pass that begins at the deadline is the last: "pending" is then what they were at the end.
    last = beganMs >= deps.deadlineMs();
    left = await lookAtEach(deps, left, conclude);
    if (signal.aborted) break;
    if (left.length === 0 || last) continue;
    // At least as long as the pass took: looking must not take the CPU that settling needs.
    const pauseMs = Math.max(VERIFY_PAUSE_MS, clock.now() - beganMs);
    await clock.sleep(Math.max(0, Math.min(pauseMs, deps.deadlineMs() - clock.now())), signal);
  }
  for (const { answer } of left) conclude(answer);
}

interface Unsettled {
  readonly id: string;
  readonly answer: OperationAnswer | undefined;
}

/** One pass, a few at once. Returns those that are not settled, with the last answer about each. */
async function lookAtEach(
  deps: SettleDeps,
  operations: readonly Unsettled[],
  conclude: (answer: Settled) => void,
): Promise<Unsettled[]> {
  const unsettled: Unsettled[] = [];
  const queue = operations.values();
  let stop = false;
  const look = async () => {
    for (const { id, answer: before } of queue) {
      if (stop || deps.signal.aborted) {
        unsettled.push({ id, answer: before });
        continue;
      }
      const answer = await deps.api.getOperation(id, deps.signal);
      if (isFinal(answer)) conclude(answer);
      else unsettled.push({ id, answer });
      // A server that no longer answers would cost a timeout for each operation; the time for that is over.
      stop ||= answer.kind === 'unanswered' && deps.clock.now() >= deps.deadlineMs();
    }
  };
  await Promise.all(Array.from({ length: VERIFY_CONCURRENCY }, look));
  return unsettled;
}

function isFinal(answer: OperationAnswer): answer is Settled {
  return answer.kind !== 'pending' && answer.kind !== 'unanswered';
}
