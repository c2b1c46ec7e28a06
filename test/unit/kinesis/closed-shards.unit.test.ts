import { describe, expect, test } from '@jest/globals';
import { getRecords } from '../../../local/kinesis/operations/get-records.ts';
import { getShardIterator } from '../../../local/kinesis/operations/get-shard-iterator.ts';
import { listShards } from '../../../local/kinesis/operations/list-shards.ts';
import { Shard } from '../../../local/kinesis/shard.ts';
import { Stream } from '../../../local/kinesis/stream.ts';
import { Streams } from '../../../local/kinesis/streams.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { ARN, SHARD_0, STREAM } from './fixture.ts';

const RETENTION_MS = 24 * 3_600_000;
const CHILD_1 = 'shardId-000000000001';
const CHILD_2 = 'shardId-000000000002';

/** A shard with two records that was split, ten seconds after it was made, into two. */
async function splitStream() {
  const clock = new VirtualClock();
  const streams = new Streams(clock, 'eu-central-1');
  const shared = { retentionMs: RETENTION_MS, clock };
  const parent = new Shard({ ...shared, index: 0, hashKeyRange: { start: 0n, end: 9n } });
  for (const data of ['b25l', 'dHdv']) parent.put({ partitionKey: 'k', data, sizeBytes: 4 });
  const openedAtS = clock.now() / 1_000;
  await clock.advance(10_000);
  parent.close();
  const child = (index: number, start: bigint, end: bigint) =>
    new Shard({ ...shared, index, hashKeyRange: { start, end }, parentShardId: SHARD_0 });
  // The stream is as old as its first shard, so its own clock still stands where the other one started.
  const options = { name: STREAM, arn: ARN, shardCount: 2, retentionHours: 24, clock: new VirtualClock() };
  const stream = new Stream(options, [parent, child(1, 0n, 4n), child(2, 5n, 9n)]);
  streams.add(stream);
  const iterator = (ShardIteratorType: string) =>
    getShardIterator(streams, { StreamName: STREAM, ShardId: SHARD_0, ShardIteratorType }).ShardIterator;
  return { clock, streams, stream, iterator, openedAtS };
}

describe('a closed shard', () => {
  test('is read to its end, and there names its children and no next iterator', async () => {
    const { iterator, streams } = await splitStream();
    const first = getRecords(streams, { ShardIterator: iterator('TRIM_HORIZON'), Limit: 1 });
    expect(first).toMatchObject({ Records: [{ Data: 'b25l' }], NextShardIterator: expect.any(String) });
    expect(first.ChildShards).toBeUndefined();
    expect(getRecords(streams, { ShardIterator: first.NextShardIterator })).toMatchObject({
      Records: [{ Data: 'dHdv' }],
      NextShardIterator: null,
      MillisBehindLatest: 0,
      ChildShards: [
        {
          ShardId: CHILD_1,
          ParentShards: [SHARD_0],
          HashKeyRange: { StartingHashKey: '0', EndingHashKey: '4' },
        },
        { ShardId: CHILD_2, ParentShards: [SHARD_0] },
      ],
    });
    const atItsEnd = getRecords(streams, { ShardIterator: iterator('LATEST') });
    expect(atItsEnd).toMatchObject({ Records: [], NextShardIterator: null });
  });

  test('gets no more records: its hash keys belong to its children', async () => {
    const { stream } = await splitStream();
    expect(stream.openShardCount).toBe(2);
    expect([0n, 4n, 5n, 9n].map((hashKey) => stream.shardFor(hashKey).shardId)).toEqual([
      CHILD_1,
      CHILD_1,
      CHILD_2,
      CHILD_2,
    ]);
  });

  test('is listed with its ending sequence number, its children with their parent', async () => {
    const { streams } = await splitStream();
    const [parent, child] = listShards(streams, { StreamName: STREAM }).Shards;
    expect(parent?.SequenceNumberRange.EndingSequenceNumber).toMatch(/^\d{56}$/);
    expect(child).toMatchObject({ ShardId: CHILD_1, ParentShardId: SHARD_0 });
    expect(child?.SequenceNumberRange.EndingSequenceNumber).toBeUndefined();
  });

  test.each([
    ['FROM_TRIM_HORIZON', undefined, [SHARD_0, CHILD_1, CHILD_2]],
    ['AT_TRIM_HORIZON', undefined, [SHARD_0]],
    ['AT_LATEST', undefined, [CHILD_1, CHILD_2]],
    ['AT_TIMESTAMP', 5, [SHARD_0]],
    ['AT_TIMESTAMP', 11, [CHILD_1, CHILD_2]],
    ['FROM_TIMESTAMP', 5, [SHARD_0, CHILD_1, CHILD_2]],
    ['FROM_TIMESTAMP', 11, [CHILD_1, CHILD_2]],
  ])('is listed or not by the filter %s %s', async (Type, afterS, expected) => {
    const { openedAtS, streams } = await splitStream();
    const Timestamp = afterS === undefined ? undefined : openedAtS + afterS;
    const answer = listShards(streams, { StreamName: STREAM, ShardFilter: { Type, Timestamp } });
    expect(answer.Shards.map((shard) => shard.ShardId)).toEqual(expected);
  });

  test('is no longer listed once its last record is past retention', async () => {
    const { clock, streams } = await splitStream();
    await clock.advance(RETENTION_MS + 1);
    const ids = listShards(streams, { StreamName: STREAM }).Shards.map((shard) => shard.ShardId);
    expect(ids).toEqual([CHILD_1, CHILD_2]);
  });
});
