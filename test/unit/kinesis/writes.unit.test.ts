import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blob, kinesisWithStream, numbered, SHARD_0, STREAM } from './fixture.ts';

const MIB = 1024 * 1024;
const RATE_EXCEEDED = {
  ErrorCode: 'ProvisionedThroughputExceededException',
  ErrorMessage:
    'Rate exceeded for shard shardId-000000000000 in stream user-create under account 000000000000.',
};

describe('PutRecord', () => {
  test('answers with the shard of the partition key and a sequence number', async () => {
    const { put, stream } = kinesisWithStream(4);
    // MD5 of "a" is 0x0cc1…, in the first quarter; of "b" 0x92eb…, in the third.
    expect(await put('x', 'a')).toMatchObject({ ShardId: 'shardId-000000000000' });
    const answer = await put('x', 'b');
    expect(answer).toEqual({
      ShardId: 'shardId-000000000002',
      SequenceNumber: expect.stringMatching(/^\d{56}$/),
    });
    expect(stream.shards[2]?.latestSequenceNumber).toBe(answer.SequenceNumber);
  });

  test('ExplicitHashKey overrides the partition key', async () => {
    const { call } = kinesisWithStream(2);
    const put = (ExplicitHashKey: string) =>
      call('PutRecord', { StreamName: STREAM, PartitionKey: 'a', Data: '', ExplicitHashKey });
    expect(await put('0')).toMatchObject({ ShardId: 'shardId-000000000000' });
    expect(await put('170141183460469231731687303715884105727')).toMatchObject({ ShardId: SHARD_0 });
    const upper = { ShardId: 'shardId-000000000001' };
    expect(await put('170141183460469231731687303715884105728')).toMatchObject(upper);
    expect(await put('340282366920938463463374607431768211455')).toMatchObject(upper);
    await expect(put('340282366920938463463374607431768211456')).rejects.toMatchObject({
      code: 'InvalidArgumentException',
      message:
        'Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. ' +
        'Specified value was 340282366920938463463374607431768211456',
    });
  });

  test('is refused with status 400 over the limit, and its shard counts it', async () => {
    const { put, putMany, stream } = kinesisWithStream();
    await putMany(numbered(500));
    await putMany(numbered(500));
    await expect(put('one more')).rejects.toMatchObject({
      code: RATE_EXCEEDED.ErrorCode,
      message: RATE_EXCEEDED.ErrorMessage,
      statusCode: 400,
    });
    expect(stream.shards[0]?.totals).toMatchObject({ recordsIn: 1_000, writesThrottled: 1 });
  });

  test('takes a record of 1 MiB, partition key included, and none larger', async () => {
    const { call, clock } = kinesisWithStream();
    const put = (dataBytes: number, PartitionKey: string) =>
      call('PutRecord', { StreamName: STREAM, PartitionKey, Data: blob(dataBytes) });
    await put(MIB - 2, 'é');
    await clock.advance(1_000);
    await expect(put(MIB - 1, 'é')).rejects.toMatchObject({ code: 'InvalidArgumentException' });
    await expect(put(MIB + 1, 'é')).rejects.toMatchObject({
      code: 'ValidationException',
      message:
        "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048577 cap=1048577]' at 'data' " +
        'failed to satisfy constraint: Member must have length less than or equal to 1048576',
    });
  });

  test('checks SequenceNumberForOrdering', async () => {
    const { call, put } = kinesisWithStream();
    const { SequenceNumber } = await put('first');
    const putAfter = (SequenceNumberForOrdering: string) =>
      call<{ SequenceNumber: string }>('PutRecord', {
        StreamName: STREAM,
        PartitionKey: 'a',
        Data: '',
        SequenceNumberForOrdering,
      });
    expect((await putAfter(SequenceNumber)).SequenceNumber > SequenceNumber).toBe(true);
    await expect(putAfter('5')).rejects.toMatchObject({ code: 'InvalidArgumentException' });
  });

  test('a dry run puts nothing', async () => {
    const { call, stream } = kinesisWithStream();
    const input = { StreamName: STREAM, PartitionKey: 'a', Data: '', DryRun: true };
    await expect(call('PutRecord', input)).rejects.toMatchObject({ code: 'DryRunOperationException' });
    expect(stream.shards[0]?.totals.recordsIn).toBe(0);
  });
});

