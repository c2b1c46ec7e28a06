import type { Input } from '../../gateway/call.ts';
import { describeShard } from '../descriptions.ts';
import { invalidArgument, streamNotFound } from '../errors.ts';
import { Fields } from '../fields.ts';
import { LIST_SHARDS_PAGE_MAX } from '../limits.ts';
import { decodeNextToken, encodeNextToken, refuseExpiredToken } from '../next-token.ts';
import { nextToken, pageSize, shardId, streamReference } from '../request.ts';
import { type Lifetime, lifetimeOf, livedWithin, readShardFilter } from '../shard-filter.ts';
import type { Stream } from '../stream.ts';
import type { Streams } from '../streams.ts';

/** What a page lists: the stream's shards with ids after `afterShardId` that lived within the life time. */
interface Listing extends Lifetime {
  readonly stream: Stream;
  readonly afterShardId: string;
}

/** Lists a stream's shards page by page; a NextToken stands for the stream, the filter and the place reached. */
export function listShards(streams: Streams, input: Input) {
  const fields = new Fields(input);
  const countMax = pageSize(fields, 'MaxResults', LIST_SHARDS_PAGE_MAX);
  const token = nextToken(fields);
  const listing = token === undefined ? newListing(streams, fields) : continued(streams, fields, token);
  const { stream, afterShardId, fromMs, toMs } = listing;
  const shards = stream.shards.filter((shard) => shard.shardId > afterShardId && livedWithin(shard, listing));
  const page = shards.slice(0, countMax);
  const last = page.at(-1);
  return {
    Shards: page.map(describeShard),
    NextToken:
      last && shards.length > page.length
        ? encodeNextToken({
            streamName: stream.name,
            afterShardId: last.shardId,
            fromMs,
            toMs,
            issuedAtMs: streams.clock.now(),
          })
        : undefined,
  };
}

function newListing(streams: Streams, fields: Fields): Listing {
  const reference = streamReference(fields);
  const exclusiveStart = shardId(fields, 'ExclusiveStartShardId');
  const createdAtMs = fields.timestampMs('StreamCreationTimestamp');
  const filter = readShardFilter(fields);
  fields.check();
  if (reference.name === undefined && reference.arn === undefined) {
    throw invalidArgument('Either NextToken or StreamName should be provided.');
  }
  const stream = streams.resolve(reference);
  if (createdAtMs !== undefined && createdAtMs !== stream.createdAtMs) throw streamNotFound(stream.name);
  const afterShardId = exclusiveStart ?? filter.shardId ?? '';
  return { stream, afterShardId, ...lifetimeOf(filter, stream, streams.clock.now()) };
}

function continued(streams: Streams, fields: Fields, text: string): Listing {
  const reference = streamReference(fields);
  fields.check();
  if (reference.name !== undefined) {
    throw invalidArgument('NextToken and StreamName cannot be provided together.');
  }
  const token = decodeNextToken(text);
  refuseExpiredToken(token, streams.clock.now());
  const stream = streams.resolve({ name: token.streamName, arn: reference.arn });
  return { stream, afterShardId: token.afterShardId, fromMs: token.fromMs, toMs: token.toMs };
}
