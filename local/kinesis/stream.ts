import type { Clock } from '../clock.ts';
import { invalidArgument } from './errors.ts';
import { evenHashKeyRanges, HASH_KEY_MAX } from './hash-key.ts';
import { RETENTION_HOURS_MAX, RETENTION_HOURS_MIN, SHARD_COUNT_MAX } from './limits.ts';
import { Shard } from './shard.ts';

export interface StreamOptions {
  readonly name: string;
  readonly arn: string;
  readonly shardCount: number;
  readonly retentionHours: number;
  /** The KMS key (id, ARN or alias) the stream is encrypted with. Nothing is encrypted here; it is reported as AWS does. */
  readonly kmsKeyId?: string;
  readonly clock: Clock;
}

/** A data stream with provisioned capacity: shards that share all hash keys among them. */
export class Stream {
  readonly name: string;
  readonly arn: string;
  readonly retentionHours: number;
  readonly kmsKeyId: string | undefined;
  readonly createdAtMs: number;
  /** In the order of their ids, closed ones included. */
  readonly shards: readonly Shard[];
  readonly #byId: ReadonlyMap<string, Shard>;
  /** Open shards in the order of their hash keys. */
  readonly #open: readonly Shard[];

  constructor(options: StreamOptions, shards: readonly Shard[] = evenShards(options)) {
    this.name = options.name;
    this.arn = options.arn;
    this.retentionHours = options.retentionHours;
    this.kmsKeyId = options.kmsKeyId;
    this.createdAtMs = options.clock.now();
    this.shards = shards;
    this.#byId = new Map(shards.map((shard) => [shard.shardId, shard]));
    this.#open = shards
      .filter((shard) => shard.open)
      .sort((a, b) => (a.hashKeyRange.start < b.hashKeyRange.start ? -1 : 1));
  }

  get retentionMs(): number {
    return hoursToMs(this.retentionHours);
  }

  get openShardCount(): number {
    return this.#open.length;
  }

  shard(shardId: string): Shard | undefined {
    return this.#byId.get(shardId);
  }

  /** The open shard whose range holds `hashKey`. */
  shardFor(hashKey: bigint): Shard {
    let low = 0;
    let high = this.#open.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#open[middle]?.hashKeyRange.start ?? HASH_KEY_MAX) <= hashKey) low = middle;
      else high = middle - 1;
    }
    const shard = this.#open[low];
    if (!shard) throw new Error(`stream ${this.name} has no open shard`);
    return shard;
  }

  /** The shards that came of this one by a split or a merge. */
  childrenOf(shardId: string): readonly Shard[] {
    return this.shards.filter(
      (shard) => shard.parentShardId === shardId || shard.adjacentParentShardId === shardId,
    );
  }
}

function evenShards({ shardCount, retentionHours, clock }: StreamOptions): readonly Shard[] {
  requireWithin('shard count', shardCount, 1, SHARD_COUNT_MAX);
  requireWithin('retention in hours', retentionHours, RETENTION_HOURS_MIN, RETENTION_HOURS_MAX);
  const retentionMs = hoursToMs(retentionHours);
  return evenHashKeyRanges(shardCount).map(
    (hashKeyRange, index) => new Shard({ index, hashKeyRange, retentionMs, clock }),
  );
}

function requireWithin(what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw invalidArgument(
    `The ${what} of a stream must be a whole number from ${min} to ${max}, not ${value}.`,
  );
}

function hoursToMs(hours: number): number {
  return hours * 3_600_000;
}
