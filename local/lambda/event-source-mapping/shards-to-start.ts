import type { Shard } from './kinesis-calls.ts';

/**
 * Which shards are due: those not begun whose parents are drained or no longer listed, for a key's later records
 * lie in the child. AWS does not document that it drains parents first; every other consumer of Kinesis does.
 */
export function shardsToStart(
  shards: readonly Shard[],
  isBegun: (shardId: string) => boolean,
  isDrained: (shardId: string) => boolean,
): readonly Shard[] {
  const listed = new Set(shards.map((shard) => shard.shardId));
  return shards.filter(
    (shard) =>
      !isBegun(shard.shardId) &&
      shard.parentShardIds.every((parent) => isDrained(parent) || !listed.has(parent)),
  );
}
