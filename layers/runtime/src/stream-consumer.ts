/**
 * The stream consumer: runs a batch's records concurrently up to a limit, those of one partition key in order, and
 * answers Lambda with the lowest sequence number that is not processed.
 *
 *   record   decode ──▶ handle ──▶ (its events) ──▶ acknowledged by Kinesis ──▶ processed
 *                │
 *                └ poison ──▶ parked in the failure bucket ──▶ processed
 *
 * Every record begins as unprocessed and only those two arrows end it, so an error, a crash of a handler or time
 * running out can only mean "deliver again", never "done".
 */
import type {
  Context,
  KinesisStreamBatchResponse,
  KinesisStreamEvent,
  KinesisStreamRecord,
} from 'aws-lambda';
import { type Clock, systemClock } from './clock.ts';
import { assert, PoisonRecordError } from './errors.ts';
import type { EventSchema, PipelineEvent } from './events.ts';
import { type Park, positionOf } from './failure-bucket.ts';
import { INVOCATION } from './limits.ts';
import { type Log, logOf } from './log.ts';
import { createMetrics, type InvocationMetrics } from './metrics.ts';
import type { Emission, StreamPublisher } from './stream-publisher.ts';
import { decodeRecord } from './stream-record.ts';
import { type StartHop, startHop } from './tracing.ts';

/** What belongs to one invocation and travels with it. */
export interface Invocation {
  readonly log: Log;
  readonly metrics: InvocationMetrics;
}

export interface StreamFunction<Event extends PipelineEvent> {
  /** The function's name, e.g. `user-create`: the name of its hop in a trace. */
  readonly step: string;
  readonly accepts: EventSchema<Event>;
  /** Stores what is decided and returns what to tell. Rejects to have the record delivered again; PoisonRecordError parks it. */
  readonly handle: (event: Event, invocation: Invocation) => Promise<readonly Emission[]>;
  /** Records of one batch handled at once. */
  readonly batchConcurrency: number;
  readonly park: Park;
  /** Absent where a function emits nothing. */
  readonly publisher?: Pick<StreamPublisher, 'publish'>;
  readonly clock?: Clock;
  readonly startHop?: StartHop;
}

export type StreamHandler = (
  event: KinesisStreamEvent,
  context: Context,
) => Promise<KinesisStreamBatchResponse>;

/** Makes the Lambda handler of a function that reads a stream. */
export function createStreamHandler<Event extends PipelineEvent>(
  definition: StreamFunction<Event>,
): StreamHandler {
  return async (event, context) => {
    const invocation = { log: logOf(context), metrics: createMetrics() };
    const batch = new Batch(definition, event.Records, context, invocation);
    await batch.handle();
    await batch.publish();
    const unprocessed = batch.lowestUnprocessed();
    invocation.metrics.publish();
    return { batchItemFailures: unprocessed === undefined ? [] : [{ itemIdentifier: unprocessed }] };
  };
}

class Batch<Event extends PipelineEvent> {
  readonly #definition: StreamFunction<Event>;
  readonly #records: readonly KinesisStreamRecord[];
  readonly #invocation: Invocation;
  readonly #clock: Clock;
  readonly #endsAtMs: number;
  readonly #processed: boolean[];
  readonly #lastOfKey = new Map<string, Promise<boolean>>();
  #emitted: { readonly index: number; readonly emission: Emission }[] = [];

  constructor(
    definition: StreamFunction<Event>,
    records: readonly KinesisStreamRecord[],
    context: Context,
    invocation: Invocation,
  ) {
    this.#definition = definition;
    this.#records = records;
    this.#invocation = invocation;
    this.#clock = definition.clock ?? systemClock;
    this.#endsAtMs = this.#clock.now() + context.getRemainingTimeInMillis();
    this.#processed = records.map(() => false);
  }

