import type { Fields, TextRule } from './fields.ts';
import { ARN_LENGTH_MAX, NAME_LENGTH_MAX, NEXT_TOKEN_LENGTH_MAX, PAGE_SIZE_ASKED_MAX } from './limits.ts';

/** The members that several operations share, with the constraints of the API reference. */

const NAME: TextRule = { lengthMax: NAME_LENGTH_MAX, pattern: '[a-zA-Z0-9_.-]+' };
const STREAM_ARN: TextRule = {
  lengthMax: ARN_LENGTH_MAX,
  pattern: 'arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+',
};
const SEQUENCE_NUMBER: TextRule = { pattern: '0|([1-9]\\d{0,128})' };
const NEXT_TOKEN: TextRule = { lengthMax: NEXT_TOKEN_LENGTH_MAX };

/** A stream is named by its name, its ARN or both. */
export interface StreamReference {
  readonly name: string | undefined;
  readonly arn: string | undefined;
}

export const streamArn = (fields: Fields): string | undefined => fields.text('StreamARN', STREAM_ARN);

export const streamReference = (fields: Fields): StreamReference => ({
  name: fields.text('StreamName', NAME),
  arn: streamArn(fields),
});

/** As before, for the operations that cannot do without: with neither, AWS says that the name is missing. */
export function requiredStreamReference(fields: Fields): StreamReference {
  const reference = streamReference(fields);
  if (reference.name === undefined && reference.arn === undefined) fields.requiredText('StreamName', NAME);
  return reference;
}

export const streamName = (fields: Fields, name: string): string | undefined => fields.text(name, NAME);
export const shardId = (fields: Fields, name: string): string | undefined => fields.text(name, NAME);
export const requiredShardId = (fields: Fields): string => fields.requiredText('ShardId', NAME);

export const sequenceNumber = (fields: Fields, name: string): string | undefined =>
  fields.text(name, SEQUENCE_NUMBER);

export const nextToken = (fields: Fields): string | undefined => fields.text('NextToken', NEXT_TOKEN);

/** The size of a page: what is asked for, as far as the API gives that much; `pageMax` if nothing is asked. */
export function pageSize(fields: Fields, name: string, pageMax: number): number {
  return Math.min(fields.integer(name, 1, PAGE_SIZE_ASKED_MAX) ?? pageMax, pageMax);
}
