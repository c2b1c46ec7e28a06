import { invalidArgument } from './errors.ts';
import type { Blob, Fields } from './fields.ts';
import { HASH_KEY_MAX, hashKeyOf } from './hash-key.ts';
import { PARTITION_KEY_LENGTH_MAX, RECORD_BYTES_MAX } from './limits.ts';
import type { NewRecord } from './shard.ts';

/** What a producer sends for one record, alone or as an entry of PutRecords. */
export interface RecordEntry {
  readonly data: Blob;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
}

/** A record whose shard is known by its hash key. */
export interface RoutedRecord extends NewRecord {
  readonly hashKey: bigint;
}

const PARTITION_KEY = { lengthMax: PARTITION_KEY_LENGTH_MAX };
const EXPLICIT_HASH_KEY = { pattern: '0|([1-9]\\d{0,38})' };

export const readRecordEntry = (fields: Fields): RecordEntry => ({
  data: fields.requiredBlob('Data', RECORD_BYTES_MAX),
  partitionKey: fields.requiredText('PartitionKey', PARTITION_KEY),
  explicitHashKey: fields.text('ExplicitHashKey', EXPLICIT_HASH_KEY),
});

/** Throws InvalidArgumentException for a record that is too large or a hash key out of range. */
export function route({ data, partitionKey, explicitHashKey }: RecordEntry): RoutedRecord {
  const sizeBytes = data.bytes + Buffer.byteLength(partitionKey);
  if (sizeBytes > RECORD_BYTES_MAX) {
    throw invalidArgument(
      `Data and PartitionKey together are ${sizeBytes} bytes; a record may have ${RECORD_BYTES_MAX}.`,
    );
  }
  const hashKey = explicitHashKey === undefined ? hashKeyOf(partitionKey) : BigInt(explicitHashKey);
  if (hashKey > HASH_KEY_MAX) {
    throw invalidArgument(
      'Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. ' +
        `Specified value was ${explicitHashKey}`,
    );
  }
  return { data: data.base64, partitionKey, sizeBytes, hashKey };
}
