import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blob, kinesisWithStream, numbered, SHARD_0, STREAM, texts } from './fixture.ts';

const HOUR_MS = 3_600_000;
const RATE_EXCEEDED = {
  code: 'ProvisionedThroughputExceededException',
  message: 'Rate exceeded for shard shardId-000000000000 in stream user-create under account 000000000000.',
};

describe('GetShardIterator', () => {
  test('each type starts where it says', async () => {
    const { clock, iterator, get, put } = kinesisWithStream();
    await put('one');
    await clock.advance(1_000);
    const two = await put('two');
    const twoAtS = clock.now() / 1_000;
    await clock.advance(1_000);
    await put('three');
    const from = async (type: string, more = {}) => {
      const token = await iterator(type, more);
      await clock.advance(1_000); // keeps under five reads a second
      return texts(await get(token));
    };
    expect(await from('TRIM_HORIZON')).toEqual(['one', 'two', 'three']);
    expect(await from('LATEST')).toEqual([]);
    const StartingSequenceNumber = two.SequenceNumber;
    expect(await from('AT_SEQUENCE_NUMBER', { StartingSequenceNumber })).toEqual(['two', 'three']);
    expect(await from('AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber })).toEqual(['three']);
    expect(await from('AT_TIMESTAMP', { Timestamp: twoAtS })).toEqual(['two', 'three']);
    expect(await from('AT_TIMESTAMP', { Timestamp: twoAtS + 0.001 })).toEqual(['three']);
    expect(await from('AT_TIMESTAMP', { Timestamp: 0 })).toEqual(['one', 'two', 'three']);
  });

  test('LATEST sees what is put after the iterator was given out', async () => {
    const { iterator, get, put } = kinesisWithStream();
    await put('before');
    const latest = await iterator('LATEST');
    await put('after');
    expect(texts(await get(latest))).toEqual(['after']);
  });

  test("a shard's own starting sequence number is before its first record", async () => {
    const { iterator, get, put, stream } = kinesisWithStream();
    await put('first');
    const StartingSequenceNumber = stream.shards[0]?.startingSequenceNumber;
    const at = await iterator('AT_SEQUENCE_NUMBER', { StartingSequenceNumber });
    const after = await iterator('AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber });
    expect(texts(await get(at))).toEqual(['first']);
    expect(texts(await get(after))).toEqual(['first']);
  });

  test('refuses a sequence number of another shard, another stream or none', async () => {
    const { clock, iterator, kinesis, call, stream } = kinesisWithStream(2);
    const at = (StartingSequenceNumber: string | undefined) =>
      iterator('AT_SEQUENCE_NUMBER', { StartingSequenceNumber });
    await expect(at(stream.shards[1]?.startingSequenceNumber)).rejects.toMatchObject({
      code: 'InvalidArgumentException',
      message:
        'Invalid StartingSequenceNumber. It encodes shardId-000000000001, ' +
        'while it was used in a call to a shard with shardId-000000000000',
    });
    await clock.advance(1_000);
    kinesis.createStream({ name: 'other', arn: 'arn:other', shardCount: 1, retentionHours: 24 });
    const put = { StreamName: 'other', PartitionKey: 'a', Data: '' };
    const { SequenceNumber } = await call<{ SequenceNumber: string }>('PutRecord', put);
    await expect(at(SequenceNumber)).rejects.toMatchObject({
      code: 'InvalidArgumentException',
      message:
        `StartingSequenceNumber ${SequenceNumber} used in GetShardIterator on shard shardId-000000000000 ` +
        'in stream user-create under account 000000000000 is invalid because it did not come from this stream.',
    });
    await expect(at('7')).rejects.toMatchObject({
      message:
        'StartingSequenceNumber 7 used in GetShardIterator on shard shardId-000000000000 ' +
        'in stream user-create under account 000000000000 is invalid.',
    });
  });

  test('refuses a starting point that does not go with the type', async () => {
    const { clock, iterator } = kinesisWithStream();
    const rule =
      'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or ' +
      '(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. ';
    await expect(iterator('AT_SEQUENCE_NUMBER')).rejects.toMatchObject({
      code: 'InvalidArgumentException',
      message: `${rule}Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.`,
    });
    await expect(iterator('LATEST', { StartingSequenceNumber: '5' })).rejects.toMatchObject({
      message: `${rule}Request specified LATEST and also a StartingSequenceNumber.`,
    });
    await expect(iterator('AT_TIMESTAMP')).rejects.toMatchObject({ code: 'InvalidArgumentException' });
    const nowMs = clock.now();
    await expect(iterator('AT_TIMESTAMP', { Timestamp: nowMs / 1_000 + 1 })).rejects.toMatchObject({
      message:
        'The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ' +
        `timestampInMillis: ${nowMs + 1_000}, currentTimestampInMillis: ${nowMs}`,
    });
  });

  test('names the shard that does not exist', async () => {
    const { iterator } = kinesisWithStream();
    await expect(iterator('LATEST', { ShardId: 'shardId-000000000009' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      message: 'Shard shardId-000000000009 in stream user-create under account 000000000000 does not exist',
    });
  });
});

describe('GetRecords', () => {
  test('answers with records in the wire shape, arrival in seconds', async () => {
    const { get, iterator, put } = kinesisWithStream();
    const { SequenceNumber } = await put('hello', 'key');
    expect(await get(await iterator('TRIM_HORIZON'))).toEqual({
      Records: [
        {
          SequenceNumber,
          ApproximateArrivalTimestamp: 1767225600,
          Data: 'aGVsbG8=',
          PartitionKey: 'key',
        },
      ],
      NextShardIterator: expect.any(String),
      MillisBehindLatest: 0,
    });
  });

  test('MillisBehindLatest is not 0 while there is more, even within the same millisecond', async () => {
    const { iterator, get, put } = kinesisWithStream();
    for (const text of ['one', 'two', 'three']) await put(text);
    const answer = await get(await iterator('TRIM_HORIZON'), { Limit: 2 });
    expect(texts(answer)).toEqual(['one', 'two']);
    expect(answer.MillisBehindLatest).toBeGreaterThan(0);
  });

  test('MillisBehindLatest is the age of the last record read, and 0 at the tip', async () => {
    const { clock, get, iterator, put } = kinesisWithStream();
    for (const text of ['one', 'two', 'three']) {
      await put(text);
      await clock.advance(1_500);
    }
    const first = await get(await iterator('TRIM_HORIZON'), { Limit: 1 });
    expect(first.MillisBehindLatest).toBe(4_500);
    const second = await get(first.NextShardIterator, { Limit: 1 });
    expect(second.MillisBehindLatest).toBe(3_000);
    const third = await get(second.NextShardIterator, { Limit: 1 });
    expect(third.MillisBehindLatest).toBe(0);
    expect(await get(third.NextShardIterator)).toMatchObject({ Records: [], MillisBehindLatest: 0 });
  });

  test('iterators hand out every record once and in order, however they are read', async () => {
    const turns = fc.array(fc.record({ puts: fc.nat({ max: 30 }), limit: fc.integer({ min: 1, max: 20 }) }), {
      maxLength: 25,
    });
    await fc.assert(
      fc.asyncProperty(turns, async (schedule) => {
        const { clock, get, iterator, putMany } = kinesisWithStream();
        let next: string | null = await iterator('TRIM_HORIZON');
        let sent = 0;
        const received: string[] = [];
        const readOn = async (limit: number) => {
          await clock.advance(250);
          const answer = await get(next, { Limit: limit });
          received.push(...texts(answer));
          next = answer.NextShardIterator;
        };
        for (const { puts, limit } of schedule) {
          if (puts > 0) await putMany(numbered(puts, sent));
          sent += puts;
          await readOn(limit);
        }
        await readOn(10_000);
        expect(received).toEqual(numbered(sent));
      }),
      { numRuns: 40 },
    );
  });

  test('an iterator can be used again and reads the same', async () => {
    const { get, iterator, put } = kinesisWithStream();
    await put('one');
    const token = await iterator('TRIM_HORIZON');
    expect(texts(await get(token))).toEqual(['one']);
    await put('two');
    expect(texts(await get(token, { Limit: 1 }))).toEqual(['one']);
  });

  test('an iterator lasts five minutes', async () => {
    const { clock, get, iterator } = kinesisWithStream();
    const token = await iterator('LATEST');
    await clock.advance(300_000);
    await expect(get(token)).resolves.toMatchObject({ Records: [] });
    await clock.advance(1);
    await expect(get(token)).rejects.toMatchObject({
      code: 'ExpiredIteratorException',
      message:
        'Iterator expired. The iterator was created at time Thu Jan 01 00:00:00 UTC 2026 while right now it is ' +
        'Thu Jan 01 00:05:00 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds.',
    });
  });

  test.each(['a', 'AAAAAAAAAAE=', Buffer.from('1/x/s/shardId-000000000000/1').toString('base64')])(
    'the text %s is no iterator',
    async (text) => {
      const { get } = kinesisWithStream();
      await expect(get(text)).rejects.toMatchObject({
        code: 'InvalidArgumentException',
        message: 'Invalid ShardIterator.',
      });
    },
  );

  test('an iterator goes with the ARN of its own stream only', async () => {
    const { get, iterator, stream } = kinesisWithStream();
    const token = await iterator('LATEST');
    await expect(get(token, { StreamARN: stream.arn })).resolves.toMatchObject({ Records: [] });
    const StreamARN = stream.arn.replace(STREAM, 'other');
    await expect(get(token, { StreamARN })).rejects.toMatchObject({ code: 'InvalidArgumentException' });
  });

  test('a shard takes five calls a second, from all readers together', async () => {
    const { clock, get, iterator, stream } = kinesisWithStream();
    const readers = [await iterator('LATEST'), await iterator('TRIM_HORIZON')];
    for (const call of [0, 1, 2, 3, 4]) await get(readers[call % 2] ?? '');
    await expect(get(readers[0] ?? '')).rejects.toMatchObject(RATE_EXCEEDED);
    expect(stream.shards[0]?.totals.readsThrottled).toBe(1);
    await clock.advance(200);
    await expect(get(readers[0] ?? '')).resolves.toMatchObject({ Records: [] });
    await expect(get(readers[1] ?? '')).rejects.toMatchObject(RATE_EXCEEDED);
  });

  test('answers with 10,000 records at most', async () => {
    const { clock, get, iterator, putMany } = kinesisWithStream();
    for (let second = 0; second < 11; second += 1) {
      await putMany(numbered(500));
      await putMany(numbered(500));
      await clock.advance(1_000);
    }
    const answer = await get(await iterator('TRIM_HORIZON'));
    expect(answer.Records).toHaveLength(10_000);
    expect(answer.MillisBehindLatest).toBe(2_000);
    expect((await get(answer.NextShardIterator)).Records).toHaveLength(1_000);
  });

  /** `mib` records of 1 MiB, put a second apart; then an hour passes, so that the read limit is rested. */
  async function withMebibytes(mib: number) {
    const shard = kinesisWithStream();
    for (let count = 0; count < mib; count += 1) {
      await shard.call('PutRecord', { StreamName: STREAM, PartitionKey: 'k', Data: blob(1024 * 1024 - 1) });
      await shard.clock.advance(1_000);
    }
    await shard.clock.advance(HOUR_MS);
    return { ...shard, token: await shard.iterator('TRIM_HORIZON') };
  }

  test('answers with 10 MiB at most, and then refuses reads for five seconds', async () => {
    const { clock, get, token } = await withMebibytes(11);
    const answer = await get(token);
    expect(answer.Records).toHaveLength(10);
    await clock.advance(4_999);
    await expect(get(answer.NextShardIterator)).rejects.toMatchObject(RATE_EXCEEDED);
    await clock.advance(1);
    expect((await get(answer.NextShardIterator)).Records).toHaveLength(1);
  });

  test('a shard gives 2 MiB a second: what was read beyond is waited for', async () => {
    const { clock, get, token } = await withMebibytes(5);
    const answer = await get(token, { Limit: 3 });
    expect(answer.Records).toHaveLength(3);
    await clock.advance(500);
    await expect(get(answer.NextShardIterator)).rejects.toMatchObject(RATE_EXCEEDED);
    await clock.advance(1);
    expect((await get(answer.NextShardIterator)).Records).toHaveLength(2);
  });

  test('other shards are not slowed down', async () => {
    const { get, iterator } = kinesisWithStream(2);
    const busy = await iterator('LATEST');
    for (let call = 0; call < 5; call += 1) await get(busy);
    const idle = await iterator('LATEST', { ShardId: 'shardId-000000000001' });
    await expect(get(busy)).rejects.toMatchObject(RATE_EXCEEDED);
    await expect(get(idle)).resolves.toMatchObject({ Records: [] });
  });
});

describe('retention', () => {
  test('records are gone when it is over; older iterators go on at the oldest record left', async () => {
    const { clock, get, iterator, put, stream } = kinesisWithStream(1, 24);
    const old = await put('old');
    await clock.advance(12 * HOUR_MS);
    await put('young');
    const horizon = await iterator('TRIM_HORIZON');
    await clock.advance(12 * HOUR_MS);
    const StartingSequenceNumber = old.SequenceNumber;
    const atOld = () => iterator('AT_SEQUENCE_NUMBER', { StartingSequenceNumber });
    expect(texts(await get(await atOld()))).toEqual(['old', 'young']);
    await clock.advance(1);
    expect(texts(await get(await atOld()))).toEqual(['young']);
    expect(texts(await get(await iterator('TRIM_HORIZON')))).toEqual(['young']);
    expect(stream.shards[0]?.backlogAfter(undefined)).toBe(1);
    await expect(get(horizon)).rejects.toMatchObject({ code: 'ExpiredIteratorException' });
    await clock.advance(12 * HOUR_MS);
    expect(await get(await iterator('TRIM_HORIZON'))).toMatchObject({ Records: [], MillisBehindLatest: 0 });
    expect(stream.shards[0]?.latestSequenceNumber).toBeUndefined();
  });

  test('a record trimmed under an iterator is skipped, not an error', async () => {
    const { clock, get, iterator, put } = kinesisWithStream(1, 24);
    await put('old');
    await clock.advance(24 * HOUR_MS);
    const token = await iterator('TRIM_HORIZON');
    await put('new');
    await clock.advance(1);
    expect(texts(await get(token))).toEqual(['new']);
  });
});

describe('backlog', () => {
  test('counts the records after a checkpoint', async () => {
    const { putMany, stream } = kinesisWithStream();
    const shard = stream.shards[0];
    expect(shard?.backlogAfter(undefined)).toBe(0);
    const { Records } = await putMany(numbered(5));
    expect(shard?.backlogAfter(undefined)).toBe(5);
    expect(shard?.backlogAfter(shard.startingSequenceNumber)).toBe(5);
    expect(Records.map(({ SequenceNumber }) => shard?.backlogAfter(SequenceNumber))).toEqual([4, 3, 2, 1, 0]);
  });

  test('leaves out what retention has cut, also before the checkpoint', async () => {
    const { clock, put, stream } = kinesisWithStream(1, 24);
    const old = await put('old');
    await clock.advance(1_000);
    await put('cut');
    await clock.advance(1_000);
    await put('kept');
    await clock.advance(24 * HOUR_MS - 999);
    expect(stream.shards[0]?.backlogAfter(old.SequenceNumber)).toBe(1);
  });

  test('a checkpoint of another shard is a bug, and said to be', () => {
    const { stream } = kinesisWithStream(2);
    expect(() => stream.shards[0]?.backlogAfter(stream.shards[1]?.startingSequenceNumber)).toThrow(
      RangeError,
    );
    expect(() => stream.shards[0]?.backlogAfter('12')).toThrow(`12 is no sequence number of ${SHARD_0}`);
  });
});
