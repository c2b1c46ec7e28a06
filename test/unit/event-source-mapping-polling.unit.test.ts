/** How a mapping reads its stream, and what holds whatever fails: nothing skipped, no key out of order. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AwsError } from '../../local/gateway/aws-error.ts';
import { type Delivery, itemFailures, SHARD, Throttled, World } from '../helpers/mapping-world.ts';

const RATE_EXCEEDED = new AwsError('ProvisionedThroughputExceededException', 'Rate exceeded');

describe('polling', () => {
  test('is never faster than five reads a second of one shard, also while there is more', async () => {
    const world = new World({ configuration: { batchSize: 10 } });
    world.putAll(Array.from({ length: 5_000 }, (_, n) => `key-${n}`));
    await world.run(3_000);
    const reads = world.aws.called('GetRecords').map(({ atMs }) => atMs);
    expect(world.counts.settled).toBe(5_000);
    for (const [index, atMs] of reads.entries()) {
      const sixth = reads[index + 5];
      if (sixth !== undefined) expect(sixth - atMs).toBeGreaterThanOrEqual(1_000);
    }
  });

  test('rests for its interval at the end of the shard', async () => {
    const world = new World({ options: { pollIntervalMs: 1_000 } });
    await world.run(10_000);
    expect(world.aws.called('GetRecords')).toHaveLength(10);
  });

  test('goes on after a throttle, an expired iterator and an error, from where it was', async () => {
    const world = new World();
    world.putAll(['a', 'b']);
    await world.run(1_000);
    world.aws.fail('GetRecords', RATE_EXCEEDED, 2);
    world.aws.fail('GetRecords', new AwsError('ExpiredIteratorException', 'Iterator expired.'), 1);
    world.aws.fail('GetRecords', new AwsError('InternalFailure', 'Internal service failure.', 500), 3);
    world.putAll(['c', 'd']);
    await world.until(() => world.counts.settled === 4);
    expect(world.delivered).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('says once that it may not, and once that it may again', async () => {
    const world = new World();
    world.aws.fail('GetRecords', new AwsError('AccessDeniedException', 'not authorized'), 4);
    world.putAll(['a']);
    await world.run(60_000);
    expect(world.counts.settled).toBe(1);
    const denials = world.log.filter(
      (line) => line.includes('AccessDenied') || line.includes('not authorized'),
    );
    expect(denials).toHaveLength(1);
  });

  test('stops reading while its lanes are full, and loses nothing by it', async () => {
    const limits = { laneBatchesWaiting: 2, shardRecordsMax: 40, shardBytesMax: 1_000_000 };
    const world: World = new World({
      configuration: { batchSize: 10 },
      options: { limits },
      handler: () => world.clock.sleep(1_000),
    });
    world.putAll(Array.from({ length: 200 }, (_, n) => `key-${n}`));
    await world.run(2_000);
    const [shard] = world.mapping.snapshot().shards;
    expect((shard?.buffered ?? 0) + (shard?.inFlightRecords ?? 0)).toBeLessThanOrEqual(
      limits.shardRecordsMax,
    );
    await world.until(() => world.counts.settled === 200);
    expect(world.delivered.flat()).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });
});

describe('shards', () => {
  test('each open shard has its poller, those listed on later pages too', async () => {
    const world = new World({ shardCount: 5 });
    world.aws.pageSize = 2;
    for (let n = 0; n < 5; n += 1) world.putAll(['a'], `shardId-00000000000${n}`);
    await world.run(1_000);
    expect(world.counts.settled).toBe(5);
    expect(world.mapping.snapshot().ceiling).toBe(5);
  });

  test('children are read after their parent is drained, not before', async () => {
    const world: World = new World({ handler: () => world.clock.sleep(5_000) });
    world.putAll(['a']);
    await world.run(1_000);
    const child = world.aws.addShard([SHARD]);
    world.aws.closeShard(SHARD);
    world.putAll(['a'], child);
    await world.clock.advance(3_000);
    expect(world.delivered).toEqual([[1]]);
    await world.until(() => world.counts.settled === 2);
    expect(world.delivered).toEqual([[1], [2]]);
    expect(world.mapping.snapshot().ceiling).toBe(1);
  });
});

describe('stopping', () => {
  test('waits for the invocation in flight, and begins no other', async () => {
    const world: World = new World({
      configuration: { batchSize: 1 },
      handler: () => world.clock.sleep(1_000),
    });
    world.putAll(['a', 'b']);
    await world.run(500);
    const stopped = world.mapping.stop(5_000);
    await world.clock.advance(2_000);
    expect(await stopped).toBe(true);
    expect(world.delivered).toEqual([[1]]);
  });

  test('gives up waiting after its limit', async () => {
    const world = new World({ handler: () => new Promise(() => {}) });
    world.putAll(['a']);
    await world.run(500);
    const stopped = world.mapping.stop(1_000);
    await world.clock.advance(1_000);
    expect(await stopped).toBe(false);
  });
});

/** What becomes of a record: it always succeeds, fails so many times, never succeeds, or is throttled so many times. */
type Fate = { readonly kind: 'fine' | 'fails' | 'poison' | 'throttled'; readonly times: number };

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>({ kind: 'fine', times: 0 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 2 }).map((times): Fate => ({ kind: 'fails', times })) },
  { weight: 1, arbitrary: fc.constant<Fate>({ kind: 'poison', times: 0 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 2 }).map((times): Fate => ({ kind: 'throttled', times })),
  },
);

