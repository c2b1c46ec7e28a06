import { invalidArgument } from './errors.ts';
import type { Fields } from './fields.ts';
import { shardId } from './request.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream.ts';

/** The shards that existed at some time from `fromMs` to `toMs`, both included. Each of the API's filters comes to this. */
export interface Lifetime {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ShardFilter {
  readonly type: string;
  readonly shardId: string | undefined;
  readonly timestampMs: number | undefined;
}

const TYPES = [
  'AFTER_SHARD_ID',
  'AT_TRIM_HORIZON',
  'FROM_TRIM_HORIZON',
  'AT_LATEST',
  'AT_TIMESTAMP',
  'FROM_TIMESTAMP',
];

/** Reads the ShardFilter of a ListShards request; without one AWS takes FROM_TRIM_HORIZON. */
export function readShardFilter(request: Fields): ShardFilter {
  const fields = request.structure('ShardFilter');
  if (!fields) return { type: 'FROM_TRIM_HORIZON', shardId: undefined, timestampMs: undefined };
  return {
    type: fields.requiredText('Type', { values: TYPES }),
    shardId: shardId(fields, 'ShardId'),
    timestampMs: fields.timestampMs('Timestamp'),
  };
}

/** Throws InvalidArgumentException when the filter lacks what its type needs. */
export function lifetimeOf(filter: ShardFilter, stream: Stream, nowMs: number): Lifetime {
  const horizonMs = Math.max(nowMs - stream.retentionMs, stream.createdAtMs);
  switch (filter.type) {
    case 'AT_TIMESTAMP':
      return { fromMs: timestampOf(filter), toMs: timestampOf(filter) };
    case 'FROM_TIMESTAMP':
      return { fromMs: timestampOf(filter), toMs: Number.POSITIVE_INFINITY };
    case 'AT_LATEST':
      return { fromMs: Number.POSITIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
    case 'AT_TRIM_HORIZON':
      return { fromMs: horizonMs, toMs: horizonMs };
    case 'AFTER_SHARD_ID':
      if (filter.shardId === undefined) throw invalidArgument('ShardId must be provided for AFTER_SHARD_ID.');
      break;
  }
  return { fromMs: horizonMs, toMs: Number.POSITIVE_INFINITY };
}

export function livedWithin(shard: Shard, { fromMs, toMs }: Lifetime): boolean {
  return shard.createdAtMs <= toMs && (shard.closedAtMs === undefined || shard.closedAtMs >= fromMs);
}

function timestampOf(filter: ShardFilter): number {
  if (filter.timestampMs === undefined) {
    throw invalidArgument(`Timestamp must be provided for ${filter.type}.`);
  }
  return filter.timestampMs;
}
