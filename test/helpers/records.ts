import { createHash } from 'node:crypto';
import type { UserCreateRequested } from '@shardbound/runtime/events';
import { eventIdOf } from '@shardbound/runtime/ids';
import type { Context, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';

export const AT = '2026-01-01T00:00:00.000Z';
export const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

/** A valid operation id that is a function of a number. */
export function operationId(n: number): string {
  const hex = createHash('md5').update(String(n)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** A `user.create.requested` event of operation `n`. */
export function requested(n: number, email = `user-${n}@example.com`): UserCreateRequested {
  const subject = operationId(n);
  return {
    specversion: '1.0',
    id: eventIdOf(subject, 'user.create.requested.v1'),
    source: '/shardbound/operation-create',
    type: 'user.create.requested.v1',
    subject,
    time: AT,
    traceparent: TRACEPARENT,
    data: { user: { name: `User ${n}`, email }, timeline: [{ step: 'operation-create', at: AT }] },
  };
}

/** One record as Lambda hands it over; `data` is JSON-encoded unless it is bytes already. */
export function record(data: unknown, sequence: number, partitionKey?: string): KinesisStreamRecord {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data));
  const sequenceNumber = String(sequence).padStart(56, '0');
  return {
    eventID: `shardId-000000000000:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventSourceARN: 'arn:aws:kinesis:eu-central-1:000000000000:stream/test',
    eventVersion: '1.0',
    awsRegion: 'eu-central-1',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/test',
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: partitionKey ?? (data as { subject?: string }).subject ?? 'key',
      sequenceNumber,
      approximateArrivalTimestamp: Date.parse(AT) / 1_000,
      data: bytes.toString('base64'),
    },
  };
}

export function batchOf(records: readonly KinesisStreamRecord[]): KinesisStreamEvent {
  return { Records: [...records] };
}

/** The context of an invocation that began when `now()` was first asked and may take `timeoutMs`. */
export function contextOf(now: () => number, timeoutMs = 60_000): Context {
  const endsAtMs = now() + timeoutMs;
  return { awsRequestId: 'test-request', getRemainingTimeInMillis: () => endsAtMs - now() } as Context;
}
