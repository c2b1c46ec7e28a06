import { AwsError } from '../gateway/aws-error.ts';
import { invalidArgument } from './errors.ts';
import { NEXT_TOKEN_LIFETIME_MS } from './limits.ts';
import type { Lifetime } from './shard-filter.ts';

/** Where the next page of ListShards begins, and which shards it lists. To its holder it is an opaque text. */
export interface ListShardsToken extends Lifetime {
  readonly streamName: string;
  readonly afterShardId: string;
  readonly issuedAtMs: number;
}

const LAYOUT =
  /^1\/(\d{1,15})\/([\w.-]{1,128})\/(shardId-\d{12})\/(-?\d{1,15}|Infinity)\/(-?\d{1,15}|Infinity)$/;

export function encodeNextToken(token: ListShardsToken): string {
  const { issuedAtMs, streamName, afterShardId, fromMs, toMs } = token;
  return Buffer.from(`1/${issuedAtMs}/${streamName}/${afterShardId}/${fromMs}/${toMs}`).toString('base64');
}

/** Throws InvalidArgumentException for a text that no ListShards gave out. */
export function decodeNextToken(text: string): ListShardsToken {
  const [, issuedAtMs, streamName, afterShardId, fromMs, toMs] =
    LAYOUT.exec(Buffer.from(text, 'base64').toString()) ?? [];
  if (!streamName || !afterShardId) throw invalidArgument('NextToken is invalid.');
  return {
    streamName,
    afterShardId,
    issuedAtMs: Number(issuedAtMs),
    fromMs: Number(fromMs),
    toMs: Number(toMs),
  };
}

/** Throws ExpiredNextTokenException five minutes after the token was given out. */
export function refuseExpiredToken(token: ListShardsToken, nowMs: number): void {
  if (nowMs - token.issuedAtMs <= NEXT_TOKEN_LIFETIME_MS) return;
  throw new AwsError('ExpiredNextTokenException', 'NextToken has expired.');
}
