import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { laneOf } from '../../local/lambda/event-source-mapping/lane-of.ts';
import { type Delivery, itemFailures, SHARD, Throttled, World } from '../helpers/mapping-world.ts';

/** One run: what is on the shard, how the function takes it, and how the mapping is set. */
interface Scenario {
  /** Partition keys, in the order of the shard; record n of the run is `keys[n - 1]`. */
  readonly keys: readonly number[];
  /** Which records can never be processed, by position; repeated over the run. */
  readonly poisonMask: readonly boolean[];
  /** Which invocations are throttled; repeated over the run, so never all of them. */
  readonly throttleMask: readonly boolean[];
  readonly lanes: number;
  readonly batchSize: number;
  readonly batchWindowMs: number;
  readonly retries: number;
  readonly bisect: boolean;
  /** Whether the function reports batch item failures or throws. */
  readonly reports: boolean;
  readonly halve: boolean;
  readonly random: readonly number[];
}

const SCENARIO: fc.Arbitrary<Scenario> = fc.record({
  keys: fc.array(fc.nat(6), { minLength: 1, maxLength: 60 }),
  poisonMask: fc.array(
    fc.nat(4).map((n) => n === 0),
    { minLength: 1, maxLength: 15 },
  ),
  throttleMask: fc
    .array(
      fc.nat(4).map((n) => n === 0),
      { maxLength: 7 },
    )
    .map((mask) => [...mask, false]),
  lanes: fc.constantFrom(1, 2, 10),
  batchSize: fc.integer({ min: 1, max: 12 }),
  batchWindowMs: fc.constantFrom(0, 2_000),
  retries: fc.nat(2),
  bisect: fc.boolean(),
  reports: fc.boolean(),
  halve: fc.boolean(),
  random: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 9 }),
});

interface FailureInfo {
  readonly payload: string;
}

const isPoison = ({ poisonMask }: Scenario, n: number) => poisonMask[n % poisonMask.length] ?? false;

/** Runs a scenario to its end and watches every step of it. */
class Run {
  readonly world: World;
  readonly processed = new Set<number>();
  readonly broken: string[] = [];
  readonly #scenario: Scenario;
  readonly #earlierOfKey = new Map<number, readonly number[]>();
  #invocations = 0;
  #draws = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const { random } = scenario;
    this.world = new World({
      configuration: {
        parallelizationFactor: scenario.lanes,
        batchSize: scenario.batchSize,
        batchWindowMs: scenario.batchWindowMs,
        maximumRetryAttempts: scenario.retries,
        bisectBatchOnFunctionError: scenario.bisect,
        reportBatchItemFailures: scenario.reports,
      },
      options: { pollIntervalMs: 1_000, halveOnRepeatedPartialFailure: scenario.halve },
      handler: (delivery) => this.#handle(delivery),
      random: () => {
        this.#draws += 1;
        return random[this.#draws % random.length] ?? 0;
      },
    });
  }

  async toItsEnd(): Promise<void> {
    const { world } = this;
    const { keys } = this.#scenario;
    const half = Math.ceil(keys.length / 2);
    this.#put(keys.slice(0, half));
    world.mapping.start();
    await world.clock.advance(1_500);
    this.#put(keys.slice(half));
    await world.until(() => world.done >= keys.length);
    await world.mapping.stop(0);
  }

  /** The records that were parked, by number, one list for each failure record. */
  parked(): readonly (readonly number[])[] {
    return this.world.failureRecords.map((record) => {
      const { payload } = record as unknown as FailureInfo;
      const event = JSON.parse(payload) as { Records: { kinesis: { sequenceNumber: string } }[] };
      return event.Records.map(({ kinesis }) => Number(kinesis.sequenceNumber));
    });
  }

