/** What the local cloud measures, as Prometheus metrics. What the functions print as EMF joins it, as in CloudWatch. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type EmfMetric, readEmf } from './emf.ts';
import type { HttpApiObserver } from './http-api/http-api.ts';
import type { MappingObserver } from './lambda/event-source-mapping/configuration.ts';
import type { InvocationOutcome, LambdaObserver } from './lambda/lambda.ts';

const PREFIX = 'shardbound_';
const DURATION_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const EMF_BUCKETS_MS = [
  50, 100, 200, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000, 60_000,
];

/** What is asked for when the metrics are scraped. */
export interface Scraped {
  readonly functions: () => Iterable<{ readonly functionName: string; readonly ceiling: number | undefined }>;
  readonly shards: () => Iterable<ShardFigures>;
}

export interface ShardFigures {
  readonly streamName: string;
  readonly shardId: string;
  readonly recordsIn: number;
  readonly bytesIn: number;
  readonly writesThrottled: number;
  /** Records after its consumer's checkpoint; undefined where nothing consumes the stream. */
  readonly backlog: number | undefined;
}

export class CloudMetrics {
  readonly registry = new Registry();
  readonly #scraped: Scraped;
  readonly #running = new Map<string, { now: number; max: number }>();
  readonly #emf = new Map<string, Counter | Histogram>();

