import type { Clock } from '../clock.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { HashKeyRange } from './hash-key.ts';
import {
  GET_RECORDS_BYTES_MAX,
  READ_BYTES_PER_SECOND,
  READ_CALLS_PER_SECOND,
  READ_PAUSE_AFTER_FULL_ANSWER_MS,
  WRITE_BYTES_PER_SECOND,
  WRITE_RECORDS_PER_SECOND,
} from './limits.ts';
import { RecordLog, type StoredRecord } from './record-log.ts';
import { decodeSequenceNumber, encodeSequenceNumber, type SequenceNumber } from './sequence-number.ts';

export interface ShardOptions {
  readonly index: number;
  readonly hashKeyRange: HashKeyRange;
  readonly retentionMs: number;
  /** The shard this one was split from, or the first of the two it was merged from. */
  readonly parentShardId?: string;
  /** The second of the two it was merged from. */
  readonly adjacentParentShardId?: string;
  readonly clock: Clock;
}

/** A record on its way in. */
export interface NewRecord {
  readonly partitionKey: string;
  /** Base64. */
  readonly data: string;
  /** Data before base64 plus partition key. */
  readonly sizeBytes: number;
}

export interface ShardRead {
  readonly records: readonly StoredRecord[];
  /** Where to read on. */
  readonly end: number;
  /** How far behind the tip this read is; 0 when nothing lies after it. */
  readonly millisBehindLatest: number;
}

/** What went through a shard since it was made. Bytes count as the write limit counts them. */
export interface ShardTotals {
  readonly recordsIn: number;
  readonly bytesIn: number;
  readonly recordsOut: number;
  /** Records refused, not calls. */
  readonly writesThrottled: number;
  readonly readsThrottled: number;
}

/** The id of a stream's shard number `index`. */
export const shardIdOf = (index: number): string => `shardId-${String(index).padStart(12, '0')}`;

/** One shard: an ordered log of records behind the limits that every AWS shard has. */
export class Shard {
  readonly shardId: string;
  readonly hashKeyRange: HashKeyRange;
  readonly createdAtMs: number;
  readonly parentShardId: string | undefined;
  readonly adjacentParentShardId: string | undefined;
  readonly startingSequenceNumber: string;

  readonly #index: number;
  readonly #clock: Clock;
  readonly #retentionMs: number;
  readonly #log = new RecordLog();
  readonly #writeRecords: TokenBucket;
  readonly #writeBytes: TokenBucket;
  readonly #readCalls: TokenBucket;
  readonly #readBytes: TokenBucket;
  #readsResumeAtMs = 0;
  #closed: { readonly atMs: number; readonly endingSequenceNumber: string } | undefined;
  #totals = { recordsIn: 0, bytesIn: 0, recordsOut: 0, writesThrottled: 0, readsThrottled: 0 };

  constructor(options: ShardOptions) {
    const nowMs = options.clock.now();
    this.shardId = shardIdOf(options.index);
    this.hashKeyRange = options.hashKeyRange;
    this.createdAtMs = nowMs;
    this.parentShardId = options.parentShardId;
    this.adjacentParentShardId = options.adjacentParentShardId;
    this.#index = options.index;
    this.#clock = options.clock;
    this.#retentionMs = options.retentionMs;
    this.#writeRecords = new TokenBucket(WRITE_RECORDS_PER_SECOND, nowMs);
    this.#writeBytes = new TokenBucket(WRITE_BYTES_PER_SECOND, nowMs);
    this.#readCalls = new TokenBucket(READ_CALLS_PER_SECOND, nowMs);
    this.#readBytes = new TokenBucket(READ_BYTES_PER_SECOND, nowMs);
    this.startingSequenceNumber = this.#sequenceNumber(0, nowMs);
  }

  get open(): boolean {
    return this.#closed === undefined;
  }

  get closedAtMs(): number | undefined {
    return this.#closed?.atMs;
  }

  get endingSequenceNumber(): string | undefined {
    return this.#closed?.endingSequenceNumber;
  }

  get totals(): ShardTotals {
    return this.#totals;
  }

