import type { Percentiles } from './latencies.ts';
import type { LoadOptions } from './options.ts';
import type { ReasonCount, Tally } from './tally.ts';

/** All that is known of a finished run, as plain data: what reports are made from. */
export interface Result {
  readonly run: string;
  readonly options: LoadOptions;
  /** One operation in this many was polled; 0 when none was. */
  readonly sampledOneIn: number;
  /** How long users were offered: the schedule's duration, less when interrupted, more if the generator lagged. */
  readonly offeredForMs: number;
  readonly interrupted: boolean;
  readonly offered: number;
  readonly accepted: number;
  readonly completed: number;
  readonly failed: number;
  readonly pending: number;
  readonly unverified: number;
  readonly rejected: readonly ReasonCount[];
  readonly errors: readonly ReasonCount[];
  readonly failedReasons: readonly ReasonCount[];
  readonly wrong: readonly ReasonCount[];
  readonly startLag: Percentiles;
  readonly acceptLatency: Percentiles;
  readonly settling: Percentiles;
  readonly seenSettled: Percentiles;
}

/** Freezes the tally of a run that is over. */
export function toResult(
  tally: Tally,
  about: Pick<Result, 'run' | 'options' | 'sampledOneIn' | 'offeredForMs' | 'interrupted'>,
): Result {
  return {
    ...about,
    offered: tally.offered,
    accepted: tally.accepted,
    completed: tally.completed,
    failed: tally.failed,
    pending: tally.pending,
    unverified: tally.unverified,
    rejected: tally.rejected.list(),
    errors: tally.errors.list(),
    failedReasons: tally.failedReasons.list(),
    wrong: tally.wrong.list(),
    startLag: tally.startLag.percentiles(),
    acceptLatency: tally.acceptLatency.percentiles(),
    settling: tally.settling.percentiles(),
    seenSettled: tally.seenSettled.percentiles(),
  };
}

/** How many times all of `reasons` came together. */
export function total(reasons: readonly ReasonCount[]): number {
  return reasons.reduce((sum, { count }) => sum + count, 0);
}

/** 130 interrupted, 1 if anything accepted was not shown to settle, else 0: a failed operation is a settled one. */
export function exitCode(result: Result): number {
  if (result.interrupted) return 130;
  return result.completed + result.failed === result.accepted ? 0 : 1;
}
