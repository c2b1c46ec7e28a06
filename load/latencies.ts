import { build } from 'hdr-histogram-js';

/** What is told of a set of latencies, in milliseconds; all zero when `count` is. */
export interface Percentiles {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const US_PER_MS = 1_000;

/** An HDR histogram of milliseconds: recorded in whole microseconds, percentiles to three significant digits. */
export class Latencies {
  // 64-bit counts: a 32-bit histogram would overflow at 35 minutes of microseconds.
  readonly #histogram = build({ bitBucketSize: 64, numberOfSignificantValueDigits: 3, autoResize: true });

  /** A negative latency (clocks of two machines) counts as none. */
  record(ms: number): void {
    this.#histogram.recordValue(Math.max(0, Math.round(ms * US_PER_MS)));
  }

  percentiles(): Percentiles {
    const histogram = this.#histogram;
    // A percentile is the top of its bucket, which may lie above the largest value that was recorded.
    const atMs = (percentile: number) =>
      Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue) / US_PER_MS;
    return {
      count: histogram.totalCount,
      p50Ms: atMs(50),
      p90Ms: atMs(90),
      p95Ms: atMs(95),
      p99Ms: atMs(99),
      maxMs: histogram.maxValue / US_PER_MS,
    };
  }
}
