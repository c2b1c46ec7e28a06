import type { OperationAnswer } from './answers.ts';
import { Latencies } from './latencies.ts';
import { REASONS_MAX } from './limits.ts';

/** One reason and how often it came. */
export interface ReasonCount {
  readonly reason: string;
  readonly count: number;
}

/** Counts by reason, at most REASONS_MAX of them; further ones share the name `other`. */
export class Reasons {
  readonly #counts = new Map<string, number>();
  #total = 0;

  add(reason: string): void {
    const known = this.#counts.has(reason) || this.#counts.size < REASONS_MAX;
    const name = known ? reason : 'other';
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#total += 1;
  }

  get total(): number {
    return this.#total;
  }

  /** The most frequent first. */
  list(): ReasonCount[] {
    return [...this.#counts]
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
  }
}

/**
 * What happened so far. Each user offered ends as one of accepted, rejected or error; each one accepted is
 * concluded once, as completed, failed, pending, unverified (no answer about it) or wrong.
 */
export class Tally {
  offered = 0;
  accepted = 0;
  completed = 0;
  failed = 0;
  pending = 0;
  unverified = 0;
  /** By HTTP status. */
  readonly rejected = new Reasons();
  /** By error code: no HTTP answer at all. */
  readonly errors = new Reasons();
  readonly failedReasons = new Reasons();
  /** Accepted, and then answered in a way the contract does not allow. */
  readonly wrong = new Reasons();

  /** How late requests left, by the generator's own fault; part of every latency below it. */
  readonly startLag = new Latencies();
  readonly acceptLatency = new Latencies();
  readonly settling = new Latencies();
  readonly seenSettled = new Latencies();

  get settled(): number {
    return this.completed + this.failed;
  }

  /** Books the last word about one accepted operation; undefined when nobody asked. */
  conclude(answer: OperationAnswer | undefined): void {
    switch (answer?.kind) {
      case 'completed':
        this.completed += 1;
        break;
      case 'failed':
        this.failed += 1;
        this.failedReasons.add(answer.reason);
        break;
      case 'pending':
        this.pending += 1;
        break;
      case 'missing':
      case 'wrong':
        this.wrong.add(answer.reason);
        break;
      default:
        this.unverified += 1;
    }
    if (answer && 'settlingMs' in answer) this.settling.record(answer.settlingMs);
  }
}
