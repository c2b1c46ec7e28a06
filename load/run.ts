import type { Clock } from '../local/clock.ts';
import type { Api } from './api.ts';
import { flood } from './flood.ts';
import { SAMPLE_MAX } from './limits.ts';
import type { LoadOptions } from './options.ts';
import { floodLine, type ProgressStream, settleLine, showProgress } from './progress.ts';
import { type Result, toResult } from './result.ts';
import { intendedStarts } from './schedule.ts';
import { pollOperation, type SettleDeps, verifyOperations } from './settle.ts';
import { Tally } from './tally.ts';

export interface RunDeps {
  readonly api: Api;
  readonly clock: Clock;
  /** In the name, e-mail and key of every user, so that no two runs share one. */
  readonly run: string;
  readonly progress: ProgressStream;
  /** Aborting it ends the run within a second, with what is known by then. */
  readonly signal: AbortSignal;
}

/** Floods the API, follows a sample as clients do, verifies the rest, and returns what came of it. */
export function runLoad(options: LoadOptions, deps: RunDeps): Promise<Result> {
  return new Run(options, deps).run();
}

class Run {
  readonly #options: LoadOptions;
  readonly #deps: RunDeps;
  readonly #tally = new Tally();
  readonly #sampledOneIn: number;
  readonly #polls: Promise<void>[] = [];
  readonly #idsToVerify: string[] = [];
  #settleDeadlineMs = Number.POSITIVE_INFINITY;
  readonly #settleDeps: SettleDeps;

  constructor(options: LoadOptions, deps: RunDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#sampledOneIn = sampleStride(options);
    this.#settleDeps = { ...deps, deadlineMs: () => this.#settleDeadlineMs };
  }

  async run(): Promise<Result> {
    const offeredForMs = await this.#flood();
    await this.#settle();
    return toResult(this.#tally, {
      run: this.#deps.run,
      options: this.#options,
      sampledOneIn: this.#sampledOneIn,
      offeredForMs,
      interrupted: this.#deps.signal.aborted,
    });
  }

  async #flood(): Promise<number> {
    const { clock, api, signal } = this.#deps;
    const { durationMs } = this.#options;
    const startedAtMs = clock.now();
    const flooding = flood({
      clock,
      signal,
      starts: intendedStarts(this.#options),
      startedAtMs,
      send: (n, intendedAtMs) => this.#send(n, intendedAtMs),
      refuse: () => this.#refuse(),
      abandon: () => api.abandonCreates(),
    });
    const line = () => floodLine(this.#tally, this.#polls.length, startedAtMs + durationMs - clock.now());
    const offeredForMs = (await this.#withProgress(line, flooding)) - startedAtMs;
    // The last user of a schedule starts before its end, which would make the rate look higher than it was.
    return signal.aborted ? offeredForMs : Math.max(offeredForMs, durationMs);
  }

  async #send(n: number, intendedAtMs: number): Promise<void> {
    const { clock, api, run } = this.#deps;
    const tally = this.#tally;
    tally.offered += 1;
    tally.startLag.record(clock.now() - intendedAtMs);
    const user = `load-${run}-${n}`;
    const body = `{"name":"${user}","email":"${user}@example.com"}`;
    const answer = await api.createUser(body, this.#options.idempotencyKey ? user : undefined);
    if (answer.kind === 'rejected') return tally.rejected.add(answer.reason);
    if (answer.kind === 'error') return tally.errors.add(answer.reason);
    tally.accepted += 1;
    tally.acceptLatency.record(clock.now() - intendedAtMs);
    if (answer.kind === 'wrong') return tally.conclude(answer);
    if (this.#sampledOneIn > 0 && n % this.#sampledOneIn === 0) {
      this.#polls.push(this.#poll(answer.id, answer.retryAfterMs, intendedAtMs));
    } else {
      this.#idsToVerify.push(answer.id);
    }
  }

  #refuse(): void {
    this.#tally.offered += 1;
    this.#tally.errors.add('TOO_MANY_IN_FLIGHT');
  }

  async #poll(id: string, firstDelayMs: number, intendedAtMs: number): Promise<void> {
    const answer = await pollOperation(this.#settleDeps, id, firstDelayMs);
    if (answer?.kind === 'completed' || answer?.kind === 'failed') {
      this.#tally.seenSettled.record(this.#deps.clock.now() - intendedAtMs);
    }
    this.#tally.conclude(answer);
  }

  async #settle(): Promise<void> {
    const { clock } = this.#deps;
    this.#settleDeadlineMs = clock.now() + this.#options.settleTimeoutMs;
    const verifying = verifyOperations(this.#settleDeps, this.#idsToVerify, (answer) =>
      this.#tally.conclude(answer),
    );
    const line = () => settleLine(this.#tally, this.#settleDeadlineMs - clock.now());
    await this.#withProgress(line, Promise.all([...this.#polls, verifying]));
  }

  async #withProgress<T>(line: () => string, work: Promise<T>): Promise<T> {
    const over = new AbortController();
    const shown = showProgress(this.#deps.progress, this.#deps.clock, line, over.signal);
    try {
      return await work;
    } finally {
      over.abort();
      await shown;
    }
  }
}

/** Spread over the whole run also when SAMPLE_MAX thins it out: the first thousand alone would say little. */
function sampleStride({ sample, ratePerS, durationMs }: LoadOptions): number {
  if (sample === 0) return 0;
  return Math.max(sample, Math.ceil((ratePerS * durationMs) / 1_000 / SAMPLE_MAX));
}
