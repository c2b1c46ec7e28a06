import type { InvokeResult } from '../lambda.ts';
import { backOffMs } from './back-off.ts';
import { type Batch, cutExpired, nextBatch } from './batch.ts';
import type { Condition } from './condition.ts';
import type {
  EventSourceMappingConfiguration,
  MappingDependencies,
  MappingOptions,
} from './configuration.ts';
import { decide, outcomeOf } from './decision.ts';
import { type EventRecord, eventJson } from './event.ts';
import type { FailureDestination } from './failure-destination.ts';
import type { Discarded } from './failure-record.ts';
import type { FaultLog } from './fault-log.ts';

/** What the lanes of one shard share with its poller. */
export interface ShardContext {
  readonly shardId: string;
  readonly streamName: string;
  readonly configuration: EventSourceMappingConfiguration;
  readonly options: MappingOptions;
  readonly dependencies: MappingDependencies;
  readonly failureDestination: FailureDestination;
  readonly faults: FaultLog;
  /** Notified whenever records come, are done with, or begin to fail. */
  readonly changed: Condition;
  readonly stop: AbortSignal;
}

/**
 * One of a shard's `parallelizationFactor` lanes: takes its records in order, gathers them to batches, and has
 * one batch in work at a time, until each of its records is settled, parked or dropped.
 *
 *     add → waiting ──gather──▶ in work ──deliver──▶ settled
 *                                 ▲  │
 *                   same, rest, ──┘  └──discard──▶ parked or dropped
 *                   or two halves
 */
export class Lane {
  readonly #shard: ShardContext;
  /** Whether the shard lets this lane begin another batch now. */
  readonly #mayBegin: () => boolean;
  #waiting: EventRecord[] = [];
  /** What is left of the batch gathered last: itself or its parts, in order. */
  #inWork: Batch[] = [];
  #bytes = 0;
  #failuresInARow = 0;
  #ended = false;
  #previousBatchDoneAtMs = Number.NEGATIVE_INFINITY;
  #iteratorAgeMs: number | undefined;

  constructor(shard: ShardContext, mayBegin: () => boolean) {
    this.#shard = shard;
    this.#mayBegin = mayBegin;
  }

  get waitingRecords(): number {
    return this.#waiting.length;
  }

  get recordsInWork(): number {
    return this.#inWork.reduce((sum, batch) => sum + batch.records.length, 0);
  }

  /** Of event JSON, waiting and in work. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether its last delivery failed and nothing has been done with since. */
  get failing(): boolean {
    return this.#failuresInARow > 0;
  }

  get oldestUnsettled(): EventRecord | undefined {
    return this.#inWork[0]?.records[0] ?? this.#waiting[0];
  }

  /** At the latest delivery; undefined before the first. */
  get iteratorAgeMs(): number | undefined {
    return this.#iteratorAgeMs;
  }

  add(record: EventRecord): void {
    this.#waiting.push(record);
    this.#bytes += record.jsonBytes;
  }

  /** No more records will come: what waits is delivered without its window, then `run` ends. */
  end(): void {
    this.#ended = true;
    this.#shard.changed.notify();
  }

