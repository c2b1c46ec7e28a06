import { connect } from 'node:net';
import { GetItemCommand, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ListStreamsCommand, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { AwsError } from '../../local/gateway/aws-error.ts';
import { Gateway } from '../../local/gateway/gateway.ts';
import { OWNER_KEY, ROLE, STREAM, startGateway, TABLE, type TestGateway } from './gateway-fixture.ts';

const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

const putRecord = (data = 'hello') =>
  new PutRecordCommand({ StreamName: 'user-create', PartitionKey: 'a', Data: Buffer.from(data) });

const putUser = (id: string) =>
  new PutItemCommand({
    TableName: 'users',
    Item: { id: { S: id } },
    ConditionExpression: 'attribute_not_exists(id)',
  });

let cloud: TestGateway;

beforeEach(async () => {
  cloud = await startGateway();
});

afterEach(() => cloud.close());

describe('one port', () => {
  test('serves HTTP/2 and HTTP/1.1 at once', async () => {
    const clients = [cloud.kinesisOverHttp2(), cloud.kinesisOverHttp1()];

    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => clients[index % 2]?.send(putRecord(String(index)))),
    );

    const sequenceNumbers = answers.map((answer) => Number(answer?.SequenceNumber));
    expect(sequenceNumbers.sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
    expect(cloud.kinesis.puts[0]?.['Data']).toBe(Buffer.from('0').toString('base64'));
  });

  test('tells the protocols apart when the first bytes come one by one', async () => {
    const socket = connect(cloud.port, '127.0.0.1').setNoDelay(true);
    for (const byte of 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n') {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }

    const answer = Buffer.concat(await socket.toArray()).toString();

    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
  });

  test('rejects with EADDRINUSE when it is taken', async () => {
    const other = new Gateway({
      services: [],
      identities: cloud.identities,
      clock: { now: () => 0, sleep: async () => {} },
      observer: { called: () => {} },
      log: () => {},
    });

    await expect(other.listen(cloud.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('goes on after a client reset its socket in mid-body', async () => {
    const closed = new Promise<void>((resolve) => {
      const socket = connect(cloud.port, '127.0.0.1', () => {
        socket.write(
          'POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\nContent-Length: 500\r\n\r\n{"Tab',
          () => socket.resetAndDestroy(),
        );
      }).on('close', () => resolve());
    });
    await closed;

    await expect(cloud.dynamoDbClient().send(new ListTablesCommand({}))).resolves.toMatchObject({
      TableNames: ['users'],
    });
  });
});

describe('who calls', () => {
  test('any key but a temporary one is the owner', async () => {
    await cloud.dynamoDbClient({ ...OWNER_KEY, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }).send(putUser('1'));

    expect(cloud.called.at(-1)).toMatchObject({
      principalArn: 'arn:aws:iam::000000000000:root',
      outcome: 'ok',
    });
  });

  test('a role may do what its policies allow, and is seen doing it', async () => {
    await cloud.kinesisOverHttp1(cloud.roleKey()).send(putRecord());

    expect(cloud.called).toEqual([
      {
        principalArn: ROLE,
        service: 'kinesis',
        operation: 'PutRecord',
        action: 'kinesis:PutRecord',
        resourceArns: [STREAM],
        outcome: 'ok',
        durationMs: expect.any(Number),
      },
    ]);
  });

  test("a role may do nothing else: AWS's code and text, and a line in the log", async () => {
    const client = cloud.dynamoDbClient(cloud.roleKey());

    await expect(client.send(putUser('1'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:sts::000000000000:assumed-role/user-create-role/user-create is not authorized to perform: ' +
        `dynamodb:PutItem on resource: ${TABLE} because no identity-based policy allows the dynamodb:PutItem action`,
    });
    expect(cloud.lines).toEqual([
      `access denied: ${ROLE} called dynamodb:PutItem on ${TABLE}: because no identity-based policy allows the dynamodb:PutItem action`,
    ]);
    expect(cloud.called[0]).toMatchObject({ principalArn: ROLE, outcome: 'AccessDeniedException' });
  });

  test('a role is checked in process too', async () => {
    const call = cloud.gateway.call({
      service: 'kinesis',
      operation: 'GetRecords',
      input: {},
      principal: { kind: 'role', arn: ROLE },
    });

    await expect(call).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });

  test('a temporary key that nobody was given is refused, in the words of each service', async () => {
    const stranger = { ...OWNER_KEY, accessKeyId: 'ASIAIOSFODNN7EXAMPLE' };

    await expect(cloud.kinesisOverHttp2(stranger).send(putRecord())).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    });
    await expect(
      cloud.s3Client(stranger).send(new GetObjectCommand({ Bucket: 'failures', Key: 'a' })),
    ).rejects.toMatchObject({ name: 'InvalidAccessKeyId', $metadata: { httpStatusCode: 403 } });
  });

  test('a temporary key with the token of another session is refused', async () => {
    const key = { ...cloud.roleKey(), sessionToken: cloud.roleKey().sessionToken };

    await expect(cloud.kinesisOverHttp1(key).send(putRecord())).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
  });

  test.each([
    [
      'AWS JSON',
      { 'x-amz-target': 'Kinesis_20131202.ListStreams' },
      400,
      'MissingAuthenticationTokenException',
    ],
    ['S3', {}, 403, '<Code>AccessDenied</Code>'],
  ])('no signature at all, %s', async (_name, headers, statusCode, code) => {
    const answer = await request(`http://127.0.0.1:${cloud.port}/`, { method: 'POST', headers, body: '{}' });

    expect(answer.statusCode).toBe(statusCode);
    expect(await answer.body.text()).toContain(code);
  });
});

describe('what cannot be served', () => {
  const signed = (service: string) => ({
    authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  });
  const post = (headers: Record<string, string>, body: string | Buffer) =>
    request(`http://127.0.0.1:${cloud.port}/`, { method: 'POST', headers, body });

  test.each([
    ['CBOR', { ...signed('r/kinesis'), 'content-type': 'application/cbor' }, '', 404, 'application/cbor'],
    ['a service that is not here', signed('r/lambda'), '', 404, 'no service lambda'],
    [
      'not JSON',
      { ...signed('r/kinesis'), 'x-amz-target': 'K.PutRecord' },
      '{',
      400,
      'SerializationException',
    ],
    [
      'not an object',
      { ...signed('r/kinesis'), 'x-amz-target': 'K.PutRecord' },
      '[]',
      400,
      'SerializationException',
    ],
    [
      'an operation that is not here',
      { ...signed('r/kinesis'), 'x-amz-target': 'K.X' },
      '{}',
      400,
      'UnknownOp',
    ],
  ])('%s', async (_name, headers, body, statusCode, named) => {
    const answer = await post(headers, body);

    expect(answer.statusCode).toBe(statusCode);
    expect(await answer.body.text()).toContain(named);
    expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a body over the limit is 413, and one at the limit is not', async () => {
    const headers = { ...signed('r/kinesis'), 'x-amz-target': 'Kinesis_20131202.PutRecord' };
    const over = await post(headers, Buffer.alloc(BODY_LIMIT_BYTES + 1, ' '));
    const at = await post(
      headers,
      Buffer.concat([Buffer.from('{}'), Buffer.alloc(BODY_LIMIT_BYTES - 2, ' ')]),
    );

    expect([over.statusCode, at.statusCode]).toEqual([413, 200]);
    expect(await over.body.json()).toMatchObject({ __type: 'RequestEntityTooLargeException' });
    await at.body.dump();
  });

  test('a bug in a service is an InternalFailure without its text, and a line in the log', async () => {
    const failing = cloud.kinesisOverHttp1().send(new ListStreamsCommand({}));

    await expect(failing).rejects.toMatchObject({
      name: 'InternalFailure',
      message: 'Internal service failure.',
    });
    expect(cloud.lines[0]).toContain('a bug of the service');
  });
});

describe('faults', () => {
  const throttled = new AwsError('ProvisionedThroughputExceededException', 'Rate exceeded');

  test('before: not executed; the SDK tries again', async () => {
    const fault = cloud.gateway.faults.inject({
      service: 'kinesis',
      operation: 'PutRecord',
      when: 'before',
      error: throttled,
      times: 2,
    });

    const answer = await cloud.kinesisOverHttp1(OWNER_KEY, 3).send(putRecord());

    expect(answer).toMatchObject({ SequenceNumber: '1', $metadata: { attempts: 3 } });
    expect(fault.fired).toBe(2);
    expect(cloud.called.map(({ outcome }) => outcome)).toEqual([throttled.code, throttled.code, 'ok']);
  });

  test('after: the answer of a conditional put is lost, so the retry finds the condition failed', async () => {
    const fault = cloud.gateway.faults.inject({
      service: 'dynamodb',
      operation: 'PutItem',
      when: 'after',
      error: 'reset',
      times: 1,
    });
    const client = cloud.dynamoDbClient(OWNER_KEY, 3);

    await expect(client.send(putUser('1'))).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      $metadata: { attempts: 2 },
    });
    expect(fault.fired).toBe(1);
    const stored = await client.send(new GetItemCommand({ TableName: 'users', Key: { id: { S: '1' } } }));
    expect(stored.Item).toEqual({ id: { S: '1' } });
  });

  test.each(['kinesisOverHttp1', 'kinesisOverHttp2'] as const)(
    'reset: the connection breaks and the SDK tries again, %s',
    async (client) => {
      cloud.gateway.faults.inject({
        service: 'kinesis',
        operation: 'PutRecord',
        when: 'before',
        error: 'reset',
        times: 1,
      });

      const answer = await cloud[client](OWNER_KEY, 2).send(putRecord());

      expect(answer).toMatchObject({ SequenceNumber: '1', $metadata: { attempts: 2 } });
    },
  );

  test('hold: the call is executed when it is let go, though its caller has gone', async () => {
    let letGo = () => {};
    const until = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const fault = cloud.gateway.faults.inject({
      service: 'kinesis',
      operation: 'PutRecord',
      when: 'hold',
      until,
    });
    const abort = new AbortController();
    const answer = cloud.kinesisOverHttp1().send(putRecord('late'), { abortSignal: abort.signal });
    while (fault.fired === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    expect(cloud.kinesis.puts).toEqual([]);

    letGo();
    while (cloud.called.length === 0) await new Promise((resolve) => setImmediate(resolve));

    expect(cloud.kinesis.puts).toHaveLength(1);
  });

  test('strikes only the calls that match, and nothing once removed', async () => {
    const fault = cloud.gateway.faults.inject({
      service: 'dynamodb',
      operation: 'PutItem',
      when: 'before',
      error: new AwsError('InternalServerError', 'no', 500),
      match: ({ input }) => JSON.stringify(input).includes('"struck"'),
    });
    const client = cloud.dynamoDbClient();

    await client.send(putUser('spared'));
    await expect(client.send(putUser('struck'))).rejects.toMatchObject({ name: 'InternalServerError' });
    fault.remove();
    await client.send(putUser('struck'));

    expect(fault.fired).toBe(1);
  });
});
