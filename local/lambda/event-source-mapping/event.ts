import type { KinesisRecord } from './kinesis-calls.ts';

/** A record as a mapping holds it: already in the form in which the function gets it, so a retry costs no encoding. */
export interface EventRecord {
  readonly sequenceNumber: string;
  /** The record read before this one on the same shard: the checkpoint while this is the oldest unsettled one. */
  readonly previousSequenceNumber: string | undefined;
  /** Counts the records read from the shard, so that order needs no comparison of sequence numbers. */
  readonly position: number;
  readonly partitionKey: string;
  readonly arrivedAtMs: number;
  /** Its element of the event's `Records`. */
  readonly json: string;
  /** Bytes of `json` in UTF-8. */
  readonly jsonBytes: number;
}

/** What all records of a shard have in common in the event. */
export interface EventSource {
  readonly shardId: string;
  readonly eventSourceArn: string;
  readonly roleArn: string;
  readonly region: string;
}

const HEAD = '{"Records":[';
const TAIL = ']}';

/** Bytes of an event beside its records and the commas between them. */
export const EVENT_FRAME_BYTES = HEAD.length + TAIL.length;

/** One element of `Records`, as in "Using Lambda to process records from Amazon Kinesis Data Streams". */
export function recordJson(record: KinesisRecord, source: EventSource): string {
  return JSON.stringify({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.PartitionKey,
      sequenceNumber: record.SequenceNumber,
      data: record.Data,
      approximateArrivalTimestamp: record.ApproximateArrivalTimestamp,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${source.shardId}:${record.SequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: source.roleArn,
    awsRegion: source.region,
    eventSourceARN: source.eventSourceArn,
  });
}

/** The event of a batch, as JSON text. */
export function eventJson(records: readonly EventRecord[]): string {
  return `${HEAD}${records.map((record) => record.json).join(',')}${TAIL}`;
}
