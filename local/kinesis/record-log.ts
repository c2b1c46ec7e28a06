/** A record as a shard keeps it; `data` stays in base64, as it came and as it leaves. */
export interface StoredRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: string;
  readonly arrivedAtMs: number;
  /** Data before base64 plus partition key. */
  readonly sizeBytes: number;
}

export interface LogSlice {
  readonly records: readonly StoredRecord[];
  readonly bytes: number;
  /** Position of the record after the last one in `records`. */
  readonly end: number;
  /** Whether `bytesMax` is what ended the slice. */
  readonly full: boolean;
}

/**
 * A shard's records in the order of arrival, oldest cut off by age. A position counts records since the shard was made,
 * from 1, and stays true when older ones are cut. Arrival times must not decrease.
 */
export class RecordLog {
  #records: StoredRecord[] = [];
  /** Index of the oldest record that is not cut off. */
  #head = 0;
  #start = 1;

  /** Position of the oldest record. */
  get start(): number {
    return this.#start;
  }

  /** Position that the next record will have. */
  get end(): number {
    return this.#start + this.#records.length - this.#head;
  }

  get last(): StoredRecord | undefined {
    return this.#records.at(-1);
  }

  append(record: StoredRecord): void {
    this.#records.push(record);
  }

  /** Records from `position` on (from the oldest, if that one is cut), at least one if there is any. */
  read(position: number, countMax: number, bytesMax: number): LogSlice {
    const from = Math.min(Math.max(position, this.#start), this.end);
    const first = this.#head + from - this.#start;
    const countEnd = Math.min(first + countMax, this.#records.length);
    let bytes = 0;
    let index = first;
    for (; index < countEnd; index += 1) {
      const sizeBytes = this.#records[index]?.sizeBytes ?? 0;
      if (index > first && bytes + sizeBytes > bytesMax) break;
      bytes += sizeBytes;
    }
    return {
      records: this.#records.slice(first, index),
      bytes,
      end: from + index - first,
      full: index < countEnd || bytes >= bytesMax,
    };
  }

  /** Position of the first record that arrived at `timeMs` or later; `end` if there is none. */
  positionAt(timeMs: number): number {
    let low = this.#head;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.#records[middle];
      if (record && record.arrivedAtMs < timeMs) low = middle + 1;
      else high = middle;
    }
    return this.#start + low - this.#head;
  }

  /** Cuts off the records that arrived before `timeMs`: a comparison when there is none, constant per record over time. */
  trimBefore(timeMs: number): void {
    const oldest = this.#records[this.#head];
    if (!oldest || oldest.arrivedAtMs >= timeMs) return;
    const start = this.positionAt(timeMs);
    this.#head += start - this.#start;
    this.#start = start;
    // Moving the live records down costs no more than the dead ones paid for, and frees the dead ones' memory.
    if (this.#head * 2 >= this.#records.length) {
      this.#records.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
