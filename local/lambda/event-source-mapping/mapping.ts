import { backOffMs } from './back-off.ts';
import { Condition } from './condition.ts';
import {
  DEFAULT_OPTIONS,
  type EventSourceMappingConfiguration,
  type MappingDependencies,
  type MappingOptions,
  principalOf,
  streamNameOf,
} from './configuration.ts';
import { FailureDestination } from './failure-destination.ts';
import { FaultLog } from './fault-log.ts';
import { KinesisCalls, type ReadPosition, type Shard } from './kinesis-calls.ts';
import { ShardPoller, type ShardSnapshot } from './shard-poller.ts';
import { ShardReader } from './shard-reader.ts';
import { shardsToStart } from './shards-to-start.ts';

export interface MappingSnapshot {
  readonly shards: readonly ShardSnapshot[];
  /** Concurrent invocations at most: open shards × lanes. */
  readonly ceiling: number;
  readonly lanesBusy: number;
  readonly inFlightRecords: number;
  readonly buffered: number;
}

/** The stream when the mapping first saw it: what its starting position is about. */
interface FirstLook {
  readonly atMs: number;
  readonly shardIds: ReadonlySet<string>;
}

/**
 * A Kinesis event source mapping: finds the stream's shards and delivers each one's records to the function, in
 * order by partition key, with one poller a shard and `parallelizationFactor` lanes within it.
 *
 *     mapping ── shard poller ─┬─ lane ── batch ──▶ function
 *            │                 └─ lane ── batch ──▶ function
 *            └── shard poller ── …
 *
 * Checkpoints are kept in memory: a mapping that is made anew starts at its starting position.
 */
export class EventSourceMapping {
  readonly configuration: EventSourceMappingConfiguration;
  readonly #options: MappingOptions;
  readonly #dependencies: MappingDependencies;
  readonly #kinesis: KinesisCalls;
  readonly #faults: FaultLog;
  readonly #failureDestination: FailureDestination;
  readonly #stopping = new AbortController();
  readonly #pollers = new Map<string, ShardPoller>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #drained = new Set<string>();
  #discovering: Promise<void> | undefined;
  #shards: readonly Shard[] = [];
  #firstLook: FirstLook | undefined;

