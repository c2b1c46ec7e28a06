import type { HashKeyRange } from './hash-key.ts';
import { RECORD_BYTES_MAX } from './limits.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream.ts';

/** How the API describes shards and streams; members that are undefined are left out of the JSON. */

export const describeHashKeyRange = ({ start, end }: HashKeyRange) => ({
  StartingHashKey: start.toString(),
  EndingHashKey: end.toString(),
});

export const describeShard = (shard: Shard) => ({
  ShardId: shard.shardId,
  ParentShardId: shard.parentShardId,
  AdjacentParentShardId: shard.adjacentParentShardId,
  HashKeyRange: describeHashKeyRange(shard.hashKeyRange),
  SequenceNumberRange: {
    StartingSequenceNumber: shard.startingSequenceNumber,
    EndingSequenceNumber: shard.endingSequenceNumber,
  },
});

/** What every description of a stream says. */
export const describeStreamBriefly = (stream: Stream) => ({
  StreamName: stream.name,
  StreamARN: stream.arn,
  StreamStatus: 'ACTIVE',
  StreamModeDetails: { StreamMode: 'PROVISIONED' },
  StreamCreationTimestamp: stream.createdAtMs / 1_000,
});

/** What DescribeStream and DescribeStreamSummary both say. */
export const describeStreamSettings = (stream: Stream) => ({
  ...describeStreamBriefly(stream),
  RetentionPeriodHours: stream.retentionHours,
  EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
  EncryptionType: stream.kmsKeyId === undefined ? 'NONE' : 'KMS',
  KeyId: stream.kmsKeyId,
});

/** PutRecord and PutRecords name the encryption only where there is one. */
export const encryptionOf = (stream: Stream): 'KMS' | undefined =>
  stream.kmsKeyId === undefined ? undefined : 'KMS';

export const MAX_RECORD_SIZE_IN_KIB = RECORD_BYTES_MAX / 1_024;
