import type { Input } from '../../gateway/call.ts';
import { describeStreamBriefly } from '../descriptions.ts';
import { Fields } from '../fields.ts';
import { LIST_STREAMS_PAGE_MAX } from '../limits.ts';
import { nextToken, pageSize, streamName } from '../request.ts';
import type { Streams } from '../streams.ts';

/** Lists the streams in the order of their names, page by page; a NextToken is the last name of the page before. */
export function listStreams(streams: Streams, input: Input) {
  const fields = new Fields(input);
  const countMax = pageSize(fields, 'Limit', LIST_STREAMS_PAGE_MAX);
  const token = nextToken(fields);
  const exclusiveStart = streamName(fields, 'ExclusiveStartStreamName');
  fields.check();
  const after = token === undefined ? (exclusiveStart ?? '') : Buffer.from(token, 'base64').toString();
  const found = streams.list().filter((stream) => stream.name > after);
  const page = found.slice(0, countMax);
  const more = found.length > page.length;
  return {
    StreamNames: page.map((stream) => stream.name),
    HasMoreStreams: more,
    NextToken: more ? Buffer.from(page.at(-1)?.name ?? '').toString('base64') : undefined,
    StreamSummaries: page.map(describeStreamBriefly),
  };
}
