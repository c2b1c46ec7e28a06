import type { Clock } from '../local/clock.ts';
import { BURST_MAX, DRAIN_MAX_MS, IN_FLIGHT_MAX, INTERRUPT_GRACE_MS } from './limits.ts';

export interface FloodDeps {
  readonly clock: Clock;
  /** Intended starts in milliseconds after `startedAtMs`, ascending. */
  readonly starts: Iterable<number>;
  readonly startedAtMs: number;
  /** Sends the n-th request; resolves when it is over, never rejects. */
  readonly send: (n: number, intendedAtMs: number) => Promise<void>;
  /** Called instead of `send` when IN_FLIGHT_MAX requests are without an answer. */
  readonly refuse: () => void;
  /** Makes every `send` under way resolve soon. */
  readonly abandon: () => Promise<void>;
  /** Aborting it stops the flood at once, with a short grace for what is under way. */
  readonly signal: AbortSignal;
}

/**
 * Starts each request when the schedule says, whether or not earlier ones were answered, and then waits for
 * the answers that are still out. One loop serves all: when it wakes late it starts whatever is due by then.
 * Resolves to when it stopped offering.
 */
export async function flood(deps: FloodDeps): Promise<number> {
  const inFlight = new Set<Promise<void>>();
  await offer(deps, inFlight);
  const stoppedOfferingAtMs = deps.clock.now();
  await drain(deps, inFlight);
  return stoppedOfferingAtMs;
}

async function offer(deps: FloodDeps, inFlight: Set<Promise<void>>): Promise<void> {
  const { clock, signal } = deps;
  let n = 0;
  let startedInARow = 0;
  for (const startMs of deps.starts) {
    const intendedAtMs = deps.startedAtMs + startMs;
    const early = () => intendedAtMs - clock.now();
    startedInARow += 1;
    // A timer may fire a little early, hence the loop; each turn waits at least the timer's millisecond.
    for (let earlyMs = early(); earlyMs > 0 && !signal.aborted; earlyMs = early()) {
      await clock.sleep(earlyMs, signal);
      startedInARow = 1;
    }
    if (startedInARow > BURST_MAX) {
      await clock.sleep(0, signal);
      startedInARow = 1;
    }
    if (signal.aborted) return;
    if (inFlight.size === IN_FLIGHT_MAX) {
      deps.refuse();
      continue;
    }
    const request = deps.send(n, intendedAtMs).finally(() => inFlight.delete(request));
    inFlight.add(request);
    n += 1;
  }
}

async function drain(deps: FloodDeps, inFlight: ReadonlySet<Promise<void>>): Promise<void> {
  const { clock, signal } = deps;
  const drained = new AbortController();
  const all = Promise.all(inFlight).then(() => drained.abort());
  await clock.sleep(DRAIN_MAX_MS, AbortSignal.any([drained.signal, signal]));
  if (signal.aborted) await clock.sleep(INTERRUPT_GRACE_MS, drained.signal);
  await deps.abandon();
  await all;
}
