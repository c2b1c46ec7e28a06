import type { EventRecord } from './event.ts';

/** Why a mapping gave records up, in AWS's words. */
export type DiscardCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/** Records that a mapping gave up, with all that a failure record tells of them. */
export interface Discarded {
  readonly condition: DiscardCondition;
  /** In order; at least one. */
  readonly records: readonly EventRecord[];
  /** Deliveries that reached the function, 1 even if there was none. */
  readonly invokeCount: number;
  /** Of the last delivery, or one of its own. */
  readonly requestId: string;
  /** How the function answered last; `functionError` is null when it reported batch item failures. */
  readonly response?: { readonly executedVersion: string; readonly functionError: string | null };
  readonly atMs: number;
}

/** Where discarded records come from and whose they were. */
export interface DiscardedFrom {
  readonly mappingUuid: string;
  readonly functionArn: string;
  readonly streamArn: string;
  readonly shardId: string;
}

/**
 * The invocation record that Lambda writes to a failure destination, keys in its order, without the payload:
 * "Retain discarded batch records for a Kinesis Data Streams event source in Lambda".
 */
export function failureRecord(discarded: Discarded, from: DiscardedFrom) {
  const { records, response } = discarded;
  const first = records[0];
  const last = records.at(-1);
  if (!first || !last) throw new Error('a failure record tells of at least one record');
  return {
    requestContext: {
      requestId: discarded.requestId,
      functionArn: from.functionArn,
      condition: discarded.condition,
      approximateInvokeCount: discarded.invokeCount,
    },
    ...(response && {
      responseContext: {
        statusCode: 200,
        executedVersion: response.executedVersion,
        functionError: response.functionError,
      },
    }),
    version: '1.0',
    timestamp: new Date(discarded.atMs).toISOString(),
    KinesisBatchInfo: {
      shardId: from.shardId,
      startSequenceNumber: first.sequenceNumber,
      endSequenceNumber: last.sequenceNumber,
      approximateArrivalOfFirstRecord: new Date(first.arrivedAtMs).toISOString(),
      approximateArrivalOfLastRecord: new Date(last.arrivedAtMs).toISOString(),
      batchSize: records.length,
      streamArn: from.streamArn,
    },
  };
}

/** The S3 key of a failure record: `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>`, in UTC. */
export function failureRecordKey(from: DiscardedFrom, atMs: number, uuid: string): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  const day = date.replaceAll('-', '/');
  const second = time.slice(0, 'HH:MM:SS'.length).replaceAll(':', '.');
  return `aws/lambda/${from.mappingUuid}/${from.shardId}/${day}/${date}T${second}-${uuid}`;
}
