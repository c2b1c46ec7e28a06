import { REQUEST_BYTES_MAX } from '../limits.ts';
import { EVENT_FRAME_BYTES, type EventRecord } from './event.ts';

/** Records of one lane, in order, that are delivered together. */
export interface Batch {
  readonly records: readonly EventRecord[];
  /** Deliveries that reached the function and failed since the checkpoint last moved. */
  readonly failedAttempts: number;
}

/**
 * How many records from the front of `queue` make the next batch, and whether it is full: no more may join it,
 * by their number or by the bytes of the event's JSON, base64 included. A record too large for any payload is a batch alone, for Lambda to refuse.
 */
export function nextBatch(
  queue: readonly EventRecord[],
  batchSize: number,
): { readonly length: number; readonly full: boolean } {
  let bytes = EVENT_FRAME_BYTES;
  let length = 0;
  for (const record of queue) {
    const comma = length > 0 ? 1 : 0;
    bytes += comma + record.jsonBytes;
    if (length === batchSize || (length > 0 && bytes > REQUEST_BYTES_MAX)) return { length, full: true };
    length += 1;
  }
  return { length, full: length === batchSize || bytes >= REQUEST_BYTES_MAX };
}

/**
 * Parts the expired records at the front of a batch from the rest; an expired record behind a live one waits for
 * its turn. To give up the front moves the checkpoint, so the rest begins with a fresh retry budget.
 */
export function cutExpired(
  batch: Batch,
  nowMs: number,
  maximumRecordAgeS: number,
): { readonly expired: readonly EventRecord[]; readonly rest: Batch } {
  const live =
    maximumRecordAgeS < 0
      ? 0
      : batch.records.findIndex((record) => nowMs - record.arrivedAtMs <= maximumRecordAgeS * 1_000);
  if (live === 0) return { expired: [], rest: batch };
  const cut = live < 0 ? batch.records.length : live;
  return {
    expired: batch.records.slice(0, cut),
    rest: { records: batch.records.slice(cut), failedAttempts: 0 },
  };
}
