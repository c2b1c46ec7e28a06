import type { Input } from '../gateway/call.ts';
import { Fields } from './fields.ts';
import { decodeNextToken } from './next-token.ts';
import { nextToken, requiredStreamReference } from './request.ts';
import { decodeShardIterator } from './shard-iterator.ts';
import type { Streams } from './streams.ts';

/**
 * The stream that a call reads or writes, for IAM. An iterator or a page's token says so itself, whatever ARN comes
 * with it: else a caller could name a stream it may read and hold an iterator of one it may not.
 */
export function resourceArns(streams: Streams, operation: string, input: Input): readonly string[] {
  if (operation === 'ListStreams') return ['*'];
  const fields = new Fields(input);
  if (operation === 'GetRecords') {
    const iterator = fields.requiredText('ShardIterator', {});
    fields.check();
    return [streams.arnOf(decodeShardIterator(iterator).streamName)];
  }
  const token = operation === 'ListShards' ? nextToken(fields) : undefined;
  if (token !== undefined) return [streams.arnOf(decodeNextToken(token).streamName)];
  const reference = requiredStreamReference(fields);
  fields.check();
  return [streams.arnIn(reference)];
}