  /** Works until `end` and all is done with, or until the shard's `stop`, and then to the end of its invocation. */
  async run(): Promise<void> {
    while (await this.#gather()) {
      for (let next = this.#inWork[0]; next; next = this.#inWork[0]) {
        await this.#step(next);
        if (this.#shard.stop.aborted) return;
      }
      this.#previousBatchDoneAtMs = this.#shard.dependencies.clock.now();
    }
  }

  /** Waits for the next batch and puts it in work; false when there will be none. */
  async #gather(): Promise<boolean> {
    const { changed, configuration, stop } = this.#shard;
    await changed.until(() => (this.#waiting.length > 0 ? this.#mayBegin() : this.#ended));
    if (configuration.batchWindowMs > 0) await this.#waitForWindow(configuration.batchWindowMs);
    if (stop.aborted) return false;
    const { length } = nextBatch(this.#waiting, configuration.batchSize);
    if (length === 0) return false;
    this.#inWork = [{ records: this.#waiting.splice(0, length), failedAttempts: 0 }];
    return true;
  }

  /**
   * Waits until the batch is full or its window over. "The next window begins as soon as the previous function
   * invocation completes"; one that passed without a record begins again with the first (AWS does not say).
   */
  async #waitForWindow(windowMs: number): Promise<void> {
    const { changed, configuration, dependencies } = this.#shard;
    const { clock } = dependencies;
    const left = this.#previousBatchDoneAtMs + windowMs - clock.now();
    const timer = new AbortController();
    let over = false;
    const ticking = clock.sleep(left > 0 ? left : windowMs, timer.signal).then(() => {
      over = true;
      changed.notify();
    });
    await changed.until(() => over || this.#ended || nextBatch(this.#waiting, configuration.batchSize).full);
    timer.abort();
    await ticking;
  }

  /** Brings the first batch in work one step on: gives up what is too old at its front, or delivers it once. */
  async #step(batch: Batch): Promise<void> {
    const { configuration, dependencies } = this.#shard;
    const nowMs = dependencies.clock.now();
    const { expired, rest } = cutExpired(batch, nowMs, configuration.maximumRecordAgeS);
    if (expired.length === 0) {
      await this.#deliver(batch);
      return;
    }
    await this.#discard(
      {
        condition: 'RecordAgeExceeded',
        records: expired,
        // Lambda says 1 of a record that was never delivered, too.
        invokeCount: Math.max(1, batch.failedAttempts),
        requestId: dependencies.uuid(),
        atMs: nowMs,
      },
      rest.records.length > 0 ? [rest] : [],
    );
  }

  async #deliver(batch: Batch): Promise<void> {
    const { configuration, options, dependencies } = this.#shard;
    const { observer } = dependencies;
    const result = await this.#invoke(batch.records);
    if (result === undefined) {
      observer.batchFailed?.(batch.records.length, 'NotDelivered');
      await this.#backOff();
      return;
    }
    const outcome = outcomeOf(result, batch, configuration.reportBatchItemFailures);
    if (outcome.kind === 'failed') observer.batchFailed?.(batch.records.length, outcome.failure);
    const decision = decide(batch, outcome, { ...configuration, ...options });
    if (decision.kind === 'give-up') {
      await this.#discard(this.#exhausted(batch, decision.invokeCount, result), []);
      return;
    }
    if (decision.settled.length > 0) observer.batchSettled?.(decision.settled.length);
    this.#replaceFirst(decision.retry, decision.settled);
    if (outcome.kind === 'failed') await this.#backOff();
  }

  /** Hands records to the function; undefined if they did not get there, which is no attempt of theirs. */
  async #invoke(records: readonly EventRecord[]): Promise<InvokeResult | undefined> {
    const { configuration, dependencies, faults, shardId, streamName } = this.#shard;
    const { functionArn, functionName } = configuration;
    const { clock, invoke, observer } = dependencies;
    const activity = `invoking ${functionName} for ${shardId}`;
    const iteratorAgeMs = clock.now() - (records.at(-1)?.arrivedAtMs ?? clock.now());
    this.#iteratorAgeMs = iteratorAgeMs;
    let result: InvokeResult;
    try {
      result = await invoke(functionArn, eventJson(records));
    } catch (error) {
      faults.failed(activity, error);
      return undefined;
    }
    faults.succeeded(activity);
    observer.batchDelivered?.({ functionName, streamName, shardId, records: records.length, iteratorAgeMs });
    return result;
  }

  #exhausted(batch: Batch, invokeCount: number, { requestId, functionError }: InvokeResult): Discarded {
    const { configuration, dependencies } = this.#shard;
    return {
      condition: 'RetryAttemptsExhausted',
      records: batch.records,
      invokeCount,
      requestId,
      response: {
        executedVersion: configuration.functionVersion ?? '$LATEST',
        functionError: functionError ?? null,
      },
      atMs: dependencies.clock.now(),
    };
  }

  /** Gives records up; they stay in work, and hold the lane, until their failure record is written. */
  async #discard(discarded: Discarded, remaining: readonly Batch[]): Promise<void> {
    const { failureDestination, shardId, stop } = this.#shard;
    const taken = await failureDestination.take(discarded, shardId, stop);
    if (taken) this.#replaceFirst(remaining, discarded.records);
  }

  /** Puts what remains of the first batch in work in its place; `done` is what it is rid of. */
  #replaceFirst(remaining: readonly Batch[], done: readonly EventRecord[]): void {
    this.#inWork.splice(0, 1, ...remaining);
    if (done.length === 0) return;
    for (const record of done) this.#bytes -= record.jsonBytes;
    this.#failuresInARow = 0;
    this.#shard.changed.notify();
  }

  async #backOff(): Promise<void> {
    const { dependencies, options, stop } = this.#shard;
    this.#failuresInARow += 1;
    await dependencies.clock.sleep(
      backOffMs(options.backOff, this.#failuresInARow, dependencies.random),
      stop,
    );
  }
}
