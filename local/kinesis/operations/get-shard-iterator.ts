import { ACCOUNT_ID, type Input } from '../../gateway/call.ts';
import { invalidArgument, shardNotFound } from '../errors.ts';
import { Fields } from '../fields.ts';
import { requiredShardId, requiredStreamReference, sequenceNumber } from '../request.ts';
import { decodeSequenceNumber } from '../sequence-number.ts';
import { type Shard, shardIdOf } from '../shard.ts';
import { encodeShardIterator } from '../shard-iterator.ts';
import type { Stream } from '../stream.ts';
import type { Streams } from '../streams.ts';

const ITERATOR_TYPE = {
  values: ['AFTER_SEQUENCE_NUMBER', 'LATEST', 'AT_TIMESTAMP', 'AT_SEQUENCE_NUMBER', 'TRIM_HORIZON'],
};

interface StartingPoint {
  readonly type: string;
  readonly sequenceNumber: string | undefined;
  readonly timestampMs: number | undefined;
}

/** Gives out an iterator that reads a shard from one of the five starting points. */
export function getShardIterator(streams: Streams, input: Input) {
  const fields = new Fields(input);
  const shardId = requiredShardId(fields);
  const start: StartingPoint = {
    type: fields.requiredText('ShardIteratorType', ITERATOR_TYPE),
    sequenceNumber: sequenceNumber(fields, 'StartingSequenceNumber'),
    timestampMs: fields.timestampMs('Timestamp'),
  };
  const reference = requiredStreamReference(fields);
  fields.check();
  const stream = streams.resolve(reference);
  const shard = stream.shard(shardId);
  if (!shard) throw shardNotFound(shardId, stream.name);
  const issuedAtMs = streams.clock.now();
  const position = positionOf(stream, shard, start, issuedAtMs);
  return { ShardIterator: encodeShardIterator({ streamName: stream.name, shardId, position, issuedAtMs }) };
}

function positionOf(stream: Stream, shard: Shard, start: StartingPoint, nowMs: number): number {
  switch (start.type) {
    case 'AT_SEQUENCE_NUMBER':
      return positionOfRecord(stream, shard, start);
    case 'AFTER_SEQUENCE_NUMBER':
      return positionOfRecord(stream, shard, start) + 1;
    case 'AT_TIMESTAMP':
      return shard.positionAt(timestampOf(start, nowMs));
  }
  if (start.sequenceNumber !== undefined) throw wrongCombination(start.type, 'also a');
  return start.type === 'LATEST' ? shard.tip : shard.trimHorizon;
}

/** A record's position is part of its sequence number, so it is found without a search, also once it is trimmed. */
function positionOfRecord(stream: Stream, shard: Shard, start: StartingPoint): number {
  const text = start.sequenceNumber;
  if (text === undefined) throw wrongCombination(start.type, 'no');
  const invalid =
    `StartingSequenceNumber ${text} used in GetShardIterator on shard ${shard.shardId} ` +
    `in stream ${stream.name} under account ${ACCOUNT_ID} is invalid`;
  const number = decodeSequenceNumber(text);
  if (!number) throw invalidArgument(`${invalid}.`);
  const encodedShardId = shardIdOf(number.shardIndex);
  if (encodedShardId !== shard.shardId) {
    throw invalidArgument(
      `Invalid StartingSequenceNumber. It encodes ${encodedShardId}, ` +
        `while it was used in a call to a shard with ${shard.shardId}`,
    );
  }
  if (!shard.issued(number)) throw invalidArgument(`${invalid} because it did not come from this stream.`);
  return number.position;
}

function timestampOf(start: StartingPoint, nowMs: number): number {
  if (start.timestampMs === undefined) {
    throw invalidArgument(
      'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. ' +
        'Current request has no timestamp parameter.',
    );
  }
  if (start.timestampMs > nowMs) {
    throw invalidArgument(
      'The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ' +
        `timestampInMillis: ${start.timestampMs}, currentTimestampInMillis: ${nowMs}`,
    );
  }
  return start.timestampMs;
}

function wrongCombination(type: string, what: 'no' | 'also a') {
  return invalidArgument(
    'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or ' +
      '(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. ' +
      `Request specified ${type} and ${what} StartingSequenceNumber.`,
  );
}
