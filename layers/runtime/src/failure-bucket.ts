/** Where poison records go: the failure bucket, one object a record, readable by a person and by redrive. */
import type { KinesisStreamRecord } from 'aws-lambda';
import { type Clock, toTimestamp } from './clock.ts';
import type { PoisonRecordError } from './errors.ts';

export type Park = (record: KinesisStreamRecord, reason: PoisonRecordError) => Promise<void>;

interface ParkingDeps {
  readonly bucket: string;
  /** The function that parks; the first part of the key. */
  readonly functionName: string;
  readonly clock: Clock;
}

/**
 * Parks a record with its payload and reason under `parked/<function>/<shard>/<sequence number>.json`, so that a
 * second delivery overwrites the first. The S3 client is loaded when the first record is parked: most never are.
 */
export function createParking({ bucket, functionName, clock }: ParkingDeps): Park {
  let loading: Promise<(key: string, body: string) => Promise<unknown>> | undefined;

  return async (record, reason) => {
    loading ??= loadPut(bucket);
    const put = await loading;
    const { shardId, sequenceNumber } = positionOf(record);
    await put(
      `parked/${functionName}/${shardId}/${sequenceNumber}.json`,
      JSON.stringify({
        functionName,
        eventSourceArn: record.eventSourceARN,
        shardId,
        sequenceNumber,
        partitionKey: record.kinesis.partitionKey,
        approximateArrivalTimestamp: toTimestamp(record.kinesis.approximateArrivalTimestamp * 1_000),
        parkedAt: toTimestamp(clock.now()),
        reason: { code: reason.code, detail: reason.message },
        data: record.kinesis.data,
      }),
    );
  };
}

async function loadPut(bucket: string) {
  const { createS3Client, PutObjectCommand } = await import('./s3.ts');
  const client = createS3Client();
  return (key: string, body: string) =>
    client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' }),
    );
}

/** Where a record lies: an event id is `<shard>:<sequence number>`. */
export function positionOf(record: KinesisStreamRecord): { shardId: string; sequenceNumber: string } {
  return {
    shardId: record.eventID.slice(0, record.eventID.indexOf(':')),
    sequenceNumber: record.kinesis.sequenceNumber,
  };
}