  /** Of the newest record; undefined when none is left. */
  get latestSequenceNumber(): string | undefined {
    return this.#log.last?.sequenceNumber;
  }

  /** How many records lie after a checkpoint, or how many there are without one. Counts, reads nothing. */
  backlogAfter(checkpoint: string | undefined): number {
    this.#trim(this.#clock.now());
    if (checkpoint === undefined) return this.#log.end - this.#log.start;
    const number = decodeSequenceNumber(checkpoint);
    if (!number || !this.issued(number)) {
      throw new RangeError(`${checkpoint} is no sequence number of ${this.shardId}`);
    }
    return Math.max(0, this.#log.end - Math.max(this.#log.start, number.position + 1));
  }

  /** Appends a record and returns its sequence number, or refuses it with undefined when over the write limits. */
  put(record: NewRecord): string | undefined {
    const nowMs = this.#clock.now();
    this.#trim(nowMs);
    if (!this.#writeRecords.has(1, nowMs) || !this.#writeBytes.has(record.sizeBytes, nowMs)) {
      this.#totals.writesThrottled += 1;
      return undefined;
    }
    this.#writeRecords.take(1);
    this.#writeBytes.take(record.sizeBytes);
    this.#totals.recordsIn += 1;
    this.#totals.bytesIn += record.sizeBytes;
    // The log is searched by time, so time stands still where the clock was set back.
    const arrivedAtMs = Math.max(nowMs, this.#log.last?.arrivedAtMs ?? 0);
    const sequenceNumber = this.#sequenceNumber(this.#log.end, arrivedAtMs);
    this.#log.append({
      sequenceNumber,
      partitionKey: record.partitionKey,
      data: record.data,
      arrivedAtMs,
      sizeBytes: record.sizeBytes,
    });
    return sequenceNumber;
  }

  /** Reads records from `position` on, or refuses with undefined when over the read limits. */
  read(position: number, countMax: number): ShardRead | undefined {
    const nowMs = this.#clock.now();
    this.#trim(nowMs);
    const throttled =
      nowMs < this.#readsResumeAtMs || !this.#readCalls.has(1, nowMs) || !this.#readBytes.has(1, nowMs);
    if (throttled) {
      this.#totals.readsThrottled += 1;
      return undefined;
    }
    const slice = this.#log.read(position, countMax, GET_RECORDS_BYTES_MAX);
    this.#readCalls.take(1);
    this.#readBytes.take(slice.bytes);
    this.#totals.recordsOut += slice.records.length;
    if (slice.full) this.#readsResumeAtMs = nowMs + READ_PAUSE_AFTER_FULL_ANSWER_MS;
    const behindMs = nowMs - (slice.records.at(-1)?.arrivedAtMs ?? nowMs);
    return {
      records: slice.records,
      end: slice.end,
      millisBehindLatest: slice.end < this.#log.end ? Math.max(1, behindMs) : 0,
    };
  }

  /** Position of the oldest record that retention has left. */
  get trimHorizon(): number {
    this.#trim(this.#clock.now());
    return this.#log.start;
  }

  /** Position after the newest record. */
  get tip(): number {
    return this.#log.end;
  }

  /** Position of the first record that arrived at `timeMs` or later. */
  positionAt(timeMs: number): number {
    this.#trim(this.#clock.now());
    return this.#log.positionAt(timeMs);
  }

  /** Whether this very shard gives out such numbers: same index, made in the same second. */
  issued(number: SequenceNumber): boolean {
    return number.shardIndex === this.#index && number.shardCreatedAtS === toSeconds(this.createdAtMs);
  }

  /** Ends the shard, as a split or a merge does: its records stay readable, none is added. */
  close(): void {
    const atMs = this.#clock.now();
    this.#closed = { atMs, endingSequenceNumber: this.#sequenceNumber(this.#log.end, atMs) };
  }

  #sequenceNumber(position: number, atMs: number): string {
    return encodeSequenceNumber({
      shardCreatedAtS: toSeconds(this.createdAtMs),
      shardIndex: this.#index,
      position,
      atS: toSeconds(atMs),
    });
  }

  #trim(nowMs: number): void {
    this.#log.trimBefore(nowMs - this.#retentionMs);
  }
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
