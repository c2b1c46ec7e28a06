import { AwsError } from '../../gateway/aws-error.ts';
import type { EventSourceMappingConfiguration } from './configuration.ts';
import { type EventRecord, recordJson } from './event.ts';
import type { KinesisCalls, KinesisRecord, ReadPosition } from './kinesis-calls.ts';

/** What one read of a shard brought. */
export interface ShardRead {
  readonly records: readonly EventRecord[];
  /** Whether there is more to read now. */
  readonly behind: boolean;
  /** Whether the shard is closed and this was its end. */
  readonly atEnd: boolean;
}

/** Reads one shard on and on from a position; it forgets a broken iterator, never the position. */
export class ShardReader {
  readonly #kinesis: KinesisCalls;
  readonly #configuration: EventSourceMappingConfiguration;
  readonly #shardId: string;
  #position: ReadPosition;
  #iterator: string | undefined;
  #lastSequenceNumber: string | undefined;
  #recordsRead = 0;

  constructor(
    kinesis: KinesisCalls,
    configuration: EventSourceMappingConfiguration,
    shardId: string,
    position: ReadPosition,
  ) {
    this.#kinesis = kinesis;
    this.#configuration = configuration;
    this.#shardId = shardId;
    this.#position = position;
  }

  get lastSequenceNumber(): string | undefined {
    return this.#lastSequenceNumber;
  }

  /** Reads up to `limit` records; throws what Kinesis answers, after which it may be called again. */
  async read(limit: number): Promise<ShardRead> {
    this.#iterator ??= await this.#kinesis.getShardIterator(this.#shardId, this.#position);
    const answer = await this.#kinesis.getRecords(this.#iterator, limit).catch((error: unknown) => {
      if (!isReadThrottle(error)) this.#iterator = undefined;
      throw error;
    });
    this.#iterator = answer.NextShardIterator ?? undefined;
    return {
      records: answer.Records.map((record) => this.#take(record)),
      behind: (answer.MillisBehindLatest ?? 0) > 0,
      atEnd: this.#iterator === undefined,
    };
  }

  #take(record: KinesisRecord): EventRecord {
    const json = recordJson(record, { ...this.#configuration, shardId: this.#shardId });
    const previousSequenceNumber = this.#lastSequenceNumber;
    const sequenceNumber = record.SequenceNumber;
    this.#lastSequenceNumber = sequenceNumber;
    this.#position = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: sequenceNumber };
    this.#recordsRead += 1;
    return {
      sequenceNumber,
      previousSequenceNumber,
      position: this.#recordsRead,
      partitionKey: record.PartitionKey,
      arrivedAtMs: Math.round(record.ApproximateArrivalTimestamp * 1_000),
      json,
      jsonBytes: Buffer.byteLength(json),
    };
  }
}

/** Whether Kinesis refused a read because the shard's 2 MB or 5 reads of this second are used up. */
export function isReadThrottle(error: unknown): boolean {
  return error instanceof AwsError && error.code === 'ProvisionedThroughputExceededException';
}

/** Whether an iterator was not used within its five minutes, as happens while a shard's lanes are full. */
export function isExpiredIterator(error: unknown): boolean {
  return error instanceof AwsError && error.code === 'ExpiredIteratorException';
}
