import { AwsError } from '../../local/gateway/aws-error.ts';
import type { Call, CallAws } from '../../local/gateway/call.ts';
import type {
  EventSourceMappingConfiguration,
  MappingOptions,
} from '../../local/lambda/event-source-mapping/configuration.ts';
import { EventSourceMapping } from '../../local/lambda/event-source-mapping/mapping.ts';
import type { InvokeFunction } from '../../local/lambda/lambda.ts';
import { VirtualClock } from './virtual-clock.ts';

export const SHARD = 'shardId-000000000000';
export const BUCKET_ARN = 'arn:aws:s3:::failures';

export const CONFIGURATION: EventSourceMappingConfiguration = {
  uuid: '6f1f0d2c-0000-4000-8000-000000000000',
  eventSourceArn: 'arn:aws:kinesis:eu-central-1:000000000000:stream/work',
  functionName: 'worker',
  functionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:worker:live',
  roleArn: 'arn:aws:iam::000000000000:role/worker',
  region: 'eu-central-1',
  batchSize: 100,
  batchWindowMs: 0,
  parallelizationFactor: 1,
  startingPosition: 'TRIM_HORIZON',
  maximumRecordAgeS: -1,
  maximumRetryAttempts: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: false,
  failureDestinationArn: BUCKET_ARN,
};

/** A sequence number as wide as Kinesis makes them. */
export const sequence = (n: number): string => String(n).padStart(56, '0');

interface FakeRecord {
  readonly SequenceNumber: string;
  readonly PartitionKey: string;
  readonly Data: string;
  readonly ApproximateArrivalTimestamp: number;
}

interface FakeShard {
  readonly shardId: string;
  readonly parents: readonly string[];
  readonly records: FakeRecord[];
  open: boolean;
}

const ITERATOR_LIFE_MS = 300_000;

/** A stream as three arrays and a bucket as a map: the AWS of a mapping's unit tests, without limits of its own. */
export class FakeAws {
  readonly calls: { readonly atMs: number; readonly call: Call }[] = [];
  /** What was put in the failure bucket, by key, parsed. */
  readonly objects = new Map<string, { readonly [key: string]: unknown }>();
  readonly #clock: VirtualClock;
  readonly #shards: FakeShard[] = [];
  readonly #faults: { readonly operation: string; readonly error: Error; left: number }[] = [];
  #sequence = 0;
  /** Shards on one page of ListShards. */
  pageSize = 100;

  constructor(clock: VirtualClock, shardCount: number) {
    this.#clock = clock;
    for (let index = 0; index < shardCount; index += 1) this.addShard();
  }

  addShard(parents: readonly string[] = []): string {
    const shardId = `shardId-${String(this.#shards.length).padStart(12, '0')}`;
    this.#shards.push({ shardId, parents, records: [], open: true });
    return shardId;
  }

  closeShard(shardId: string): void {
    this.#shard(shardId).open = false;
  }

  /** Puts one record on a shard and answers with its sequence number. */
  put(
    partitionKey: string,
    { shardId = SHARD, data = 'x', ageMs = 0 }: { shardId?: string; data?: string; ageMs?: number } = {},
  ): string {
    this.#sequence += 1;
    const SequenceNumber = sequence(this.#sequence);
    const ApproximateArrivalTimestamp = (this.#clock.now() - ageMs) / 1_000;
    const Data = Buffer.from(data).toString('base64');
    this.#shard(shardId).records.push({
      SequenceNumber,
      PartitionKey: partitionKey,
      Data,
      ApproximateArrivalTimestamp,
    });
    return SequenceNumber;
  }

