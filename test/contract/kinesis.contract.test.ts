/** Kinesis through the AWS endpoint, by the real SDK client on both of its protocols. */
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { systemClock } from '../../local/clock.ts';
import { Gateway } from '../../local/gateway/gateway.ts';
import { Identities } from '../../local/gateway/identities.ts';
import { Kinesis } from '../../local/kinesis/kinesis.ts';

const REGION = 'eu-central-1';
const FIRST_SHARD = 'shardId-000000000000';

const kinesis = new Kinesis({ clock: systemClock, region: REGION });
const gateway = new Gateway({
  services: [kinesis],
  identities: new Identities(),
  clock: systemClock,
  observer: { called: () => {} },
  log: () => {},
});
let endpoint: string;
beforeAll(async () => {
  endpoint = `http://127.0.0.1:${await gateway.listen(0)}`;
});
afterAll(() => gateway.close());

function createStream(name: string, shardCount: number): void {
  const arn = `arn:aws:kinesis:${REGION}:000000000000:stream/${name}`;
  kinesis.createStream({ name, arn, shardCount, retentionHours: 24 });
}

describe.each(['HTTP/2', 'HTTP/1.1'])('over %s', (protocol) => {
  let client: KinesisClient;
  beforeAll(() => {
    client = new KinesisClient({
      endpoint,
      region: REGION,
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      ...(protocol === 'HTTP/1.1' ? { requestHandler: new NodeHttpHandler() } : {}),
    });
  });
  afterAll(() => client.destroy());

  test('what is put comes out, in order, with its bytes', async () => {
    const StreamName = `round-trip-${protocol.replace('/', '-')}`;
    createStream(StreamName, 2);
    const summary = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
    expect(summary.StreamDescriptionSummary).toMatchObject({ OpenShardCount: 2, StreamStatus: 'ACTIVE' });
    const blobs = Array.from({ length: 50 }, (_, n) => Buffer.from([n, 0, 255, 128]));
    const put = await client.send(
      new PutRecordsCommand({
        StreamName,
        Records: blobs.map((Data) => ({ Data, PartitionKey: 'one key' })),
      }),
    );
    expect(put.FailedRecordCount).toBe(0);
    const last = await client.send(
      new PutRecordCommand({ StreamName, Data: Buffer.from('last'), PartitionKey: 'one key' }),
    );
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
    expect(Shards.map(({ ShardId }) => ShardId)).toEqual([FIRST_SHARD, 'shardId-000000000001']);
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({ StreamName, ShardId: last.ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    const { Records = [], MillisBehindLatest } = await client.send(new GetRecordsCommand({ ShardIterator }));
    expect(Records.map(({ Data }) => Buffer.from(Data ?? []))).toEqual([...blobs, Buffer.from('last')]);
    expect(Records.at(-1)?.SequenceNumber).toBe(last.SequenceNumber);
    expect(MillisBehindLatest).toBe(0);
  });
});

test('5,000 records put on one shard at once: 1,000 to 2,000 a second are taken, the others are refused one by one', async () => {
  createStream('limited', 1);
  const client = new KinesisClient({
    endpoint,
    region: REGION,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    requestHandler: new NodeHttpHandler(),
  });
  const startedAtMs = Date.now();
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      client.send(
        new PutRecordsCommand({
          StreamName: 'limited',
          Records: Array.from({ length: 500 }, (_, n) => ({
            Data: Buffer.from('x'),
            PartitionKey: String(n),
          })),
        }),
      ),
    ),
  );
  const tookMs = Date.now() - startedAtMs;
  client.destroy();
  const entries = answers.flatMap(({ Records = [] }) => Records);
  const taken = entries.filter(({ SequenceNumber }) => SequenceNumber !== undefined);
  const refused = entries.filter(({ ErrorCode }) => ErrorCode !== undefined);
  expect(entries).toHaveLength(5_000);
  expect(taken.length + refused.length).toBe(5_000);
  expect(taken.length).toBeGreaterThanOrEqual(1_000);
  expect(taken.length).toBeLessThanOrEqual(Math.max(2_000, 1_000 + tookMs));
  for (const { ErrorCode, ErrorMessage } of refused) {
    expect(ErrorCode).toBe('ProvisionedThroughputExceededException');
    expect(ErrorMessage).toBe(
      `Rate exceeded for shard ${FIRST_SHARD} in stream limited under account 000000000000.`,
    );
  }
  for (const { FailedRecordCount, Records = [] } of answers) {
    expect(FailedRecordCount).toBe(Records.filter(({ ErrorCode }) => ErrorCode).length);
  }
}, 60_000);
