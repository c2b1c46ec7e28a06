import type { InvokeResult } from '../lambda.ts';
import type { Batch } from './batch.ts';
import { readBatchItemFailures } from './batch-item-failures.ts';
import type { EventRecord } from './event.ts';

/** Why the function did not process a batch, or not all of it. */
export type FunctionFailure = 'FunctionError' | 'BatchItemFailures' | 'MalformedBatchItemFailures';

/** Why a delivery failed. `NotDelivered`: it never reached the function (a throttle, say). */
export type DeliveryFailure = FunctionFailure | 'NotDelivered';

/** How a delivery that reached the function ended; what lies before `fromIndex` is processed even if it failed. */
export type Outcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly failure: FunctionFailure; readonly fromIndex: number };

/** What becomes of a batch after a delivery. */
export type Decision =
  /** `settled` is done with; `retry` is delivered again, in this order. */
  | {
      readonly kind: 'go-on';
      readonly settled: readonly EventRecord[];
      readonly retry: readonly Batch[];
    }
  /** Its retries are used up: to the failure destination with all of it. */
  | { readonly kind: 'give-up'; readonly invokeCount: number };

export interface RetryPolicy {
  /** Retries after the first attempt; -1 for no end of them. */
  readonly maximumRetryAttempts: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly halveOnRepeatedPartialFailure: boolean;
}

/** Without ReportBatchItemFailures whatever a function returns is success, and an error always is a failure. */
export function outcomeOf(result: InvokeResult, batch: Batch, reportBatchItemFailures: boolean): Outcome {
  if (result.functionError) return { kind: 'failed', failure: 'FunctionError', fromIndex: 0 };
  if (!reportBatchItemFailures) return { kind: 'succeeded' };
  const sequenceNumbers = batch.records.map((record) => record.sequenceNumber);
  const failures = readBatchItemFailures(result.payload, sequenceNumbers);
  switch (failures.kind) {
    case 'none':
      return { kind: 'succeeded' };
    case 'from':
      return { kind: 'failed', failure: 'BatchItemFailures', fromIndex: failures.index };
    case 'malformed':
      return { kind: 'failed', failure: 'MalformedBatchItemFailures', fromIndex: 0 };
  }
}

/**
 * Decides what becomes of a batch that reached the function (one that did not is delivered again as it is, which
 * costs no attempt), by "How Lambda processes records from stream and queue-based event sources" and
 * "Configuring partial batch response with Kinesis Data Streams and Lambda":
 *
 *     failed from a later record → checkpoint there; the rest starts with a fresh retry budget
 *     failed, may be bisected    → two halves, first half first; a split costs no attempt
 *     failed, retries left       → the same again
 *     failed, none left          → give up
 */
export function decide(batch: Batch, outcome: Outcome, policy: RetryPolicy): Decision {
  if (outcome.kind === 'succeeded') return { kind: 'go-on', settled: batch.records, retry: [] };
  if (outcome.fromIndex > 0) {
    const remaining = { records: batch.records.slice(outcome.fromIndex), failedAttempts: 0 };
    return { kind: 'go-on', settled: batch.records.slice(0, outcome.fromIndex), retry: [remaining] };
  }
  if (mayBisect(batch, outcome.failure, policy)) {
    return { kind: 'go-on', settled: [], retry: halves(batch) };
  }
  const failedAttempts = batch.failedAttempts + 1;
  if (policy.maximumRetryAttempts >= 0 && failedAttempts > policy.maximumRetryAttempts) {
    return { kind: 'give-up', invokeCount: failedAttempts };
  }
  return { kind: 'go-on', settled: [], retry: [{ records: batch.records, failedAttempts }] };
}

function mayBisect(batch: Batch, failure: FunctionFailure, policy: RetryPolicy): boolean {
  if (!policy.bisectBatchOnFunctionError || batch.records.length < 2) return false;
  return failure !== 'BatchItemFailures' || policy.halveOnRepeatedPartialFailure;
}

/** AWS documents neither where an odd batch is split nor what its halves inherit: this is our choice. */
function halves({ records, failedAttempts }: Batch): readonly Batch[] {
  const middle = Math.floor(records.length / 2);
  return [
    { records: records.slice(0, middle), failedAttempts },
    { records: records.slice(middle), failedAttempts },
  ];
}
