import { describe, expect, test } from '@jest/globals';
import { AwsError } from '../../local/gateway/aws-error.ts';
import { laneOf } from '../../local/lambda/event-source-mapping/lane-of.ts';
import {
  CONFIGURATION,
  type Delivery,
  itemFailures,
  SHARD,
  sequence,
  Throttled,
  World,
} from '../helpers/mapping-world.ts';

/** Keys of which the first goes to lane 0, the second to lane 1, and so on. */
function keysOfLanes(lanes: number): readonly string[] {
  return Array.from({ length: lanes }, (_, lane) => {
    for (let n = 0; ; n += 1) if (laneOf(`key-${n}`, lanes) === lane) return `key-${n}`;
  });
}

const failsFor =
  (n: number) =>
  ({ sequenceNumbers }: Delivery) => {
    if (sequenceNumbers.includes(sequence(n))) throw new Error(`cannot do ${n}`);
  };

/** A function that works through its batch until it meets record `n`, and reports that. */
const reports =
  (n: number) =>
  ({ sequenceNumbers }: Delivery) =>
    sequenceNumbers.includes(sequence(n)) ? itemFailures(sequence(n)) : itemFailures();

describe('batches', () => {
  test('without a window the records are delivered as they are found, up to the batch size', async () => {
    const world = new World({ configuration: { batchSize: 3 } });
    world.putAll(['a', 'b', 'c', 'd']);
    await world.run(1_000);
    expect(world.delivered).toEqual([[1, 2, 3], [4]]);
    world.aws.put('e');
    await world.clock.advance(1_000);
    expect(world.delivered).toEqual([[1, 2, 3], [4], [5]]);
    expect(world.counts).toEqual({ settled: 5, failed: 0, parked: 0, dropped: 0 });
  });

  test('an empty stream invokes nothing', async () => {
    const world = new World({ configuration: { batchWindowMs: 1_000 } });
    await world.run(10_000);
    expect(world.deliveries).toEqual([]);
  });

  test('the window opens with the first record, and closes early when the batch is full', async () => {
    const world = new World({ configuration: { batchSize: 3, batchWindowMs: 5_000 } });
    world.mapping.start();
    await world.clock.advance(60_000);
    world.putAll(['a', 'b']);
    await world.until(() => world.deliveries.length > 0, 50);
    expect(world.delivered).toEqual([[1, 2]]);
    // The 125 ms are the poller's phase: it finds the records at its next read.
    expect(world.deliveries[0]?.atMs).toBe(world.startedAtMs + 60_125 + 5_000);
    world.putAll(['c', 'd', 'e']);
    await world.clock.advance(250);
    expect(world.delivered).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });

  test('the next window opens when the previous invocation completes', async () => {
    const world: World = new World({
      configuration: { batchSize: 2, batchWindowMs: 10_000 },
      handler: () => world.clock.sleep(3_000),
    });
    world.putAll(['a', 'b', 'c']);
    await world.run(60_000);
    expect(world.delivered).toEqual([[1, 2], [3]]);
    const [first, second] = world.deliveries;
    expect(second?.atMs).toBe((first?.atMs ?? 0) + 3_000 + 10_000);
  });

  test('the window closes early when the payload reaches 6 MB, base64 counted', async () => {
    const world = new World({ configuration: { batchWindowMs: 300_000 } });
    const megabyte = 'x'.repeat(1_000_000);
    for (let n = 0; n < 6; n += 1) world.aws.put('a', { data: megabyte });
    await world.run(1_000);
    expect(world.delivered).toEqual([[1, 2, 3, 4]]);
    expect(Buffer.byteLength(world.deliveries[0]?.payload ?? '')).toBeLessThan(6_291_456);
  });

  test('the event carries the records as they are on the stream', async () => {
    const world = new World();
    world.aws.put('schlüssel', { data: 'hello' });
    await world.run(1_000);
    expect(JSON.parse(world.deliveries[0]?.payload ?? '')).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: 'schlüssel',
            sequenceNumber: sequence(1),
            data: 'aGVsbG8=',
            approximateArrivalTimestamp: 1_767_225_600,
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: `${SHARD}:${sequence(1)}`,
          eventName: 'aws:kinesis:record',
          invokeIdentityArn: CONFIGURATION.roleArn,
          awsRegion: 'eu-central-1',
          eventSourceARN: CONFIGURATION.eventSourceArn,
        },
      ],
    });
  });

  test('iterator age is the age of the last record when the batch is handed over', async () => {
    const world = new World();
    world.aws.put('a', { ageMs: 90_000 });
    world.aws.put('b', { ageMs: 20_000 });
    await world.run(1_000);
    expect(world.iteratorAgesMs).toEqual([20_125]);
    expect(world.mapping.snapshot().shards[0]?.iteratorAgeMs).toBe(20_125);
  });
});

