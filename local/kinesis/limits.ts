import assert from 'node:assert';

/** Every limit of the local Kinesis, as AWS states it in the developer guide's "Quotas and limits" and in the API reference. */

export const MIB = 1024 * 1024;

/** Writing to a shard. Data and partition key both count. */
export const WRITE_RECORDS_PER_SECOND = 1_000;
export const WRITE_BYTES_PER_SECOND = MIB;

/** Reading from a shard, all its GetRecords callers together. */
export const READ_CALLS_PER_SECOND = 5;
export const READ_BYTES_PER_SECOND = 2 * MIB;
/** After an answer as large as GetRecords may give, the shard refuses reads for this long. */
export const READ_PAUSE_AFTER_FULL_ANSWER_MS = 5_000;

/** One record: data before base64 plus partition key (a stream's MaxRecordSizeInKiB, left at its default). */
export const RECORD_BYTES_MAX = MIB;
export const PARTITION_KEY_LENGTH_MAX = 256;
export const PUT_RECORDS_COUNT_MAX = 500;
export const PUT_RECORDS_BYTES_MAX = 10 * MIB;

export const GET_RECORDS_COUNT_MAX = 10_000;
export const GET_RECORDS_BYTES_MAX = 10 * MIB;

export const SHARD_ITERATOR_LIFETIME_MS = 5 * 60_000;
export const SHARD_ITERATOR_LENGTH_MAX = 512;
export const NEXT_TOKEN_LIFETIME_MS = 5 * 60_000;
export const NEXT_TOKEN_LENGTH_MAX = 1_048_576;

/** What a request may ask a page to hold, and what a page holds at most. */
export const PAGE_SIZE_ASKED_MAX = 10_000;
export const LIST_SHARDS_PAGE_MAX = 1_000;
export const DESCRIBE_STREAM_PAGE_MAX = 100;
export const LIST_STREAMS_PAGE_MAX = 100;

export const NAME_LENGTH_MAX = 128;
export const ARN_LENGTH_MAX = 2_048;
export const SHARD_COUNT_MAX = 10_000;
export const RETENTION_HOURS_MIN = 24;
export const RETENTION_HOURS_MAX = 8_760;

/** A ValidationException names this many faults at most. */
export const VALIDATION_FAULTS_MAX = 10;

assert(RECORD_BYTES_MAX <= WRITE_BYTES_PER_SECOND, 'the largest record must fit a full write bucket');
assert(RECORD_BYTES_MAX <= GET_RECORDS_BYTES_MAX, 'the largest record must fit one answer');
assert(
  GET_RECORDS_BYTES_MAX <= (READ_BYTES_PER_SECOND * READ_PAUSE_AFTER_FULL_ANSWER_MS) / 1_000,
  'the pause after a full answer must cover what that answer took',
);