  constructor(
    configuration: EventSourceMappingConfiguration,
    dependencies: MappingDependencies,
    options: Partial<MappingOptions> = {},
  ) {
    const { eventSourceArn, functionName } = configuration;
    const streamName = streamNameOf(eventSourceArn);
    const log = (line: string) => dependencies.log(`mapping ${streamName} → ${functionName}: ${line}`);
    this.configuration = configuration;
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    this.#dependencies = { ...dependencies, log };
    this.#kinesis = new KinesisCalls(dependencies.callAws, principalOf(configuration), eventSourceArn);
    this.#faults = new FaultLog(log);
    this.#failureDestination = new FailureDestination(
      configuration,
      this.#options,
      this.#dependencies,
      this.#faults,
    );
  }

  /** Begins to poll; once only. What AWS answers wrong is retried for ever, a bug rejects and ends the process. */
  start(): void {
    if (this.#discovering !== undefined)
      throw new Error(`mapping ${this.configuration.uuid} was started before`);
    this.#discovering = this.#discover();
  }

  /**
   * Stops polling and waits, up to `limitMs`, for the invocations in flight; resolves with whether all ended in
   * time. Records that are not settled then are not: another mapping would deliver them again.
   */
  async stop(limitMs: number): Promise<boolean> {
    this.#stopping.abort();
    const timer = new AbortController();
    const ended = Promise.all([this.#discovering, ...this.#running.values()]).then(() => true);
    const timeIsUp = this.#dependencies.clock.sleep(limitMs, timer.signal).then(() => false);
    try {
      return await Promise.race([ended, timeIsUp]);
    } finally {
      timer.abort();
    }
  }

  snapshot(): MappingSnapshot {
    const shards = [...this.#pollers.values()].map((poller) => poller.snapshot());
    const open = this.#shards.filter((shard) => shard.open).length;
    const sum = (of: (shard: ShardSnapshot) => number) =>
      shards.reduce((total, shard) => total + of(shard), 0);
    return {
      shards,
      ceiling: open * this.configuration.parallelizationFactor,
      lanesBusy: sum((shard) => shard.lanesBusy),
      inFlightRecords: sum((shard) => shard.inFlightRecords),
      buffered: sum((shard) => shard.buffered),
    };
  }

  async #discover(): Promise<void> {
    const { clock, random } = this.#dependencies;
    const { signal } = this.#stopping;
    const activity = 'listing shards';
    let failuresInARow = 0;
    while (!signal.aborted) {
      let restMs = this.#options.shardDiscoveryIntervalMs;
      try {
        const shards = await this.#kinesis.listShards();
        this.#faults.succeeded(activity);
        failuresInARow = 0;
        if (!signal.aborted) this.#know(shards);
      } catch (error) {
        this.#faults.failed(activity, error);
        failuresInARow += 1;
        restMs = backOffMs(this.#options.backOff, failuresInARow, random);
      }
      await clock.sleep(restMs, signal);
    }
  }

  /** Takes note of the stream's shards as they are now. */
  #know(shards: readonly Shard[]): void {
    const listed = new Set(shards.map((shard) => shard.shardId));
    for (const shardId of this.#drained) if (!listed.has(shardId)) this.#drained.delete(shardId);
    this.#shards = shards;
    this.#firstLook ??= { atMs: this.#dependencies.clock.now(), shardIds: listed };
    this.#startDue(this.#firstLook);
  }

  #startDue(firstLook: FirstLook): void {
    const isDrained = (shardId: string) => this.#drained.has(shardId);
    const isBegun = (shardId: string) => isDrained(shardId) || this.#pollers.has(shardId);
    for (const { shardId } of shardsToStart(this.#shards, isBegun, isDrained)) {
      const position = startOf(shardId, this.configuration, firstLook);
      const poller = this.#poller(shardId, position);
      this.#pollers.set(shardId, poller);
      this.#running.set(shardId, this.#run(shardId, poller, firstLook));
    }
  }

  /** Runs a shard's poller; if that drains the shard, its children are due. */
  async #run(shardId: string, poller: ShardPoller, firstLook: FirstLook): Promise<void> {
    const drained = await poller.run();
    if (!drained) return;
    this.#drained.add(shardId);
    this.#pollers.delete(shardId);
    this.#running.delete(shardId);
    this.#startDue(firstLook);
  }

  #poller(shardId: string, position: ReadPosition): ShardPoller {
    const { configuration } = this;
    const stop = this.#stopping.signal;
    const reader = new ShardReader(this.#kinesis, configuration, shardId, position);
    const shard = {
      shardId,
      streamName: streamNameOf(configuration.eventSourceArn),
      configuration,
      options: this.#options,
      dependencies: this.#dependencies,
      failureDestination: this.#failureDestination,
      faults: this.#faults,
      changed: new Condition(stop),
      stop,
    };
    return new ShardPoller(shard, reader);
  }
}

/**
 * Where to begin a shard. What a reshard adds after the first look is read from its beginning, or records would be
 * skipped. LATEST is the time of the first look, so that no record is missed between it and a shard's first read.
 */
function startOf(
  shardId: string,
  { startingPosition, startingPositionTimestampS }: EventSourceMappingConfiguration,
  firstLook: FirstLook,
): ReadPosition {
  if (startingPosition === 'TRIM_HORIZON' || !firstLook.shardIds.has(shardId)) {
    return { ShardIteratorType: 'TRIM_HORIZON' };
  }
  const timestampS = startingPosition === 'LATEST' ? firstLook.atMs / 1_000 : startingPositionTimestampS;
  if (timestampS === undefined) throw new Error('AT_TIMESTAMP needs a startingPositionTimestampS');
  return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: timestampS };
}