describe('lanes', () => {
  test('each lane has one invocation in flight, and a key keeps its lane', async () => {
    const keys = keysOfLanes(4);
    const world: World = new World({
      configuration: { batchSize: 1, parallelizationFactor: 4 },
      handler: () => world.clock.sleep(10_000),
    });
    world.putAll([...keys, ...keys]);
    await world.run(1_000);
    expect(world.delivered).toEqual([[1], [2], [3], [4]]);
    expect(world.mapping.snapshot()).toMatchObject({
      ceiling: 4,
      lanesBusy: 4,
      inFlightRecords: 4,
      buffered: 4,
    });
    await world.clock.advance(10_000);
    expect(world.delivered.slice(4)).toEqual([[5], [6], [7], [8]]);
    expect(world.concurrencyMax.get(SHARD)).toBe(4);
  });

  test('a failing batch holds up its own lane only', async () => {
    const [a = '', b = ''] = keysOfLanes(2);
    const world = new World({
      configuration: { batchSize: 1, parallelizationFactor: 2 },
      handler: failsFor(1),
    });
    world.putAll([a, b, a, b]);
    await world.run(10_000);
    const others = world.delivered.flat().filter((n) => n !== 1);
    expect(others).toEqual([2, 4]);
  });

  test('as an option it holds up the whole shard until it is done with', async () => {
    const [a = '', b = ''] = keysOfLanes(2);
    const world = new World({
      configuration: { batchSize: 1, parallelizationFactor: 2, maximumRetryAttempts: 2 },
      options: { failureBlocks: 'shard' },
      handler: failsFor(1),
    });
    world.putAll([a, b, a, b]);
    await world.run(10_000);
    expect(world.delivered.slice(0, 4)).toEqual([[1], [2], [1], [1]]);
    expect(world.delivered.slice(4).flat().sort()).toEqual([3, 4]);
  });

  test('the checkpoint is where everything before it is settled, in all lanes', async () => {
    const [a = '', b = ''] = keysOfLanes(2);
    const world: World = new World({
      configuration: { batchSize: 1, parallelizationFactor: 2 },
      handler: ({ sequenceNumbers }) =>
        world.clock.sleep(sequenceNumbers.includes(sequence(2)) ? 5_000 : 100),
    });
    const checkpoint = () => world.mapping.snapshot().shards[0]?.checkpoint;
    world.mapping.start();
    expect(world.mapping.snapshot().shards).toEqual([]);
    world.putAll([a, b, a, a]);
    await world.clock.advance(2_000);
    expect(world.counts.settled).toBe(3);
    expect(checkpoint()).toBe(sequence(1));
    await world.clock.advance(5_000);
    expect(checkpoint()).toBe(sequence(4));
  });
});

