import type { Input } from '../../gateway/call.ts';
import { describeShard, describeStreamSettings } from '../descriptions.ts';
import { Fields } from '../fields.ts';
import { DESCRIBE_STREAM_PAGE_MAX } from '../limits.ts';
import { pageSize, requiredStreamReference, shardId } from '../request.ts';
import type { Streams } from '../streams.ts';

/** Describes a stream with a page of its shards, those with ids after ExclusiveStartShardId. */
export function describeStream(streams: Streams, input: Input) {
  const fields = new Fields(input);
  const countMax = pageSize(fields, 'Limit', DESCRIBE_STREAM_PAGE_MAX);
  const afterShardId = shardId(fields, 'ExclusiveStartShardId') ?? '';
  const reference = requiredStreamReference(fields);
  fields.check();
  const stream = streams.resolve(reference);
  const shards = stream.shards.filter((shard) => shard.shardId > afterShardId);
  return {
    StreamDescription: {
      ...describeStreamSettings(stream),
      Shards: shards.slice(0, countMax).map(describeShard),
      HasMoreShards: shards.length > countMax,
    },
  };
}