/** A function that meets its records' fates in order, and answers a failure by throwing or by reporting it. */
function fateful(fates: readonly Fate[], reports: boolean) {
  const met = new Map<number, number>();
  const processed: number[] = [];
  const handler = ({ sequenceNumbers }: Delivery) => {
    const numbers = sequenceNumbers.map(Number);
    const times = (n: number) => {
      met.set(n, (met.get(n) ?? 0) + 1);
      return met.get(n) ?? 0;
    };
    const throttled = numbers.find((n) => fates[n - 1]?.kind === 'throttled');
    if (throttled !== undefined && times(throttled) <= (fates[throttled - 1]?.times ?? 0))
      throw new Throttled();
    for (const n of numbers) {
      const { kind = 'fine', times: failures = 0 } = fates[n - 1] ?? {};
      const fails = kind === 'poison' || (kind === 'fails' && times(n) <= failures);
      if (fails && reports) return itemFailures(sequenceNumbers[numbers.indexOf(n)]);
      if (fails) throw new Error(`cannot do ${n}`);
      processed.push(n);
    }
    return itemFailures();
  };
  return { handler, processed };
}

test('whatever fails: no record is skipped, no key is out of order, only poison is parked, lanes bound concurrency', async () => {
  const stream = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fate }), {
    minLength: 1,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(
      stream,
      fc.constantFrom(1, 2, 10),
      fc.integer({ min: 1, max: 12 }),
      fc.boolean(),
      async (records, parallelizationFactor, batchSize, reports) => {
        const fates = records.map((record) => record.fate);
        const { handler, processed } = fateful(fates, reports);
        const world = new World({
          configuration: {
            batchSize,
            parallelizationFactor,
            maximumRetryAttempts: 5,
            bisectBatchOnFunctionError: true,
            reportBatchItemFailures: reports,
          },
          // Otherwise a partial failure takes its neighbours in the batch along when its retries end.
          options: { halveOnRepeatedPartialFailure: true },
          handler,
        });
        world.putAll(records.map(({ key }) => key));
        world.mapping.start();
        await world.until(() => world.done === records.length, 10_000);
        const poison = fates.flatMap(({ kind }, index) => (kind === 'poison' ? [index + 1] : []));
        const fine = records.map((_, index) => index + 1).filter((n) => !poison.includes(n));
        expect([...new Set(processed)].sort((a, b) => a - b)).toEqual(fine);
        expect(parkedBy(world)).toEqual(poison);
        for (const key of 'abcdef')
          expect(firstsOf(key, records, processed)).toEqual(sorted(firstsOf(key, records, processed)));
        expect(world.concurrencyMax.get(SHARD)).toBeLessThanOrEqual(parallelizationFactor);
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);

/** The records in the failure bucket, as small numbers. */
function parkedBy({ failureRecords }: World): number[] {
  const parked = failureRecords.flatMap(({ payload }) => {
    const { Records } = JSON.parse(String(payload)) as { Records: { kinesis: { sequenceNumber: string } }[] };
    return Records.map(({ kinesis }) => Number(kinesis.sequenceNumber));
  });
  return sorted(parked);
}

/** The records of one key in the order in which they were first processed. */
function firstsOf(
  key: string,
  records: readonly { readonly key: string }[],
  processed: readonly number[],
): number[] {
  return [...new Set(processed)].filter((n) => records[n - 1]?.key === key);
}

function sorted(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}
