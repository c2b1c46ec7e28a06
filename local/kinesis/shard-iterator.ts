import { AwsError } from '../gateway/aws-error.ts';
import { invalidArgument } from './errors.ts';
import { SHARD_ITERATOR_LIFETIME_MS } from './limits.ts';

/** What a shard iterator stands for. To its holder it is an opaque text. */
export interface ShardIterator {
  readonly streamName: string;
  readonly shardId: string;
  /** Position in the shard of the next record to read. */
  readonly position: number;
  readonly issuedAtMs: number;
}

const LAYOUT = /^1\/(\d{1,15})\/([\w.-]{1,128})\/(shardId-\d{12})\/(\d{1,15})$/;

export function encodeShardIterator(iterator: ShardIterator): string {
  const { issuedAtMs, streamName, shardId, position } = iterator;
  return Buffer.from(`1/${Math.floor(issuedAtMs)}/${streamName}/${shardId}/${position}`).toString('base64');
}

/** Throws InvalidArgumentException for a text that no GetShardIterator gave out. */
export function decodeShardIterator(text: string): ShardIterator {
  const [, issuedAtMs, streamName, shardId, position] =
    LAYOUT.exec(Buffer.from(text, 'base64').toString()) ?? [];
  if (!streamName || !shardId) throw invalidArgument('Invalid ShardIterator.');
  return { streamName, shardId, position: Number(position), issuedAtMs: Number(issuedAtMs) };
}

/** Throws ExpiredIteratorException five minutes after the iterator was given out. */
export function refuseExpired(iterator: ShardIterator, nowMs: number): void {
  if (nowMs - iterator.issuedAtMs <= SHARD_ITERATOR_LIFETIME_MS) return;
  throw new AwsError(
    'ExpiredIteratorException',
    `Iterator expired. The iterator was created at time ${javaDate(iterator.issuedAtMs)} while right now it is ` +
      `${javaDate(nowMs)} which is further in the future than the tolerated delay of ` +
      `${SHARD_ITERATOR_LIFETIME_MS} milliseconds.`,
  );
}

/** As java.util.Date prints it: `Thu Jan 22 01:22:02 UTC 2015`. */
function javaDate(epochMs: number): string {
  const [weekday, day, month, year, time] = new Date(epochMs).toUTCString().split(/,? /);
  return `${weekday} ${month} ${day} ${time} UTC ${year}`;
}
