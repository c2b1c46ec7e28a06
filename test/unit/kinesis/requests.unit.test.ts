import { describe, expect, test } from '@jest/globals';
import { ARN, kinesisWithStream, SHARD_0, STREAM } from './fixture.ts';

const long = 'x'.repeat(257);
const pattern = (source: string) => `Member must satisfy regular expression pattern: ${source}`;

describe('bad requests', () => {
  test.each([
    ['DescribeStream', {}, ["null at 'streamName'", 'Member must not be null']],
    ['DescribeStream', { StreamName: 'a b' }, ["'a b' at 'streamName'", pattern('[a-zA-Z0-9_.-]+')]],
    ['GetRecords', {}, ["null at 'shardIterator'", 'Member must not be null']],
    [
      'GetRecords',
      { ShardIterator: 'a', Limit: 10_001 },
      ["'10001' at 'limit'", 'Member must have value less than or equal to 10000'],
    ],
    [
      'GetRecords',
      { ShardIterator: 'a', Limit: 0 },
      ["'0' at 'limit'", 'Member must have value greater than or equal to 1'],
    ],
    [
      'PutRecord',
      { StreamName: STREAM, Data: '', PartitionKey: long },
      [`'${long}' at 'partitionKey'`, 'Member must have length less than or equal to 256'],
    ],
    [
      'PutRecord',
      { StreamName: STREAM, Data: '', PartitionKey: '' },
      ["'' at 'partitionKey'", 'Member must have length greater than or equal to 1'],
    ],
    [
      'PutRecord',
      { StreamName: STREAM, Data: '', PartitionKey: 'a', ExplicitHashKey: '-1' },
      ["'-1' at 'explicitHashKey'", pattern('0|([1-9]\\d{0,38})')],
    ],
    [
      'PutRecords',
      { StreamName: STREAM, Records: [{ Data: '', PartitionKey: 'a' }, { Data: '' }] },
      ["null at 'records.2.member.partitionKey'", 'Member must not be null'],
    ],
    [
      'PutRecords',
      { StreamName: STREAM, Records: [] },
      ["'[]' at 'records'", 'Member must have length greater than or equal to 1'],
    ],
    [
      'ListShards',
      { StreamName: STREAM, ShardFilter: { Type: 'SOME' } },
      [
        "'SOME' at 'shardFilter.type'",
        'Member must satisfy enum value set: ' +
          '[AFTER_SHARD_ID, AT_TRIM_HORIZON, FROM_TRIM_HORIZON, AT_LATEST, AT_TIMESTAMP, FROM_TIMESTAMP]',
      ],
    ],
  ])('%s %j: one validation error', async (operation, input, [where, constraint]) => {
    const { call } = kinesisWithStream();
    await expect(call(operation, input)).rejects.toMatchObject({
      code: 'ValidationException',
      message: `1 validation error detected: Value ${where} failed to satisfy constraint: ${constraint}`,
    });
  });

  test('all faults are named at once, ten at most', async () => {
    const { call } = kinesisWithStream();
    await expect(call('GetShardIterator', {})).rejects.toMatchObject({
      message:
        "3 validation errors detected: Value null at 'shardId' failed to satisfy constraint: " +
        "Member must not be null; Value null at 'shardIteratorType' failed to satisfy constraint: " +
        "Member must not be null; Value null at 'streamName' failed to satisfy constraint: Member must not be null",
    });
    const Records = Array.from({ length: 20 }, () => ({}));
    await expect(call('PutRecords', { StreamName: STREAM, Records })).rejects.toMatchObject({
      message: expect.stringMatching(/^10 validation errors detected/),
    });
  });

  test.each([
    ['PutRecord', { StreamName: 1 }, 'NUMBER_VALUE cannot be converted to String'],
    ['PutRecord', { StreamName: STREAM, Data: true }, 'BOOLEAN_VALUE cannot be converted to Blob'],
    ['PutRecord', { StreamName: STREAM, Data: 'a' }, 'Base64 encoding is not valid.'],
    ['PutRecord', { StreamName: STREAM, Data: 'a=b=' }, 'Base64 encoding is not valid.'],
    ['PutRecords', { StreamName: STREAM, Records: {} }, 'OBJECT_VALUE cannot be converted to List'],
    ['PutRecords', { StreamName: STREAM, Records: [null] }, 'NULL_VALUE cannot be converted to Structure'],
    ['GetRecords', { Limit: '1' }, 'STRING_VALUE cannot be converted to Integer'],
    ['ListShards', { ShardFilter: [] }, 'LIST_VALUE cannot be converted to Structure'],
  ])('%s %j cannot be read: %s', async (operation, input, message) => {
    const { call } = kinesisWithStream();
    await expect(call(operation, input)).rejects.toMatchObject({ code: 'SerializationException', message });
  });

  test.each(['DescribeStream', 'DescribeStreamSummary', 'ListShards'])(
    '%s of a stream that does not exist',
    async (operation) => {
      const { call } = kinesisWithStream();
      const notFound = {
        code: 'ResourceNotFoundException',
        message: 'Stream other under account 000000000000 not found.',
      };
      await expect(call(operation, { StreamName: 'other' })).rejects.toMatchObject(notFound);
      const StreamARN = ARN.replace(STREAM, 'other');
      await expect(call(operation, { StreamARN })).rejects.toMatchObject(notFound);
      const elsewhere = ARN.replace('eu-central-1', 'us-east-1');
      await expect(call(operation, { StreamARN: elsewhere })).rejects.toMatchObject({
        code: 'ResourceNotFoundException',
      });
    },
  );

  test('a name and an ARN must name the same stream', async () => {
    const { call } = kinesisWithStream();
    await expect(call('DescribeStream', { StreamName: STREAM, StreamARN: ARN })).resolves.toBeDefined();
    await expect(call('DescribeStream', { StreamName: 'other', StreamARN: ARN })).rejects.toMatchObject({
      code: 'InvalidArgumentException',
    });
  });

  test.each(['SplitShard', 'DeleteStream', 'constructor', '__proto__'])(
    '%s is an unknown operation',
    async (operation) => {
      const { call, kinesis } = kinesisWithStream();
      const unknown = { code: 'UnknownOperationException' };
      await expect(call(operation, { StreamName: STREAM })).rejects.toMatchObject(unknown);
      expect(() => kinesis.resourceArns(operation, { StreamName: STREAM })).toThrow(
        expect.objectContaining(unknown),
      );
    },
  );
});

