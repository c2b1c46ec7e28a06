import { backOffMs } from './back-off.ts';
import { Lane, type ShardContext } from './lane.ts';
import { laneOf } from './lane-of.ts';
import { isExpiredIterator, isReadThrottle, type ShardReader } from './shard-reader.ts';

/** Kinesis takes 5 GetRecords a second of each shard, from all its readers together. */
const READ_SPACING_MS = 200;
/** What GetRecords answers at most. */
const READ_RECORDS_MAX = 10_000;
/** Small batches are still read in large helpings, for there are only five a second. */
const READ_RECORDS_MIN = 1_000;

/** A shard as the console and the metrics see it. */
export interface ShardSnapshot {
  readonly shardId: string;
  readonly lanes: number;
  /** Lanes with a batch in work: at the function, backing off, or being written to the failure destination. */
  readonly lanesBusy: number;
  /** Everything up to this sequence number is settled, parked or dropped, in all lanes; undefined before the first. */
  readonly checkpoint: string | undefined;
  /** Records of the batches in work. */
  readonly inFlightRecords: number;
  /** Records read that wait in their lanes. */
  readonly buffered: number;
  /** The largest among the lanes' latest deliveries; undefined before the first. */
  readonly iteratorAgeMs: number | undefined;
}

/** Polls one shard and deals its records out to its lanes by partition key. */
export class ShardPoller {
  readonly #shard: ShardContext;
  readonly #reader: ShardReader;
  readonly #lanes: readonly Lane[];
  readonly #laneRecordsWanted: number;
  readonly #recordsMax: number;
  #failuresInARow = 0;

  constructor(shard: ShardContext, reader: ShardReader) {
    this.#shard = shard;
    this.#reader = reader;
    const { parallelizationFactor, batchSize } = shard.configuration;
    const { failureBlocks, limits } = shard.options;
    this.#lanes = Array.from({ length: parallelizationFactor }, () => {
      const mayBegin = () => failureBlocks === 'lane' || !this.#lanes.some((lane) => lane.failing);
      return new Lane(shard, mayBegin);
    });
    this.#laneRecordsWanted = limits.laneBatchesWaiting * batchSize;
    // With less, all could be read that may be, and yet no lane hold a full batch: each would wait for its window.
    this.#recordsMax = Math.max(limits.shardRecordsMax, parallelizationFactor * batchSize);
  }

  /** Resolves with true once the shard is closed, read to its end and all is done with; false if stopped before. */
  async run(): Promise<boolean> {
    const working = Promise.all(this.#lanes.map((lane) => lane.run()));
    await this.#readToEnd();
    for (const lane of this.#lanes) lane.end();
    await working;
    return !this.#shard.stop.aborted;
  }

  snapshot(): ShardSnapshot {
    const ages = this.#lanes.map((lane) => lane.iteratorAgeMs).filter((age) => age !== undefined);
    return {
      shardId: this.#shard.shardId,
      lanes: this.#lanes.length,
      lanesBusy: this.#lanes.filter((lane) => lane.recordsInWork > 0).length,
      checkpoint: this.#checkpoint(),
      inFlightRecords: this.#sum((lane) => lane.recordsInWork),
      buffered: this.#sum((lane) => lane.waitingRecords),
      iteratorAgeMs: ages.length > 0 ? Math.max(...ages) : undefined,
    };
  }

  async #readToEnd(): Promise<void> {
    const { changed, dependencies, options, stop } = this.#shard;
    const { clock, random } = dependencies;
    // Pollers that began together would beat together ever after.
    await clock.sleep(random() * options.pollIntervalMs, stop);
    while (!stop.aborted) {
      await changed.until(() => this.#wantsRecords());
      if (stop.aborted) return;
      const restMs = await this.#readOnce();
      if (restMs === undefined) return;
      await clock.sleep(Math.max(READ_SPACING_MS, restMs), stop);
    }
  }

  /** Reads once; resolves with how long to rest until the next read, or undefined at the end of the shard. */
  async #readOnce(): Promise<number | undefined> {
    const { dependencies, faults, options, shardId } = this.#shard;
    const activity = `polling ${shardId}`;
    try {
      const { records, behind, atEnd } = await this.#reader.read(this.#readLimit());
      faults.succeeded(activity);
      this.#failuresInARow = 0;
      for (const record of records) {
        this.#lanes[laneOf(record.partitionKey, this.#lanes.length)]?.add(record);
      }
      if (records.length > 0) this.#shard.changed.notify();
      if (atEnd) return undefined;
      return behind ? 0 : options.pollIntervalMs;
    } catch (error) {
      if (isExpiredIterator(error)) return 0;
      if (isReadThrottle(error)) return options.pollIntervalMs;
      faults.failed(activity, error);
      this.#failuresInARow += 1;
      return backOffMs(options.backOff, this.#failuresInARow, dependencies.random);
    }
  }

  /**
   * Reads on while any lane is hungry, even if others are full: a hot key or a failing batch fills its own lane,
   * and what its neighbours wait for lies behind it in the shard. The limits bound how far that may go.
   */
  #wantsRecords(): boolean {
    return (
      this.#lanes.some((lane) => lane.waitingRecords < this.#laneRecordsWanted) &&
      this.#held() < this.#recordsMax &&
      this.#sum((lane) => lane.bytes) < this.#shard.options.limits.shardBytesMax
    );
  }

  #readLimit(): number {
    const held = this.#held();
    const wanted = Math.max(READ_RECORDS_MIN, this.#lanes.length * this.#laneRecordsWanted - held);
    return Math.min(wanted, READ_RECORDS_MAX, this.#recordsMax - held);
  }

  #held(): number {
    return this.#sum((lane) => lane.waitingRecords + lane.recordsInWork);
  }

  /** The last record read before the oldest one that is not done with. */
  #checkpoint(): string | undefined {
    const unsettled = this.#lanes
      .map((lane) => lane.oldestUnsettled)
      .filter((record) => record !== undefined);
    if (unsettled.length === 0) return this.#reader.lastSequenceNumber;
    return unsettled.reduce((a, b) => (a.position < b.position ? a : b)).previousSequenceNumber;
  }

  #sum(of: (lane: Lane) => number): number {
    return this.#lanes.reduce((sum, lane) => sum + of(lane), 0);
  }
}