  /** Of the record put last, on any shard. */
  get lastSequenceNumber(): string {
    return sequence(this.#sequence);
  }

  /** Answers the next `times` calls of an operation with an error. */
  fail(operation: string, error: Error, times: number): void {
    this.#faults.push({ operation, error, left: times });
  }

  called(operation: string): readonly { readonly atMs: number; readonly call: Call }[] {
    return this.calls.filter(({ call }) => call.operation === operation);
  }

  readonly callAws: CallAws = async (call) => {
    this.calls.push({ atMs: this.#clock.now(), call });
    const fault = this.#faults.find(({ operation, left }) => operation === call.operation && left > 0);
    if (fault) {
      fault.left -= 1;
      throw fault.error;
    }
    const input = call.input as Record<string, string>;
    switch (call.operation) {
      case 'ListShards':
        return this.#listShards(Number(input['NextToken'] ?? 0));
      case 'GetShardIterator':
        return { ShardIterator: this.#iterator(input['ShardId'] ?? '', this.#start(input)) };
      case 'GetRecords':
        return this.#getRecords(input['ShardIterator'] ?? '', Number(input['Limit']));
      case 'PutObject':
        return this.#putObject(input['Key'] ?? '', input['Body'] ?? '');
      default:
        throw new Error(`no ${call.operation} here`);
    }
  };

  #shard(shardId: string): FakeShard {
    const shard = this.#shards.find((candidate) => candidate.shardId === shardId);
    if (!shard) throw new Error(`no ${shardId} here`);
    return shard;
  }

  #listShards(from: number) {
    const to = from + this.pageSize;
    return {
      Shards: this.#shards.slice(from, to).map(({ shardId, parents, open }) => ({
        ShardId: shardId,
        ...(parents[0] !== undefined && { ParentShardId: parents[0] }),
        ...(parents[1] !== undefined && { AdjacentParentShardId: parents[1] }),
        SequenceNumberRange: {
          StartingSequenceNumber: sequence(0),
          ...(!open && { EndingSequenceNumber: sequence(this.#sequence) }),
        },
      })),
      ...(to < this.#shards.length && { NextToken: String(to) }),
    };
  }

  #start(input: Record<string, unknown>): number {
    const { records } = this.#shard(String(input['ShardId']));
    const first = (holds: (record: FakeRecord) => boolean) => {
      const index = records.findIndex(holds);
      return index < 0 ? records.length : index;
    };
    switch (input['ShardIteratorType']) {
      case 'TRIM_HORIZON':
        return 0;
      case 'AT_TIMESTAMP':
        return first((record) => record.ApproximateArrivalTimestamp >= Number(input['Timestamp']));
      case 'AFTER_SEQUENCE_NUMBER':
        return first((record) => record.SequenceNumber > String(input['StartingSequenceNumber']));
      default:
        throw new Error(`no ${String(input['ShardIteratorType'])} here`);
    }
  }

  #iterator(shardId: string, index: number): string {
    return `${shardId}/${index}/${this.#clock.now()}`;
  }

  #getRecords(iterator: string, limit: number) {
    const [shardId = '', from = '', issuedAtMs = ''] = iterator.split('/');
    if (this.#clock.now() - Number(issuedAtMs) > ITERATOR_LIFE_MS) {
      throw new AwsError('ExpiredIteratorException', 'Iterator expired.');
    }
    const { records, open } = this.#shard(shardId);
    const to = Math.min(records.length, Number(from) + limit);
    return {
      Records: records.slice(Number(from), to),
      NextShardIterator: open || to < records.length ? this.#iterator(shardId, to) : null,
      MillisBehindLatest: records.length - to,
    };
  }

  #putObject(key: string, body: string) {
    this.objects.set(key, JSON.parse(Buffer.from(body, 'base64').toString()));
    return {};
  }
}

/** One invocation of the stub function. */
export interface Delivery {
  readonly atMs: number;
  readonly shardId: string;
  readonly keys: readonly string[];
  readonly sequenceNumbers: readonly string[];
  readonly payload: string;
}

/** What the stub function does with a delivery: a value is its result, a throw a function error. */
export type Handler = (delivery: Delivery) => unknown;

/** Thrown by a handler: the invocation is throttled, it never reaches the function. */
export class Throttled extends AwsError {
  constructor() {
    super('TooManyRequestsException', 'Rate Exceeded.', 429);
  }
}

/** The answer of a function that reports these sequence numbers. */
export const itemFailures = (...identifiers: readonly unknown[]) => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

interface WorldSettings {
  /** What `configuration` is laid over. */
  readonly base?: EventSourceMappingConfiguration;
  readonly configuration?: Partial<EventSourceMappingConfiguration>;
  readonly options?: Partial<MappingOptions>;
  readonly handler?: Handler;
  readonly shardCount?: number;
  readonly random?: () => number;
}