describe('PutRecords', () => {
  test('answers entry by entry in the order of the request', async () => {
    const { call } = kinesisWithStream(2);
    const Records = ['0', '1', '0'].map((half) => ({
      PartitionKey: 'any',
      Data: '',
      ExplicitHashKey: half === '0' ? '0' : '340282366920938463463374607431768211455',
    }));
    const SequenceNumber = expect.stringMatching(/^\d{56}$/);
    expect(await call('PutRecords', { StreamName: STREAM, Records })).toEqual({
      FailedRecordCount: 0,
      Records: [
        { ShardId: 'shardId-000000000000', SequenceNumber },
        { ShardId: 'shardId-000000000001', SequenceNumber },
        { ShardId: 'shardId-000000000000', SequenceNumber },
      ],
    });
  });

  test('a shard over its limit fails its own entries, in place, and no others', async () => {
    const { call, putMany, stream } = kinesisWithStream(2);
    const onShard = (index: number) => ({
      PartitionKey: 'any',
      Data: '',
      ExplicitHashKey: String(stream.shards[index]?.hashKeyRange.start),
    });
    const fill = { StreamName: STREAM, Records: Array.from({ length: 499 }, () => onShard(0)) };
    await call('PutRecords', fill);
    await call('PutRecords', fill);
    const answer = await call('PutRecords', {
      StreamName: STREAM,
      Records: [onShard(0), onShard(1), onShard(0), onShard(0), onShard(1)],
    });
    const SequenceNumber = expect.any(String);
    expect(answer).toEqual({
      FailedRecordCount: 1,
      Records: [
        { ShardId: 'shardId-000000000000', SequenceNumber },
        { ShardId: 'shardId-000000000001', SequenceNumber },
        { ShardId: 'shardId-000000000000', SequenceNumber },
        RATE_EXCEEDED,
        { ShardId: 'shardId-000000000001', SequenceNumber },
      ],
    });
    await expect(putMany([])).rejects.toMatchObject({ code: 'ValidationException' });
  });

  test('bytes are limited as records are: a large entry fails, a small one behind it fits', async () => {
    const { call, clock, stream } = kinesisWithStream();
    const entry = (bytes: number) => ({ PartitionKey: 'k', Data: blob(bytes - 1) });
    const put = (...sizes: number[]) => call('PutRecords', { StreamName: STREAM, Records: sizes.map(entry) });
    expect(await put(900 * 1024, 200 * 1024, 124 * 1024)).toMatchObject({
      FailedRecordCount: 1,
      Records: [{ ShardId: SHARD_0 }, RATE_EXCEEDED, { ShardId: SHARD_0 }],
    });
    expect(stream.shards[0]?.totals).toMatchObject({ bytesIn: MIB, writesThrottled: 1 });
    await clock.advance(499);
    expect(await put(512 * 1024)).toMatchObject({ FailedRecordCount: 1 });
    await clock.advance(1);
    expect(await put(512 * 1024)).toMatchObject({ FailedRecordCount: 0 });
  });

  test('5,000 records on one shard within a second: 1,000 to 2,000 are accepted', async () => {
    const { clock, putMany } = kinesisWithStream();
    let accepted = 0;
    for (let call = 0; call < 10; call += 1) {
      const answer = await putMany(numbered(500));
      accepted += 500 - answer.FailedRecordCount;
      await clock.advance(100);
    }
    expect(accepted).toBe(1_900); // a full bucket, and 900 ms of refill until the last call
  });

  test('over any ten seconds a shard accepts 11,000 records at most', async () => {
    const calls = fc.array(
      fc.record({ pauseMs: fc.integer({ min: 0, max: 900 }), count: fc.integer({ min: 1, max: 500 }) }),
      { minLength: 40, maxLength: 80 },
    );
    await fc.assert(
      fc.asyncProperty(calls, async (schedule) => {
        const { clock, stream } = kinesisWithStream();
        const record = { partitionKey: 'k', data: '', sizeBytes: 1 };
        const accepted: { atMs: number; count: number }[] = [];
        for (const { pauseMs, count } of schedule) {
          await clock.advance(pauseMs);
          const tried = Array.from({ length: count }, () => stream.shards[0]?.put(record));
          accepted.push({ atMs: clock.now(), count: tried.filter((assigned) => assigned).length });
        }
        for (const { atMs: fromMs } of accepted) {
          const within = accepted.filter(({ atMs }) => atMs >= fromMs && atMs <= fromMs + 10_000);
          expect(within.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(11_000);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('flooded without a pause, a shard accepts a bucket at once and then its rate', async () => {
    const { clock, putMany, stream } = kinesisWithStream();
    for (let elapsedMs = 0; elapsedMs <= 10_000; elapsedMs += 250) {
      await putMany(numbered(500));
      await putMany(numbered(500));
      await clock.advance(250);
    }
    expect(stream.shards[0]?.totals.recordsIn).toBe(11_000);
  });

  test('more than 500 entries, or more than 10 MiB of them, are refused whole', async () => {
    const { call, putMany, stream } = kinesisWithStream(16);
    await expect(putMany(numbered(501))).rejects.toMatchObject({
      code: 'ValidationException',
      message:
        "1 validation error detected: Value '[501 members]' at 'records' " +
        'failed to satisfy constraint: Member must have length less than or equal to 500',
    });
    const Records = Array.from({ length: 11 }, () => ({ PartitionKey: 'k', Data: blob(MIB - 1) }));
    await expect(call('PutRecords', { StreamName: STREAM, Records })).rejects.toMatchObject({
      code: 'InvalidArgumentException',
      message: 'Records size exceeds 10 MB limit',
    });
    expect(stream.shards.reduce((sum, shard) => sum + shard.totals.recordsIn, 0)).toBe(0);
  });
});
