import type { Input } from '../../gateway/call.ts';
import { describeHashKeyRange, encryptionOf } from '../descriptions.ts';
import { invalidArgument, rateExceeded, shardNotFound } from '../errors.ts';
import { Fields } from '../fields.ts';
import { GET_RECORDS_COUNT_MAX, SHARD_ITERATOR_LENGTH_MAX } from '../limits.ts';
import type { StoredRecord } from '../record-log.ts';
import { streamArn } from '../request.ts';
import type { Shard } from '../shard.ts';
import { decodeShardIterator, encodeShardIterator, refuseExpired } from '../shard-iterator.ts';
import type { Streams } from '../streams.ts';

const SHARD_ITERATOR = { lengthMax: SHARD_ITERATOR_LENGTH_MAX };

/** Reads on from an iterator. At the end of a closed shard it names the shards that follow, and no next iterator. */
export function getRecords(streams: Streams, input: Input) {
  const fields = new Fields(input);
  const limit = fields.integer('Limit', 1, GET_RECORDS_COUNT_MAX) ?? GET_RECORDS_COUNT_MAX;
  const token = fields.requiredText('ShardIterator', SHARD_ITERATOR);
  const arn = streamArn(fields);
  fields.check();
  const nowMs = streams.clock.now();
  const iterator = decodeShardIterator(token);
  refuseExpired(iterator, nowMs);
  const { streamName, shardId } = iterator;
  const stream = streams.byName(streamName);
  const shard = stream?.shard(shardId);
  if (!stream || !shard) throw shardNotFound(shardId, streamName);
  if (arn !== undefined && arn !== stream.arn) throw invalidArgument('Invalid ShardIterator.');

  const read = shard.read(iterator.position, limit);
  if (!read) throw rateExceeded(shardId, streamName);
  const ended = !shard.open && read.end === shard.tip;
  const encryptionType = encryptionOf(stream);
  return {
    Records: read.records.map((record) => toWire(record, encryptionType)),
    NextShardIterator: ended
      ? null
      : encodeShardIterator({ streamName, shardId, position: read.end, issuedAtMs: nowMs }),
    MillisBehindLatest: read.millisBehindLatest,
    ChildShards: ended ? stream.childrenOf(shardId).map(describeChild) : undefined,
  };
}

function toWire(record: StoredRecord, encryptionType: 'KMS' | undefined) {
  return {
    SequenceNumber: record.sequenceNumber,
    ApproximateArrivalTimestamp: record.arrivedAtMs / 1_000,
    Data: record.data,
    PartitionKey: record.partitionKey,
    EncryptionType: encryptionType,
  };
}

function describeChild(shard: Shard) {
  return {
    ShardId: shard.shardId,
    ParentShards: [shard.parentShardId, shard.adjacentParentShardId].filter((id) => id !== undefined),
    HashKeyRange: describeHashKeyRange(shard.hashKeyRange),
  };
}