  /** Ends when every started record has ended, or when it is time to publish what is done. */
  async handle(): Promise<void> {
    let nextIndex = 0;
    const worker = async () => {
      while (nextIndex < this.#records.length && (nextIndex === 0 || this.#mayStart())) {
        const index = nextIndex;
        nextIndex += 1;
        await this.#inOrderOfKey(index);
      }
    };
    const count = Math.min(this.#definition.batchConcurrency, this.#records.length);
    const workers = Array.from({ length: count }, worker);
    await this.#untilPublishing(Promise.all(workers));
  }

  async publish(): Promise<void> {
    const emitted = this.#emitted;
    this.#emitted = [];
    if (emitted.length === 0) return;
    const { publisher, step } = this.#definition;
    assert(publisher, `${step} emits events and has no publisher`);
    const failures = await publisher.publish(
      emitted.map(({ emission }) => emission),
      this.#endsAtMs - INVOCATION.answerMarginMs,
    );
    for (const { index } of emitted) this.#processed[index] = true;
    for (const [position, { index }] of emitted.entries()) {
      const failure = failures[position];
      if (failure === undefined) continue;
      this.#processed[index] = false;
      this.#failed(index, failure, 'an event was not acknowledged, record will be delivered again');
    }
  }

  /** The checkpoint to answer with; undefined when everything is processed. */
  lowestUnprocessed(): string | undefined {
    const count = this.#processed.filter((processed) => processed).length;
    if (count > 0) this.#invocation.metrics.count('RecordsProcessed', count);
    if (count < this.#processed.length)
      this.#invocation.metrics.count('RecordsFailed', this.#processed.length - count);
    return this.#records[this.#processed.indexOf(false)]?.kinesis.sequenceNumber;
  }

  #mayStart(): boolean {
    return this.#clock.now() < this.#endsAtMs - INVOCATION.startMarginMs;
  }

  /** Waits for the record before it under its key; after a failed one it is left alone, so that order holds on the retry too. */
  async #inOrderOfKey(index: number): Promise<void> {
    const record = this.#records[index] as KinesisStreamRecord;
    const { partitionKey } = record.kinesis;
    const before = this.#lastOfKey.get(partitionKey);
    const mine = (async () =>
      (before === undefined || (await before)) && (await this.#handleRecord(index, record)))();
    this.#lastOfKey.set(partitionKey, mine);
    await mine;
  }

  /** True when the record is done with, but for the acknowledgement of its events. Never rejects. */
  async #handleRecord(index: number, record: KinesisStreamRecord): Promise<boolean> {
    try {
      const emissions = await this.#trace(decodeRecord(record, this.#definition.accepts));
      if (emissions.length === 0) this.#processed[index] = true;
      for (const emission of emissions) this.#emitted.push({ index, emission });
      return true;
    } catch (error) {
      if (error instanceof PoisonRecordError) return await this.#park(index, record, error);
      this.#failed(index, error, 'record failed, will be delivered again');
      return false;
    }
  }

  async #trace(event: Event): Promise<readonly Emission[]> {
    const hop = await (this.#definition.startHop ?? startHop)(
      this.#definition.step,
      event.traceparent,
      event.subject,
    );
    try {
      const emissions = await this.#definition.handle(
        { ...event, traceparent: hop.traceparent },
        this.#invocation,
      );
      hop.end();
      return emissions;
    } catch (error) {
      hop.end(error);
      throw error;
    }
  }

  async #park(index: number, record: KinesisStreamRecord, reason: PoisonRecordError): Promise<boolean> {
    try {
      await this.#definition.park(record, reason);
    } catch (error) {
      this.#failed(index, error, 'poison record could not be parked, left to its retries');
      return false;
    }
    this.#processed[index] = true;
    this.#invocation.metrics.count('RecordsParked');
    this.#invocation.log.error('poison record parked', reason, {
      ...positionOf(record),
      reason: reason.code,
    });
    return true;
  }

  #failed(index: number, error: unknown, message: string): void {
    const record = this.#records[index] as KinesisStreamRecord;
    this.#invocation.log.error(message, error, positionOf(record));
  }

  /** Waits for the work, but not into the time that publishing needs. */
  async #untilPublishing(work: Promise<unknown>): Promise<void> {
    const timeLeftMs = this.#endsAtMs - INVOCATION.publishMarginMs - this.#clock.now();
    const done = new AbortController();
    const timeIsUp = this.#clock.sleep(Math.max(0, timeLeftMs), done.signal);
    await Promise.race([work, timeIsUp]);
    done.abort();
  }
}