  #put(keys: readonly number[]): void {
    for (const key of keys) {
      const n = Number(this.world.aws.put(`key-${key}`));
      this.#earlierOfKey.set(
        n,
        this.#records().filter((other) => other < n && this.#keyOf(other) === key),
      );
    }
  }

  #records(): readonly number[] {
    return this.#scenario.keys.map((_, index) => index + 1);
  }

  #keyOf(n: number): number | undefined {
    return this.#scenario.keys[n - 1];
  }

  async #handle({ sequenceNumbers }: Delivery): Promise<unknown> {
    const { throttleMask, reports } = this.#scenario;
    const batch = sequenceNumbers.map(Number);
    this.#invocations += 1;
    if (throttleMask[this.#invocations % throttleMask.length]) throw new Throttled();
    this.#watch(batch);
    await this.world.clock.sleep(50 + ((batch[0] ?? 0) % 7) * 40);
    for (const [index, n] of batch.entries()) {
      if (!isPoison(this.#scenario, n)) {
        // A function that throws has no part of its batch processed, as far as the mapping knows.
        if (reports) this.processed.add(n);
        continue;
      }
      if (!reports) throw new Error(`poison: ${n}`);
      return itemFailures(sequenceNumbers[index]);
    }
    for (const n of batch) this.processed.add(n);
    return itemFailures();
  }

  /** A record may only come when each earlier one of its key is processed, parked, or before it in its batch. */
  #watch(batch: readonly number[]): void {
    const done = new Set([...this.processed, ...this.parked().flat()]);
    for (const [index, n] of batch.entries()) {
      for (const earlier of this.#earlierOfKey.get(n) ?? []) {
        const before = batch.slice(0, index).includes(earlier);
        if (!before && !done.has(earlier)) this.broken.push(`${n} delivered before ${earlier} was done with`);
      }
    }
    const checkpoint = Number(this.world.mapping.snapshot().shards[0]?.checkpoint ?? 0);
    for (let n = 1; n <= checkpoint; n += 1) {
      if (!done.has(n)) this.broken.push(`checkpoint at ${checkpoint} before ${n} was done with`);
    }
  }
}

const sorted = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);

describe('for any records, failures, lanes and settings', () => {
  test('no record is skipped, order holds within a key, and exactly what is expected is parked', async () => {
    await fc.assert(
      fc.asyncProperty(SCENARIO, async (scenario) => {
        const run = new Run(scenario);
        const { world } = run;
        await run.toItsEnd();
        expect(run.broken).toEqual([]);

        const all = scenario.keys.map((_, index) => index + 1);
        const poison = all.filter((n) => isPoison(scenario, n));
        const parked = run.parked();
        // Settled or parked, each once.
        expect(parked.flat()).toHaveLength(world.counts.parked);
        expect(world.counts.settled + world.counts.parked).toBe(all.length);
        expect(new Set(parked.flat()).size).toBe(world.counts.parked);
        for (const n of all) expect(run.processed.has(n) || parked.flat().includes(n)).toBe(true);
        expect(parked.flat()).toEqual(expect.arrayContaining(poison));
        expect(world.mapping.snapshot().shards[0]?.checkpoint).toBe(world.aws.lastSequenceNumber);

        const isolates = scenario.bisect && (!scenario.reports || scenario.halve);
        if (isolates || scenario.batchSize === 1) expect(sorted(parked.flat())).toEqual(poison);
        // Else only what shared its batch with a poison record is parked with it; reported ones lead theirs.
        for (const records of parked) {
          const culprits = scenario.reports ? records.slice(0, 1) : records;
          expect(culprits.some((n) => isPoison(scenario, n))).toBe(true);
        }
        expect(world.concurrencyMax.get(SHARD)).toBeLessThanOrEqual(scenario.lanes);
      }),
      { numRuns: 150 },
    );
  });

  test.each([1, 2, 10])(
    'with a backlog in each of %i lanes, as many invocations run at once',
    async (lanes) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 20 }),
          fc.array(fc.nat(60), { minLength: 100, maxLength: 200 }),
          fc.integer({ min: 300, max: 3_000 }),
          async (batchSize, keyNumbers, durationMs) => {
            const keys = keyNumbers.map((n) => `key-${n}`);
            const world: World = new World({
              shardCount: 2,
              configuration: { parallelizationFactor: lanes, batchSize },
              handler: () => world.clock.sleep(durationMs),
            });
            world.putAll(keys);
            await world.run(250);
            const lanesWithBacklog = new Set(keys.map((key) => laneOf(key, lanes))).size;
            expect(world.mapping.snapshot()).toMatchObject({
              ceiling: 2 * lanes,
              lanesBusy: lanesWithBacklog,
            });
            await world.until(() => world.done === keys.length);
            expect(world.concurrencyMax.get(SHARD)).toBe(lanesWithBacklog);
            await world.mapping.stop(0);
          },
        ),
        { numRuns: 20 },
      );
    },
  );
});