  readonly #invocations = this.#counter('function_invocations_total', 'Invocations that started', [
    'function',
  ]);
  readonly #errors = this.#counter('function_errors_total', 'Invocations that failed', [
    'function',
    'outcome',
  ]);
  readonly #throttles = this.#counter('function_throttles_total', 'Invocations refused', ['function']);
  readonly #environments = this.#counter('function_environments_total', 'Environments started', ['function']);
  readonly #apiDuration = new Histogram({
    name: `${PREFIX}api_duration_seconds`,
    help: 'How long the API took to answer',
    labelNames: ['route', 'status'],
    buckets: DURATION_BUCKETS_S,
    registers: [this.registry],
  });
  readonly #duration = new Histogram({
    name: `${PREFIX}function_duration_seconds`,
    help: 'How long invocations took',
    labelNames: ['function'],
    buckets: DURATION_BUCKETS_S,
    registers: [this.registry],
  });
  readonly #iteratorAge = new Gauge({
    name: `${PREFIX}function_iterator_age_seconds`,
    help: 'Age of the last record of the last batch delivered',
    labelNames: ['function'],
    registers: [this.registry],
  });
  readonly #recordsOut = this.#counter('stream_records_out_total', 'Records delivered, again on each retry', [
    'stream',
    'function',
  ]);
  readonly #recordsSettled = this.#counter('stream_records_settled_total', 'Records processed', [
    'stream',
    'function',
  ]);
  readonly #recordsGivenUp = this.#counter(
    'stream_records_given_up_total',
    'Records a mapping parked or dropped',
    ['stream', 'function', 'outcome'],
  );
  readonly #awsCalls = this.#counter('aws_calls_total', 'Calls through the AWS endpoint', [
    'service',
    'operation',
    'outcome',
  ]);

  constructor(scraped: Scraped) {
    this.#scraped = scraped;
    const concurrency = (name: string, help: string, figure: 'now' | 'max') =>
      this.#scrapedGauge(name, help, ['function'], (set) => {
        for (const { functionName } of this.#scraped.functions()) {
          set({ function: functionName }, this.#runningOf(functionName)[figure]);
        }
      });
    concurrency('function_concurrent_executions', 'Invocations handed to an environment now', 'now');
    concurrency('function_concurrent_executions_max', 'The most at once since the start', 'max');
    this.#scrapedGauge(
      'function_concurrency_ceiling',
      'Open shards × parallelization factor',
      ['function'],
      (set) => {
        for (const { functionName, ceiling } of this.#scraped.functions())
          set({ function: functionName }, ceiling);
      },
    );
    this.#shardFigure('shard_backlog_records', "Records after the consumer's checkpoint", 'backlog');
    this.#shardFigure('shard_records_in_total', 'Records accepted', 'recordsIn');
    this.#shardFigure('shard_bytes_in_total', 'Bytes accepted, as the write limit counts them', 'bytesIn');
    this.#shardFigure(
      'shard_writes_throttled_total',
      'Records refused by the write limits',
      'writesThrottled',
    );
  }

  readonly lambda: LambdaObserver = {
    invocationStarted: (functionName) => {
      const running = this.#runningOf(functionName);
      running.now += 1;
      running.max = Math.max(running.max, running.now);
      this.#invocations.inc({ function: functionName });
    },
    invocationEnded: (functionName, outcome, durationMs) => this.#ended(functionName, outcome, durationMs),
    environmentStarted: (functionName) => this.#environments.inc({ function: functionName }),
  };

  readonly api: HttpApiObserver = {
    answered: ({ routeKey = 'none', statusCode, durationMs }) =>
      this.#apiDuration.observe({ route: routeKey, status: statusCode }, durationMs / 1_000),
  };

  mapping(streamName: string, functionName: string): MappingObserver {
    const labels = { stream: streamName, function: functionName };
    return {
      batchDelivered: ({ records, iteratorAgeMs }) => {
        this.#recordsOut.inc(labels, records);
        this.#iteratorAge.set({ function: functionName }, iteratorAgeMs / 1_000);
      },
      batchSettled: (records) => this.#recordsSettled.inc(labels, records),
      recordsParkedByMapping: (records) =>
        this.#recordsGivenUp.inc({ ...labels, outcome: 'parked' }, records),
      recordsDropped: (records) => this.#recordsGivenUp.inc({ ...labels, outcome: 'dropped' }, records),
    };
  }

  awsCalled(service: string, operation: string, outcome: string): void {
    this.#awsCalls.inc({ service, operation, outcome });
  }

  /** Takes a line a function printed; true when it was EMF: counts become counters, everything else histograms. */
  takeEmf(line: string): boolean {
    const metrics = readEmf(line);
    for (const metric of metrics) {
      const target = this.#emfTarget(metric);
      for (const value of metric.values) {
        if (target instanceof Counter) target.inc(metric.dimensions, value);
        else target.observe(metric.dimensions, value);
      }
    }
    return metrics.length > 0;
  }

  /** Invocations of a function at once: now, and the most since the start. */
  concurrency(functionName: string): { readonly now: number; readonly max: number } {
    return this.#runningOf(functionName);
  }

  #ended(functionName: string, outcome: InvocationOutcome, durationMs: number): void {
    if (outcome === 'throttle') {
      this.#throttles.inc({ function: functionName });
      return;
    }
    this.#runningOf(functionName).now -= 1;
    this.#duration.observe({ function: functionName }, durationMs / 1_000);
    if (outcome !== 'success') this.#errors.inc({ function: functionName, outcome });
  }

  #runningOf(functionName: string): { now: number; max: number } {
    const running = this.#running.get(functionName) ?? { now: 0, max: 0 };
    this.#running.set(functionName, running);
    return running;
  }

  #emfTarget({ name, unit, dimensions }: EmfMetric): Counter | Histogram {
    const known = this.#emf.get(name);
    if (known) return known;
    const labelNames = Object.keys(dimensions);
    const common = { help: `${name}, as the functions print it`, labelNames, registers: [this.registry] };
    const target =
      unit === 'Count'
        ? new Counter({ ...common, name: `${name}_total` })
        : new Histogram({ ...common, name: `${name}_${unit.toLowerCase()}`, buckets: EMF_BUCKETS_MS });
    this.#emf.set(name, target);
    return target;
  }

  #shardFigure(
    name: string,
    help: string,
    figure: 'backlog' | 'recordsIn' | 'bytesIn' | 'writesThrottled',
  ): void {
    this.#scrapedGauge(name, help, ['stream', 'shard'], (set) => {
      for (const shard of this.#scraped.shards()) {
        set({ stream: shard.streamName, shard: shard.shardId }, shard[figure]);
      }
    });
  }

  #scrapedGauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    scrape: (set: (labels: Record<Label, string>, value: number | undefined) => void) => void,
  ): void {
    const gauge: Gauge<Label> = new Gauge<Label>({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [this.registry],
      collect: () => {
        gauge.reset();
        scrape((labels, value) => {
          if (value !== undefined) gauge.set(labels, value);
        });
      },
    });
  }

  #counter(name: string, help: string, labelNames: readonly string[]): Counter {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.registry] });
  }
}