describe('partial batch responses', () => {
  const configuration = { batchSize: 3, maximumRetryAttempts: 3, reportBatchItemFailures: true };

  // Six records by three, only the fifth (from 0) fails: recorded on AWS.
  test('the retry budget begins anew when the checkpoint moves: 5 deliveries, 4 of them in the record', async () => {
    const world = new World({ configuration, handler: reports(6) });
    world.putAll(['a', 'a', 'a', 'a', 'a', 'a']);
    await world.run(60_000);
    expect(world.delivered).toEqual([[1, 2, 3], [4, 5, 6], [6], [6], [6], [6]]);
    expect(world.failureRecords).toMatchObject([
      {
        requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 4 },
        responseContext: { statusCode: 200, functionError: null },
        KinesisBatchInfo: { batchSize: 1, startSequenceNumber: sequence(6), endSequenceNumber: sequence(6) },
      },
    ]);
    expect(world.counts).toEqual({ settled: 5, failed: 7, parked: 1, dropped: 0 });
    expect(new Set(world.failures)).toEqual(new Set(['BatchItemFailures']));
  });

  test('the lowest sequence number is the checkpoint, and all behind it comes again', async () => {
    let answers = 0;
    const world = new World({
      configuration: { ...configuration, batchSize: 5 },
      handler: () => {
        answers += 1;
        return answers === 1 ? itemFailures(sequence(5), sequence(3)) : null;
      },
    });
    world.putAll(['a', 'b', 'c', 'd', 'e']);
    await world.run(10_000);
    expect(world.delivered).toEqual([
      [1, 2, 3, 4, 5],
      [3, 4, 5],
    ]);
    expect(world.counts.settled).toBe(5);
  });

  test('with bisect it is still only trimmed', async () => {
    const world = new World({
      configuration: { ...configuration, batchSize: 4, bisectBatchOnFunctionError: true },
      handler: reports(2),
    });
    world.putAll(['a', 'b', 'c', 'd']);
    await world.run(60_000);
    const trimmed = [2, 3, 4];
    expect(world.delivered).toEqual([[1, 2, 3, 4], trimmed, trimmed, trimmed, trimmed]);
    expect(world.counts).toMatchObject({ settled: 1, parked: 3 });
  });

  test('a malformed response fails the whole batch', async () => {
    const world = new World({ configuration, handler: () => itemFailures('') });
    world.putAll(['a', 'b']);
    await world.run(60_000);
    expect(world.delivered).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(world.failureRecords).toMatchObject([{ KinesisBatchInfo: { batchSize: 2 } }]);
    expect(world.failures[0]).toBe('MalformedBatchItemFailures');
  });
});

describe('retries', () => {
  test('come after 0.5 s, then half as long again each time', async () => {
    const world = new World({ handler: failsFor(1) });
    world.aws.put('a');
    await world.run(10_000);
    const times = world.deliveries.map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(gaps).toEqual([500, 750, 1_125, 1_687.5, 2_531.25]);
  });

  test('N of them are N + 1 deliveries, then the next batch comes', async () => {
    const world = new World({
      configuration: { batchSize: 2, maximumRetryAttempts: 2 },
      handler: failsFor(1),
    });
    world.putAll(['a', 'b', 'c']);
    await world.run(10_000);
    expect(world.delivered).toEqual([[1, 2], [1, 2], [1, 2], [3]]);
    expect(world.failureRecords).toMatchObject([
      {
        requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
        responseContext: { functionError: 'Unhandled' },
      },
    ]);
  });

  test('what never reaches the function costs no attempt, and is not a delivery', async () => {
    let invocations = 0;
    const world = new World({
      configuration: { maximumRetryAttempts: 0 },
      handler: () => {
        invocations += 1;
        if (invocations <= 5) throw new Throttled();
      },
    });
    world.aws.put('a');
    await world.run(60_000);
    expect(invocations).toBe(6);
    expect(world.counts).toEqual({ settled: 1, failed: 5, parked: 0, dropped: 0 });
    expect(world.iteratorAgesMs).toHaveLength(1);
    expect(world.failures).toEqual(Array(5).fill('NotDelivered'));
    const activity = `mapping work → worker: invoking worker for ${SHARD}`;
    expect(world.log).toEqual([
      `${activity} fails and is retried: TooManyRequestsException: Rate Exceeded.`,
      `${activity} works again`,
    ]);
  });

  test('bisect isolates the one record that fails, in order and at no cost of attempts', async () => {
    const world = new World({
      configuration: { batchSize: 8, bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 },
      handler: failsFor(4),
    });
    world.putAll(['a', 'a', 'a', 'a', 'a', 'a', 'a']);
    await world.run(60_000);
    expect(world.delivered).toEqual([
      [1, 2, 3, 4, 5, 6, 7],
      [1, 2, 3],
      [4, 5, 6, 7],
      [4, 5],
      [4],
      [4],
      [5],
      [6, 7],
    ]);
    expect(world.failureRecords).toMatchObject([
      { requestContext: { approximateInvokeCount: 2 }, KinesisBatchInfo: { batchSize: 1 } },
    ]);
    expect(world.counts).toMatchObject({ settled: 6, parked: 1 });
  });
});