describe('what IAM checks a call on', () => {
  test('the stream, however the call names it', async () => {
    const { call, iterator, kinesis } = kinesisWithStream(2);
    const page = { StreamName: STREAM, MaxResults: 1 };
    const { NextToken } = await call<{ NextToken: string }>('ListShards', page);
    const StreamARN = ARN.replace(STREAM, 'one-that-may-be-read');
    const ShardIterator = await iterator('LATEST');
    expect(kinesis.resourceArns('PutRecord', { StreamName: STREAM })).toEqual([ARN]);
    expect(kinesis.resourceArns('PutRecord', { StreamARN: ARN })).toEqual([ARN]);
    expect(kinesis.resourceArns('GetRecords', { ShardIterator, StreamARN })).toEqual([ARN]);
    expect(kinesis.resourceArns('ListShards', { NextToken, StreamARN })).toEqual([ARN]);
    expect(kinesis.resourceArns('ListStreams', {})).toEqual(['*']);
  });

  test('a stream that does not exist has an ARN too', () => {
    const { kinesis } = kinesisWithStream();
    const arn = 'arn:aws:kinesis:eu-central-1:000000000000:stream/other';
    expect(kinesis.resourceArns('PutRecord', { StreamName: 'other' })).toEqual([arn]);
  });

  test('a call that names none is refused', () => {
    const { kinesis } = kinesisWithStream();
    expect(() => kinesis.resourceArns('PutRecord', {})).toThrow("Value null at 'streamName'");
    expect(() => kinesis.resourceArns('GetRecords', { ShardIterator: 'x', StreamARN: ARN })).toThrow(
      'Invalid ShardIterator.',
    );
  });
});

describe('createStream', () => {
  const options = { name: 'new', arn: ARN.replace(STREAM, 'new'), shardCount: 1, retentionHours: 24 };

  test('a name is taken once', () => {
    const { kinesis } = kinesisWithStream();
    kinesis.createStream(options);
    expect(kinesis.streams().map((stream) => stream.name)).toEqual(['new', STREAM]);
    expect(() => kinesis.createStream(options)).toThrow(
      'Stream new under account 000000000000 already exists.',
    );
  });

  test.each([{ shardCount: 0 }, { shardCount: 1.5 }, { retentionHours: 23 }, { retentionHours: 8_761 }])(
    '%j is out of range',
    (wrong) => {
      const { kinesis } = kinesisWithStream();
      expect(() => kinesis.createStream({ ...options, ...wrong })).toThrow('must be a whole number from');
    },
  );

  test('shards say what went through them', async () => {
    const { get, iterator, putMany, stream } = kinesisWithStream();
    await putMany(['one', 'three']);
    await get(await iterator('TRIM_HORIZON'), { Limit: 1 });
    const [shard] = stream.shards;
    expect(shard).toMatchObject({ shardId: SHARD_0, open: true });
    expect(shard?.totals).toEqual({
      recordsIn: 2,
      bytesIn: 16, // each text is its own partition key
      recordsOut: 1,
      writesThrottled: 0,
      readsThrottled: 0,
    });
  });
});
