import type { Input } from '../../gateway/call.ts';
import { encryptionOf } from '../descriptions.ts';
import { invalidArgument, rateExceeded } from '../errors.ts';
import { Fields } from '../fields.ts';
import { readRecordEntry, route } from '../new-record.ts';
import { requiredStreamReference, sequenceNumber } from '../request.ts';
import { decodeSequenceNumber } from '../sequence-number.ts';
import type { Streams } from '../streams.ts';

/** Puts one record. SequenceNumberForOrdering asks for nothing that a shard does not do anyway, so it is only checked. */
export function putRecord(streams: Streams, input: Input) {
  const fields = new Fields(input);
  const reference = requiredStreamReference(fields);
  const entry = readRecordEntry(fields);
  const orderedAfter = sequenceNumber(fields, 'SequenceNumberForOrdering');
  fields.check();
  const stream = streams.resolve(reference);
  if (orderedAfter !== undefined && !decodeSequenceNumber(orderedAfter)) {
    throw invalidArgument(`SequenceNumberForOrdering ${orderedAfter} is invalid.`);
  }
  const record = route(entry);
  const shard = stream.shardFor(record.hashKey);
  const assigned = shard.put(record);
  if (assigned === undefined) throw rateExceeded(shard.shardId, stream.name);
  return { ShardId: shard.shardId, SequenceNumber: assigned, EncryptionType: encryptionOf(stream) };
}
