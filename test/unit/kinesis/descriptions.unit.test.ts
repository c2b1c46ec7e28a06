import { describe, expect, test } from '@jest/globals';
import { ARN, kinesisWithStream, SHARD_0, STREAM } from './fixture.ts';

interface ListShardsAnswer {
  readonly Shards: readonly { readonly ShardId: string }[];
  readonly NextToken?: string;
}

const ids = (answer: ListShardsAnswer) => answer.Shards.map((shard) => Number(shard.ShardId.slice(-12)));

describe('ListShards', () => {
  test('describes each shard', async () => {
    const { call, stream } = kinesisWithStream(1);
    expect(await call('ListShards', { StreamName: STREAM })).toEqual({
      Shards: [
        {
          ShardId: SHARD_0,
          HashKeyRange: { StartingHashKey: '0', EndingHashKey: '340282366920938463463374607431768211455' },
          SequenceNumberRange: { StartingSequenceNumber: stream.shards[0]?.startingSequenceNumber },
        },
      ],
    });
  });

  test('pages through the shards, keeping to the filter', async () => {
    const { call } = kinesisWithStream(7);
    const first = await call<ListShardsAnswer>('ListShards', {
      StreamARN: ARN,
      MaxResults: 3,
      ShardFilter: { Type: 'AFTER_SHARD_ID', ShardId: SHARD_0 },
    });
    expect(ids(first)).toEqual([1, 2, 3]);
    const second = await call<ListShardsAnswer>('ListShards', { NextToken: first.NextToken, MaxResults: 2 });
    expect(ids(second)).toEqual([4, 5]);
    const third = await call<ListShardsAnswer>('ListShards', { NextToken: second.NextToken });
    expect(ids(third)).toEqual([6]);
    expect(third.NextToken).toBeUndefined();
  });

  test('gives 1,000 shards a page at most, whatever is asked', async () => {
    const { call } = kinesisWithStream(1_001);
    const answer = await call<ListShardsAnswer>('ListShards', { StreamName: STREAM, MaxResults: 5_000 });
    expect(answer.Shards).toHaveLength(1_000);
    expect(ids(await call('ListShards', { NextToken: answer.NextToken }))).toEqual([1_000]);
  });

  test('a token lasts five minutes', async () => {
    const { call, clock } = kinesisWithStream(2);
    const page = { StreamName: STREAM, MaxResults: 1 };
    const { NextToken } = await call<ListShardsAnswer>('ListShards', page);
    await clock.advance(300_000);
    expect(ids(await call('ListShards', { NextToken }))).toEqual([1]);
    await clock.advance(1);
    await expect(call('ListShards', { NextToken })).rejects.toMatchObject({
      code: 'ExpiredNextTokenException',
    });
  });

  test('the creation time tells streams of one name apart', async () => {
    const { call, clock } = kinesisWithStream();
    const madeAt = (StreamCreationTimestamp: number) =>
      call('ListShards', { StreamName: STREAM, StreamCreationTimestamp });
    await expect(madeAt(clock.now() / 1_000)).resolves.toMatchObject({ Shards: [{}] });
    await expect(madeAt(clock.now() / 1_000 - 1)).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });

  test.each([
    [{}, 'Either NextToken or StreamName should be provided.'],
    [{ NextToken: 'x', StreamName: STREAM }, 'NextToken and StreamName cannot be provided together.'],
    [{ NextToken: 'x' }, 'NextToken is invalid.'],
    [
      { StreamName: STREAM, ShardFilter: { Type: 'AT_TIMESTAMP' } },
      'Timestamp must be provided for AT_TIMESTAMP.',
    ],
    [
      { StreamName: STREAM, ShardFilter: { Type: 'AFTER_SHARD_ID' } },
      'ShardId must be provided for AFTER_SHARD_ID.',
    ],
  ])('%j is an InvalidArgumentException: %s', async (input, message) => {
    const { call } = kinesisWithStream();
    await expect(call('ListShards', input)).rejects.toMatchObject({
      code: 'InvalidArgumentException',
      message,
    });
  });
});

describe('DescribeStream, DescribeStreamSummary, ListStreams', () => {
  const common = {
    StreamName: STREAM,
    StreamARN: ARN,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    StreamCreationTimestamp: 1767225600,
  };

  test('DescribeStreamSummary', async () => {
    const { call } = kinesisWithStream(4, 48);
    expect(await call('DescribeStreamSummary', { StreamARN: ARN })).toEqual({
      StreamDescriptionSummary: {
        ...common,
        RetentionPeriodHours: 48,
        EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
        EncryptionType: 'NONE',
        OpenShardCount: 4,
        ConsumerCount: 0,
        MaxRecordSizeInKiB: 1_024,
      },
    });
  });

  test('DescribeStream pages through the shards', async () => {
    const { call } = kinesisWithStream(3);
    const describePage = (more: object) => call('DescribeStream', { StreamName: STREAM, ...more });
    expect(await describePage({ Limit: 2 })).toMatchObject({
      StreamDescription: {
        ...common,
        Shards: [{ ShardId: SHARD_0 }, { ShardId: 'shardId-000000000001' }],
        HasMoreShards: true,
      },
    });
    expect(await describePage({ ExclusiveStartShardId: 'shardId-000000000001' })).toMatchObject({
      StreamDescription: { Shards: [{ ShardId: 'shardId-000000000002' }], HasMoreShards: false },
    });
  });

  test('an encrypted stream says so wherever AWS does', async () => {
    const { call, kinesis } = kinesisWithStream();
    const arn = ARN.replace(STREAM, 'secret');
    kinesis.createStream({
      name: 'secret',
      arn,
      shardCount: 1,
      retentionHours: 24,
      kmsKeyId: 'alias/aws/kinesis',
    });
    const StreamName = 'secret';
    expect(await call('DescribeStreamSummary', { StreamName })).toMatchObject({
      StreamDescriptionSummary: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
    });
    const record = { PartitionKey: 'a', Data: '' };
    expect(await call('PutRecord', { StreamName, ...record })).toMatchObject({ EncryptionType: 'KMS' });
    expect(await call('PutRecords', { StreamName, Records: [record] })).toMatchObject({
      EncryptionType: 'KMS',
    });
    const start = { StreamName, ShardId: SHARD_0, ShardIteratorType: 'TRIM_HORIZON' };
    const { ShardIterator } = await call<{ ShardIterator: string }>('GetShardIterator', start);
    expect(await call('GetRecords', { ShardIterator })).toMatchObject({
      Records: [{ EncryptionType: 'KMS' }, { EncryptionType: 'KMS' }],
    });
  });

  test('ListStreams pages through the streams in the order of their names', async () => {
    const { call, kinesis } = kinesisWithStream();
    for (const name of ['b', 'a']) {
      kinesis.createStream({ name, arn: ARN.replace(STREAM, name), shardCount: 1, retentionHours: 24 });
    }
    const first = await call<{ NextToken: string }>('ListStreams', { Limit: 2 });
    expect(first).toMatchObject({ StreamNames: ['a', 'b'], HasMoreStreams: true });
    const rest = { StreamNames: [STREAM], HasMoreStreams: false, StreamSummaries: [common] };
    expect(await call('ListStreams', { NextToken: first.NextToken })).toEqual(rest);
    expect(await call('ListStreams', { ExclusiveStartStreamName: 'b' })).toEqual(rest);
  });
});