/** A mapping with everything around it in memory and time in the test's hands; `random` is 0.5, so no jitter. */
export class World {
  readonly clock = new VirtualClock();
  readonly startedAtMs = this.clock.now();
  readonly aws: FakeAws;
  readonly mapping: EventSourceMapping;
  readonly deliveries: Delivery[] = [];
  readonly log: string[] = [];
  readonly counts = { settled: 0, failed: 0, parked: 0, dropped: 0 };
  readonly iteratorAgesMs: number[] = [];
  readonly failures: string[] = [];
  /** Invocations at the same time at most, by shard. */
  readonly concurrencyMax = new Map<string, number>();
  readonly #handler: Handler;
  readonly #concurrency = new Map<string, number>();
  #uuids = 0;

  constructor(settings: WorldSettings = {}) {
    const {
      base = CONFIGURATION,
      configuration,
      options,
      handler,
      shardCount = 1,
      random = () => 0.5,
    } = settings;
    this.#handler = handler ?? (() => null);
    this.aws = new FakeAws(this.clock, shardCount);
    const { counts } = this;
    this.mapping = new EventSourceMapping(
      { ...base, ...configuration },
      {
        clock: this.clock,
        callAws: this.aws.callAws,
        invoke: this.#invoke,
        random,
        uuid: () => this.#uuid(),
        observer: {
          batchDelivered: ({ iteratorAgeMs }) => this.iteratorAgesMs.push(iteratorAgeMs),
          batchSettled: (records) => {
            counts.settled += records;
          },
          batchFailed: (records, failure) => {
            counts.failed += records;
            this.failures.push(failure);
          },
          recordsParkedByMapping: (records) => {
            counts.parked += records;
          },
          recordsDropped: (records) => {
            counts.dropped += records;
          },
        },
        log: (line) => this.log.push(line),
      },
      options,
    );
  }

  /** Settled, parked or dropped. */
  get done(): number {
    return this.counts.settled + this.counts.parked + this.counts.dropped;
  }

  /** The failure records, in the order in which they were written. */
  get failureRecords(): readonly { readonly [key: string]: unknown }[] {
    return [...this.aws.objects.values()];
  }

  /** The sequence numbers of each delivery as small numbers: `[[1, 2], [2]]`. */
  get delivered(): readonly (readonly number[])[] {
    return this.deliveries.map(({ sequenceNumbers }) => sequenceNumbers.map(Number));
  }

  putAll(keys: readonly string[], shardId = SHARD): readonly string[] {
    return keys.map((key) => this.aws.put(key, { shardId }));
  }

  /** Starts the mapping and lets it run for so long. */
  async run(ms: number): Promise<void> {
    this.mapping.start();
    await this.clock.advance(ms);
  }

  /** Lets time pass, in steps, until the condition holds; fails the test if it never does. */
  async until(holds: () => boolean, stepMs = 1_000, stepsMax = 2_000): Promise<void> {
    for (let step = 0; !holds(); step += 1) {
      if (step === stepsMax) throw new Error(`never came to be: ${holds}`);
      await this.clock.advance(stepMs);
    }
  }

  readonly #invoke: InvokeFunction = async (_functionName, payload) => {
    const { Records } = JSON.parse(payload) as {
      Records: { eventID: string; kinesis: { partitionKey: string; sequenceNumber: string } }[];
    };
    const shardId = Records[0]?.eventID.split(':')[0] ?? '';
    const delivery: Delivery = {
      atMs: this.clock.now(),
      shardId,
      keys: Records.map(({ kinesis }) => kinesis.partitionKey),
      sequenceNumbers: Records.map(({ kinesis }) => kinesis.sequenceNumber),
      payload,
    };
    this.deliveries.push(delivery);
    this.#enter(shardId, 1);
    try {
      const result = (await this.#handler(delivery)) ?? null;
      return { requestId: this.#uuid(), payload: JSON.stringify(result) };
    } catch (error) {
      if (error instanceof Throttled) throw error;
      const payload = JSON.stringify({ errorType: 'Error', errorMessage: String(error), trace: [] });
      return { requestId: this.#uuid(), functionError: 'Unhandled', payload };
    } finally {
      this.#enter(shardId, -1);
    }
  };

  #enter(shardId: string, change: 1 | -1): void {
    const concurrency = (this.#concurrency.get(shardId) ?? 0) + change;
    this.#concurrency.set(shardId, concurrency);
    this.concurrencyMax.set(shardId, Math.max(concurrency, this.concurrencyMax.get(shardId) ?? 0));
  }

  #uuid(): string {
    this.#uuids += 1;
    return `00000000-0000-4000-8000-${String(this.#uuids).padStart(12, '0')}`;
  }
}
