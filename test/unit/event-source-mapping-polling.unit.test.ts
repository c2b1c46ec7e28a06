import { describe, expect, test } from '@jest/globals';
import { AwsError } from '../../local/gateway/aws-error.ts';
import type { CallAws } from '../../local/gateway/call.ts';
import { Kinesis } from '../../local/kinesis/kinesis.ts';
import { DEFAULT_OPTIONS } from '../../local/lambda/event-source-mapping/configuration.ts';
import { laneOf } from '../../local/lambda/event-source-mapping/lane-of.ts';
import { EventSourceMapping } from '../../local/lambda/event-source-mapping/mapping.ts';
import { CONFIGURATION, SHARD, sequence, World } from '../helpers/mapping-world.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const SECOND_SHARD = 'shardId-000000000001';

describe('reads', () => {
  test('are made with the permissions of the function role', async () => {
    const world = new World();
    await world.run(1_000);
    const operations = ['ListShards', 'GetShardIterator', 'GetRecords'];
    expect(new Set(world.aws.calls.map(({ call }) => call.operation))).toEqual(new Set(operations));
    for (const { call } of world.aws.calls) {
      expect(call).toMatchObject({
        service: 'kinesis',
        input: { StreamARN: CONFIGURATION.eventSourceArn },
        principal: { kind: 'role', arn: CONFIGURATION.roleArn },
      });
    }
  });

  test('of an idle shard come at the poll interval', async () => {
    const world = new World({ options: { pollIntervalMs: 1_000 } });
    await world.run(10_000);
    expect(world.aws.called('GetRecords')).toHaveLength(10);
  });

  test('of a backlog come as often as Kinesis takes them: five a second', async () => {
    const world = new World({ options: { pollIntervalMs: 1_000 }, configuration: { batchSize: 10_000 } });
    for (let n = 0; n < 55_000; n += 1) world.aws.put('a');
    await world.run(2_000);
    const reads = world.aws.called('GetRecords').map(({ atMs }) => atMs - world.startedAtMs);
    expect(reads).toEqual([500, 700, 900, 1_100, 1_300, 1_500]);
    expect(world.counts.settled).toBe(55_000);
  });

  test('begin at a phase of their own on each shard', async () => {
    let draws = 0;
    const random = () => {
      draws += 1;
      return draws / 10;
    };
    const world = new World({ shardCount: 3, random });
    await world.run(240);
    expect(world.aws.called('GetRecords').map(({ atMs }) => atMs - world.startedAtMs)).toEqual([25, 50, 75]);
  });

  test('that are throttled wait for the next turn and are no fault', async () => {
    const world = new World();
    world.aws.put('a');
    world.aws.fail('GetRecords', new AwsError('ProvisionedThroughputExceededException', 'Rate exceeded'), 2);
    await world.run(1_000);
    expect(world.delivered).toEqual([[1]]);
    expect(world.aws.called('GetShardIterator')).toHaveLength(1);
    expect(world.log).toEqual([]);
  });

  test('that are refused are retried with back-off for ever, and logged once per change', async () => {
    const world = new World();
    world.aws.put('a');
    world.aws.fail('GetShardIterator', new AwsError('AccessDeniedException', 'no policy'), 8);
    world.aws.fail('GetShardIterator', new AwsError('ResourceNotFoundException', 'no stream'), 2);
    await world.run(120_000);
    expect(world.delivered).toEqual([[1]]);
    expect(world.aws.called('GetShardIterator')).toHaveLength(11);
    expect(world.log).toEqual([
      `mapping work → worker: polling ${SHARD} fails and is retried: AccessDeniedException: no policy`,
      `mapping work → worker: polling ${SHARD} fails and is retried: ResourceNotFoundException: no stream`,
      `mapping work → worker: polling ${SHARD} works again`,
    ]);
  });

  test('go on after the last record when the iterator expires, as it does while the lanes are full', async () => {
    const world: World = new World({
      configuration: { batchSize: 1 },
      options: { limits: { laneBatchesWaiting: 1, shardRecordsMax: 2, shardBytesMax: 1_000_000 } },
      handler: () => world.clock.sleep(400_000),
    });
    world.putAll(['a', 'a', 'a', 'a']);
    await world.run(2_000_000);
    expect(world.delivered).toEqual([[1], [2], [3], [4]]);
    const iterators = world.aws.called('GetShardIterator').map(({ call }) => call.input);
    expect(iterators[0]).toMatchObject({ ShardIteratorType: 'TRIM_HORIZON' });
    expect(iterators[1]).toMatchObject({
      ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
      StartingSequenceNumber: sequence(2),
    });
    expect(world.log).toEqual([]);
  });
});

