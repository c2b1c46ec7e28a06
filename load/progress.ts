import type { Clock } from '../local/clock.ts';
import { formatDuration } from './duration.ts';
import type { Tally } from './tally.ts';

/** Where progress goes: the process's standard error, or a test's. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const TTY_INTERVAL_MS = 200;
const PLAIN_INTERVAL_MS = 5_000;
const COLUMNS_DEFAULT = 80;
const CLEAR_LINE = '\r\x1b[2K';

/** Shows `line()` until `signal` aborts: rewriting one line on a terminal, else a line every few seconds. */
export async function showProgress(
  stream: ProgressStream,
  clock: Clock,
  line: () => string,
  signal: AbortSignal,
): Promise<void> {
  if (!stream.isTTY) {
    for (;;) {
      await clock.sleep(PLAIN_INTERVAL_MS, signal);
      if (signal.aborted) return;
      stream.write(`${line()}\n`);
    }
  }
  while (!signal.aborted) {
    // A line that wraps cannot be rewritten.
    stream.write(CLEAR_LINE + line().slice(0, (stream.columns ?? COLUMNS_DEFAULT) - 1));
    await clock.sleep(TTY_INTERVAL_MS, signal);
  }
  stream.write(CLEAR_LINE);
}

/** While users are offered. Only the sample is known to settle by then, and it says so. */
export function floodLine(tally: Tally, sampled: number, leftMs: number): string {
  const answered = tally.accepted + tally.rejected.total + tally.errors.total;
  return [
    leftMs > 0 ? `${formatDuration(leftMs)} left` : 'waiting for the last answers',
    `offered ${count(tally.offered)}`,
    `accepted ${count(tally.accepted)}`,
    `settled ${count(tally.settled)} of ${count(sampled)} sampled`,
    `in flight ${count(tally.offered - answered)}`,
    ...refusals(tally),
  ].join('  ');
}

/** While the accepted operations are looked at, after the flood. */
export function settleLine(tally: Tally, leftMs: number): string {
  return [
    leftMs > 0 ? `${formatDuration(leftMs)} left at most` : 'last look',
    `settled ${count(tally.settled)} of ${count(tally.accepted)} accepted`,
    `offered ${count(tally.offered)}`,
    ...refusals(tally),
  ].join('  ');
}

function refusals({ rejected, errors }: Tally): string[] {
  return [
    ...(rejected.total > 0 ? [`rejected ${count(rejected.total)}`] : []),
    ...(errors.total > 0 ? [`errors ${count(errors.total)}`] : []),
  ];
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
