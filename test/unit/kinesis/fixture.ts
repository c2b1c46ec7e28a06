import { Kinesis } from '../../../local/kinesis/kinesis.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

export const STREAM = 'user-create';
export const ARN = 'arn:aws:kinesis:eu-central-1:000000000000:stream/user-create';
export const SHARD_0 = 'shardId-000000000000';

export interface WireRecord {
  readonly SequenceNumber: string;
  readonly ApproximateArrivalTimestamp: number;
  readonly Data: string;
  readonly PartitionKey: string;
}

export interface GetRecordsAnswer {
  readonly Records: readonly WireRecord[];
  readonly NextShardIterator: string | null;
  readonly MillisBehindLatest: number;
  readonly ChildShards?: readonly unknown[];
}

export interface PutRecordsAnswer {
  readonly FailedRecordCount: number;
  readonly Records: readonly { SequenceNumber?: string; ShardId?: string; ErrorCode?: string }[];
}

/** A local Kinesis with one stream, its time in the test's hand. */
export function kinesisWithStream(shardCount = 1, retentionHours = 24) {
  const clock = new VirtualClock();
  const kinesis = new Kinesis({ clock, region: 'eu-central-1' });
  const stream = kinesis.createStream({ name: STREAM, arn: ARN, shardCount, retentionHours });
  const call = async <Answer>(operation: string, input: Record<string, unknown>): Promise<Answer> =>
    (await kinesis.execute(operation, input)) as Answer;

  return {
    clock,
    kinesis,
    stream,
    call,

    put: (text: string, partitionKey = text) =>
      call<{ ShardId: string; SequenceNumber: string }>('PutRecord', {
        StreamName: STREAM,
        PartitionKey: partitionKey,
        Data: base64(text),
      }),

    putMany: (texts: readonly string[]) =>
      call<PutRecordsAnswer>('PutRecords', {
        StreamName: STREAM,
        Records: texts.map((text) => ({ PartitionKey: text, Data: base64(text) })),
      }),

    iterator: async (type: string, more: Record<string, unknown> = {}) => {
      const input = { StreamName: STREAM, ShardId: SHARD_0, ShardIteratorType: type, ...more };
      return (await call<{ ShardIterator: string }>('GetShardIterator', input)).ShardIterator;
    },

    get: (iterator: string | null, more: Record<string, unknown> = {}) =>
      call<GetRecordsAnswer>('GetRecords', { ShardIterator: iterator, ...more }),
  };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** `count` bytes of data, as base64. */
export function blob(count: number): string {
  return Buffer.alloc(count, 'x').toString('base64');
}

export function texts(answer: GetRecordsAnswer): string[] {
  return answer.Records.map((record) => Buffer.from(record.Data, 'base64').toString());
}

export function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => String(from + index));
}