describe('the starting position', () => {
  async function deliveredFrom(world: World): Promise<readonly number[]> {
    world.aws.put('a', { ageMs: 10_000 });
    world.mapping.start();
    await world.clock.advance(50);
    world.aws.put('a');
    await world.clock.advance(1_000);
    return world.delivered.flat();
  }

  test('TRIM_HORIZON takes what is there already', async () => {
    expect(await deliveredFrom(new World())).toEqual([1, 2]);
  });

  test('LATEST takes what comes after the mapping first looked, though its first read comes later', async () => {
    expect(await deliveredFrom(new World({ configuration: { startingPosition: 'LATEST' } }))).toEqual([2]);
  });

  test('AT_TIMESTAMP takes what arrived since', async () => {
    const startingPositionTimestampS = Date.UTC(2026, 0, 1) / 1_000 - 11;
    const configuration = { startingPosition: 'AT_TIMESTAMP', startingPositionTimestampS } as const;
    expect(await deliveredFrom(new World({ configuration }))).toEqual([1, 2]);
    const later = { ...configuration, startingPositionTimestampS: startingPositionTimestampS + 2 };
    expect(await deliveredFrom(new World({ configuration: later }))).toEqual([2]);
  });
});

describe('buffering', () => {
  const limits = { laneBatchesWaiting: 2, shardRecordsMax: 500, shardBytesMax: 1_000_000 };

  test('is bounded by records while nothing is done with', async () => {
    const world: World = new World({
      configuration: { batchSize: 1_000, batchWindowMs: 300_000, parallelizationFactor: 2 },
      options: { limits },
    });
    for (let n = 0; n < 5_000; n += 1) world.aws.put(`key-${n}`);
    await world.run(10_000);
    // The limit gives way to a full batch for each lane, else all would wait for their windows.
    expect(world.mapping.snapshot().buffered + world.counts.settled).toBeGreaterThan(1_500);
    expect(world.mapping.snapshot().buffered).toBeLessThanOrEqual(2_000);
    expect(world.counts.settled).toBeGreaterThan(0);
  });

  test('of a single lane stops at its batches, not at the shard limit', async () => {
    const world: World = new World({ handler: () => world.clock.sleep(3_600_000) });
    for (let n = 0; n < 9_000; n += 1) world.aws.put('a');
    await world.run(60_000);
    const { buffered, inFlightRecords } = world.mapping.snapshot();
    expect(inFlightRecords).toBe(100);
    expect(buffered).toBeGreaterThanOrEqual(DEFAULT_OPTIONS.limits.laneBatchesWaiting * 100);
    expect(buffered).toBeLessThan(2 * DEFAULT_OPTIONS.limits.laneBatchesWaiting * 100);
  });

  test('is bounded by bytes', async () => {
    const world: World = new World({
      configuration: { batchSize: 1 },
      options: { limits: { ...limits, laneBatchesWaiting: 10_000, shardBytesMax: 100_000 } },
      handler: () => world.clock.sleep(3_600_000),
    });
    world.mapping.start();
    for (let n = 0; n < 20; n += 1) {
      world.aws.put('a', { data: 'x'.repeat(30_000) });
      await world.clock.advance(1_000);
    }
    // Base64 and the frame of the event make 40 KB of 30; reading stops with the third.
    expect(world.mapping.snapshot()).toMatchObject({ inFlightRecords: 1, buffered: 2 });
  });

  test('lets a hot key run ahead, so that the other lanes get what lies behind it', async () => {
    const hot = 'key-0';
    const cold = Array.from({ length: 50 }, (_, n) => `key-${n}`).filter(
      (key) => laneOf(key, 2) !== laneOf(hot, 2),
    );
    const world: World = new World({
      configuration: { batchSize: 10, parallelizationFactor: 2 },
      handler: ({ keys }) => world.clock.sleep(keys.includes(hot) ? 3_600_000 : 10),
    });
    for (let n = 0; n < 5_000; n += 1) world.aws.put(hot);
    world.putAll(cold);
    await world.run(10_000);
    expect(world.counts.settled).toBe(cold.length);
  });
});

describe('shards', () => {
  test('are listed page by page', async () => {
    const world = new World({ shardCount: 5 });
    world.aws.pageSize = 2;
    await world.run(1_000);
    expect(world.mapping.snapshot().shards.map(({ shardId }) => shardId)).toHaveLength(5);
    expect(world.mapping.snapshot().ceiling).toBe(5);
  });

  test('that appear later are found, and read from their beginning even with LATEST', async () => {
    const world = new World({ configuration: { startingPosition: 'LATEST' } });
    await world.run(1_000);
    const shardId = world.aws.addShard();
    world.aws.put('a', { shardId });
    await world.clock.advance(3_000);
    expect(world.deliveries).toMatchObject([{ shardId }]);
    expect(world.mapping.snapshot().ceiling).toBe(2);
  });

  test('that were split off are read when their parent is drained and done with, not before', async () => {
    const world: World = new World({ handler: () => world.clock.sleep(10_000) });
    world.aws.put('a');
    await world.run(1_000);
    const child = world.aws.addShard([SHARD]);
    world.aws.put('a', { shardId: child });
    world.aws.closeShard(SHARD);
    await world.clock.advance(5_000);
    expect(world.deliveries.map(({ shardId }) => shardId)).toEqual([SHARD]);
    expect(world.mapping.snapshot()).toMatchObject({ ceiling: 1, shards: [{ shardId: SHARD }] });
    await world.clock.advance(20_000);
    expect(world.deliveries.map(({ shardId }) => shardId)).toEqual([SHARD, child]);
    expect(world.mapping.snapshot().shards).toMatchObject([{ shardId: child, checkpoint: sequence(2) }]);
  });

  test('at whose end records wait for their window are delivered at once', async () => {
    const world = new World({ configuration: { batchWindowMs: 300_000 } });
    world.aws.put('a');
    world.aws.closeShard(SHARD);
    await world.run(1_000);
    expect(world.delivered).toEqual([[1]]);
  });

  test('that cannot be listed are listed again with back-off', async () => {
    const world = new World({ shardCount: 2 });
    world.aws.put('a', { shardId: SECOND_SHARD });
    world.aws.fail('ListShards', new AwsError('AccessDeniedException', 'no policy'), 4);
    await world.run(10_000);
    expect(world.delivered).toEqual([[1]]);
    expect(world.log).toEqual([
      'mapping work → worker: listing shards fails and is retried: AccessDeniedException: no policy',
      'mapping work → worker: listing shards works again',
    ]);
  });
});

