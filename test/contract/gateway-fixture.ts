import { Agent } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { systemClock } from '../../local/clock.ts';
import { DynamoDb } from '../../local/dynamodb/dynamodb.ts';
import { AwsError } from '../../local/gateway/aws-error.ts';
import type { AwsService, Input } from '../../local/gateway/call.ts';
import { type CalledEvent, Gateway } from '../../local/gateway/gateway.ts';
import { type Credentials, Identities } from '../../local/gateway/identities.ts';
import { S3 } from '../../local/s3/s3.ts';

export const REGION = 'eu-central-1';
export const ROLE = 'arn:aws:iam::000000000000:role/user-create-role';
export const STREAM = `arn:aws:kinesis:${REGION}:000000000000:stream/user-create`;
export const TABLE = `arn:aws:dynamodb:${REGION}:000000000000:table/users`;
export const OWNER_KEY: Credentials = { accessKeyId: 'test', secretAccessKey: 'test', sessionToken: 'any' };

/** A Kinesis that only remembers what was put. */
export class StubKinesis implements AwsService {
  readonly name = 'kinesis';
  readonly puts: Input[] = [];

  resourceArns(): readonly string[] {
    return [STREAM];
  }

  async execute(operation: string, input: Input): Promise<unknown> {
    if (operation === 'PutRecord') {
      this.puts.push(input);
      return { ShardId: 'shardId-000000000000', SequenceNumber: String(this.puts.length) };
    }
    if (operation === 'ListStreams') throw new TypeError('a bug of the service');
    throw new AwsError('UnknownOperationException', operation);
  }
}

/** A gateway that listens, with what it saw, and real clients of it; all that opens is closed by `close`. */
export async function startGateway() {
  const identities = new Identities();
  identities.addRole(ROLE, {
    stream: { Statement: { Effect: 'Allow', Action: 'kinesis:PutRecord', Resource: STREAM } },
  });
  const kinesis = new StubKinesis();
  const dynamodb = new DynamoDb({ region: REGION });
  await dynamodb.createTable({ name: 'users', hashKey: 'id', attributes: { id: 'S' } });
  const s3 = new S3({ clock: systemClock });
  s3.createBucket('failures');
  const called: CalledEvent[] = [];
  const lines: string[] = [];
  const gateway = new Gateway({
    services: [kinesis, dynamodb, s3],
    identities,
    clock: systemClock,
    observer: { called: (event) => called.push(event) },
    log: (line) => lines.push(line),
  });
  const port = await gateway.listen(0);
  const open: (() => void)[] = [];

  function keep<T extends { destroy(): void }>(client: T): T {
    open.push(() => client.destroy());
    return client;
  }

  function settings(credentials: Credentials, maxAttempts: number) {
    return { region: REGION, endpoint: `http://127.0.0.1:${port}`, credentials, maxAttempts };
  }

  return {
    gateway,
    identities,
    kinesis,
    called,
    lines,
    port,
    roleKey: () => identities.issue(ROLE, 'user-create'),
    kinesisOverHttp2: (credentials = OWNER_KEY, maxAttempts = 1) =>
      keep(new KinesisClient(settings(credentials, maxAttempts))),
    kinesisOverHttp1: (credentials = OWNER_KEY, maxAttempts = 1) =>
      keep(
        new KinesisClient({
          ...settings(credentials, maxAttempts),
          requestHandler: new NodeHttpHandler({ httpAgent: new Agent({ keepAlive: true }) }),
        }),
      ),
    dynamoDbClient: (credentials = OWNER_KEY, maxAttempts = 1) =>
      keep(new DynamoDBClient(settings(credentials, maxAttempts))),
    s3Client: (credentials = OWNER_KEY, maxAttempts = 1) =>
      keep(new S3Client(settings(credentials, maxAttempts))),
    close: async () => {
      for (const end of open) end();
      await gateway.close();
    },
  };
}

export type TestGateway = Awaited<ReturnType<typeof startGateway>>;
