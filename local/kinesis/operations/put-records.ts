import type { Input } from '../../gateway/call.ts';
import { encryptionOf } from '../descriptions.ts';
import { invalidArgument, RATE_EXCEEDED, rateExceededMessage } from '../errors.ts';
import { Fields } from '../fields.ts';
import { MIB, PUT_RECORDS_BYTES_MAX, PUT_RECORDS_COUNT_MAX } from '../limits.ts';
import { type RoutedRecord, readRecordEntry, route } from '../new-record.ts';
import { requiredStreamReference } from '../request.ts';
import type { Stream } from '../stream.ts';
import type { Streams } from '../streams.ts';

/** Puts up to 500 records, each on its own: one that its shard refuses does not stop the others. */
export function putRecords(streams: Streams, input: Input) {
  const fields = new Fields(input);
  const entries = fields.requiredStructures('Records', PUT_RECORDS_COUNT_MAX).map(readRecordEntry);
  const reference = requiredStreamReference(fields);
  fields.check();
  const stream = streams.resolve(reference);
  const records = entries.map(route);
  refuseTooLarge(records);
  const results = records.map((record) => putEntry(stream, record));
  return {
    FailedRecordCount: results.filter((result) => 'ErrorCode' in result).length,
    Records: results,
    EncryptionType: encryptionOf(stream),
  };
}

function refuseTooLarge(records: readonly RoutedRecord[]): void {
  const bytes = records.reduce((sum, record) => sum + record.sizeBytes, 0);
  if (bytes > PUT_RECORDS_BYTES_MAX) {
    throw invalidArgument(`Records size exceeds ${PUT_RECORDS_BYTES_MAX / MIB} MB limit`);
  }
}

function putEntry(stream: Stream, record: RoutedRecord) {
  const shard = stream.shardFor(record.hashKey);
  const assigned = shard.put(record);
  return assigned === undefined
    ? { ErrorCode: RATE_EXCEEDED, ErrorMessage: rateExceededMessage(shard.shardId, stream.name) }
    : { SequenceNumber: assigned, ShardId: shard.shardId };
}