describe('stop', () => {
  test('waits for the invocation in flight, counts it, and begins nothing new', async () => {
    const world: World = new World({
      configuration: { batchSize: 1 },
      handler: () => world.clock.sleep(5_000),
    });
    world.putAll(['a', 'a', 'a']);
    await world.run(1_000);
    const stopped = world.mapping.stop(30_000);
    const calls = world.aws.calls.length;
    await world.clock.advance(5_000);
    expect(await stopped).toBe(true);
    expect(world.counts.settled).toBe(1);
    await world.clock.advance(60_000);
    expect(world.delivered).toEqual([[1]]);
    expect(world.aws.calls).toHaveLength(calls);
    expect(world.clock.sleeping).toBe(0);
    expect(world.mapping.snapshot().shards).toMatchObject([{ checkpoint: sequence(1), buffered: 2 }]);
  });

  test('gives up waiting at its limit', async () => {
    const world: World = new World({ handler: () => world.clock.sleep(60_000) });
    world.aws.put('a');
    await world.run(1_000);
    const stopped = world.mapping.stop(10_000);
    await world.clock.advance(10_000);
    expect(await stopped).toBe(false);
  });

  test.each([
    ['backing off', {}],
    ['waiting for its window', { batchWindowMs: 300_000 }],
    ['holding its lane for the failure destination', { maximumRetryAttempts: 0 }],
  ])('ends a lane that is %s', async (_what, configuration) => {
    const world = new World({
      configuration,
      handler: () => {
        throw new Error('no');
      },
    });
    world.aws.fail('PutObject', new AwsError('AccessDenied', 'Access Denied', 403), 1_000);
    world.aws.put('a');
    await world.run(20_000);
    const stopped = world.mapping.stop(1_000);
    await world.clock.advance(0);
    expect(await stopped).toBe(true);
    expect(world.clock.sleeping).toBe(0);
    expect(world.done).toBe(0);
  });

  test('works on a mapping that was never started, and a second start is refused', async () => {
    const world = new World();
    expect(await world.mapping.stop(1_000)).toBe(true);
    const other = new World();
    other.mapping.start();
    expect(() => other.mapping.start()).toThrow('was started before');
  });
});

test('on the local Kinesis a backlog is read to its end within the limits of its shards', async () => {
  const clock = new VirtualClock();
  const kinesis = new Kinesis({ clock, region: CONFIGURATION.region });
  const stream = kinesis.createStream({
    name: 'work',
    arn: CONFIGURATION.eventSourceArn,
    shardCount: 2,
    retentionHours: 24,
  });
  const callAws: CallAws = ({ operation, input }) => kinesis.execute(operation, input);
  for (let second = 0; second < 5; second += 1) {
    const records = Array.from({ length: 500 }, (_, n) => ({
      PartitionKey: `key-${second}-${n}`,
      Data: 'eA==',
    }));
    await kinesis.execute('PutRecords', { StreamName: 'work', Records: records });
    await clock.advance(1_000);
  }
  const sequenceNumbers: string[] = [];
  const log: string[] = [];
  const mapping = new EventSourceMapping(
    { ...CONFIGURATION, parallelizationFactor: 10 },
    {
      clock,
      callAws,
      invoke: async (_functionName, payload) => {
        const event = JSON.parse(payload) as { Records: { kinesis: { sequenceNumber: string } }[] };
        sequenceNumbers.push(...event.Records.map(({ kinesis: { sequenceNumber } }) => sequenceNumber));
        return { requestId: 'r', payload: 'null' };
      },
      random: () => 0,
      uuid: () => 'u',
      observer: {},
      log: (line) => log.push(line),
    },
  );
  mapping.start();
  await clock.advance(5_000);
  expect(new Set(sequenceNumbers).size).toBe(2_500);
  expect(sequenceNumbers).toHaveLength(2_500);
  for (const { shardId, checkpoint } of mapping.snapshot().shards) {
    expect(stream.shard(shardId)?.backlogAfter(checkpoint)).toBe(0);
    expect(stream.shard(shardId)?.totals.readsThrottled).toBe(0);
  }
  expect(log).toEqual([]);
  expect(await mapping.stop(0)).toBe(true);
});