describe('record age', () => {
  test('expired records are cut from the front and sent alone, undelivered; the rest is delivered', async () => {
    const world = new World({ configuration: { maximumRecordAgeS: 60 } });
    world.aws.put('a', { ageMs: 61_000 });
    world.putAll(['a', 'a', 'a', 'a', 'a']);
    await world.run(1_000);
    expect(world.delivered).toEqual([[2, 3, 4, 5, 6]]);
    const [record] = world.failureRecords;
    expect(record).toMatchObject({
      requestContext: {
        requestId: expect.any(String),
        condition: 'RecordAgeExceeded',
        approximateInvokeCount: 1,
      },
      KinesisBatchInfo: { batchSize: 1, startSequenceNumber: sequence(1), endSequenceNumber: sequence(1) },
    });
    expect(record).not.toHaveProperty('responseContext');
  });

  test('a record that expires while it is retried says how often it was delivered', async () => {
    const world = new World({ configuration: { maximumRecordAgeS: 60 }, handler: failsFor(1) });
    world.aws.put('a');
    await world.run(120_000);
    // 0.5 s × 1.5ⁿ sums up to 57 s after ten retries; the eleventh would come too late.
    expect(world.deliveries).toHaveLength(11);
    expect(world.failureRecords).toMatchObject([
      { requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 11 } },
    ]);
  });
});

describe('the failure destination', () => {
  const configuration = { maximumRetryAttempts: 0 };

  test('gets the record with the event as an escaped JSON string, as the function role', async () => {
    const world = new World({
      configuration: { ...configuration, functionVersion: '7' },
      handler: failsFor(1),
    });
    world.aws.put('a');
    await world.run(1_000);
    const [put] = world.aws.called('PutObject');
    expect(put?.call.principal).toEqual({ kind: 'role', arn: CONFIGURATION.roleArn, sessionName: 'worker' });
    expect(put?.call.input).toMatchObject({ Bucket: 'failures', ContentType: 'application/json' });
    expect([...world.aws.objects.keys()]).toEqual([
      expect.stringMatching(
        /^aws\/lambda\/6f1f0d2c-0000-4000-8000-000000000000\/shardId-000000000000\/2026\/01\/01\/2026-01-01T00\.00\.00-[\da-f-]{36}$/,
      ),
    ]);
    expect(world.failureRecords[0]).toMatchObject({
      requestContext: { functionArn: CONFIGURATION.functionArn },
      responseContext: { executedVersion: '7' },
      payload: world.deliveries[0]?.payload,
    });
  });

  test('as an option gets the event as an object', async () => {
    const options = { failurePayload: 'object' } as const;
    const world = new World({ configuration, options, handler: failsFor(1) });
    world.aws.put('a');
    await world.run(1_000);
    expect(world.failureRecords[0]?.['payload']).toEqual(JSON.parse(world.deliveries[0]?.payload ?? ''));
  });

  test('holds the lane until it can be written, under one key, and drops nothing', async () => {
    const world = new World({ configuration: { ...configuration, batchSize: 1 }, handler: failsFor(1) });
    world.aws.fail('PutObject', new AwsError('AccessDenied', 'Access Denied', 403), 5);
    world.putAll(['a', 'a']);
    await world.run(2_000);
    expect(world.delivered).toEqual([[1]]);
    expect(world.mapping.snapshot()).toMatchObject({ inFlightRecords: 1, buffered: 1 });
    await world.clock.advance(60_000);
    expect(world.delivered).toEqual([[1], [2]]);
    const keys = world.aws.called('PutObject').map(({ call }) => call.input['Key']);
    expect(keys).toHaveLength(6);
    expect(new Set(keys).size).toBe(1);
    expect(world.counts).toMatchObject({ settled: 1, parked: 1, dropped: 0 });
    expect(world.log).toHaveLength(2);
  });

  test('if there is none the records are dropped, counted and logged', async () => {
    const { failureDestinationArn: _, ...without } = CONFIGURATION;
    const world = new World({ base: { ...without, maximumRetryAttempts: 0 }, handler: failsFor(1) });
    world.putAll(['a', 'b']);
    await world.run(1_000);
    expect(world.counts).toMatchObject({ settled: 0, parked: 0, dropped: 2 });
    expect(world.aws.called('PutObject')).toEqual([]);
    expect(world.log).toEqual([expect.stringContaining(sequence(1))]);
  });
});
