import {
  BatchGetItemCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startGateway, TABLE, type TestGateway } from './gateway-fixture.ts';

let cloud: TestGateway;
let client: DynamoDBClient;

beforeAll(async () => {
  cloud = await startGateway();
  client = cloud.dynamoDbClient();
});

afterAll(() => cloud.close());

test('a table made at boot is active, on demand, and has the ARN of its region', async () => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: 'users' }));

  expect(Table).toMatchObject({
    TableStatus: 'ACTIVE',
    TableArn: TABLE,
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  });
});

test('items of every type come back as they were put', async () => {
  const Item = {
    id: { S: 'types' },
    number: { N: '12345678901234567890' },
    blob: { B: Uint8Array.from([0, 255, 10]) },
    nested: { M: { list: { L: [{ BOOL: true }, { NULL: true as const }, { S: '\u{1F600} \\" \u2028' }] } } },
    __proto: { S: 'own' },
  };
  await client.send(new PutItemCommand({ TableName: 'users', Item }));

  const got = await client.send(
    new GetItemCommand({ TableName: 'users', Key: { id: { S: 'types' } }, ConsistentRead: true }),
  );

  expect(got.Item).toEqual(Item);
});

test('of racing conditional writes one wins', async () => {
  const attempts = Array.from({ length: 20 }, (_, index) =>
    client.send(
      new PutItemCommand({
        TableName: 'users',
        Item: { id: { S: 'claim' }, holder: { N: String(index) } },
        ConditionExpression: 'attribute_not_exists(id)',
      }),
    ),
  );

  const outcomes = (await Promise.allSettled(attempts)).map((outcome) =>
    outcome.status === 'fulfilled' ? 'ok' : outcome.reason.name,
  );

  expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'ConditionalCheckFailedException')).toHaveLength(19);
});

describe("errors are DynamoDB's", () => {
  test.each([
    [
      'an unknown table',
      new GetItemCommand({ TableName: 'none', Key: { id: { S: '1' } } }),
      'ResourceNotFoundException',
    ],
    ['no table', new GetItemCommand({ TableName: '', Key: { id: { S: '1' } } }), 'ValidationException'],
    [
      'a bad expression',
      new UpdateItemCommand({ TableName: 'users', Key: { id: { S: '1' } }, UpdateExpression: 'SET (' }),
      'ValidationException',
    ],
    [
      'what dynalite lacks',
      new TransactWriteItemsCommand({ TransactItems: [] }),
      'UnknownOperationException',
    ],
  ])('%s', async (_name, command, name) => {
    await expect(client.send(command as GetItemCommand)).rejects.toMatchObject({ name });
  });
});

describe('permissions', () => {
  const statement = (action: string) => ({
    Statement: { Effect: 'Allow', Action: action, Resource: TABLE },
  });

  function clientThatMay(action: string): DynamoDBClient {
    const roleArn = `arn:aws:iam::000000000000:role/may-${action.split(':')[1]}`;
    cloud.identities.addRole(roleArn, { only: statement(action) });
    return cloud.dynamoDbClient(cloud.identities.issue(roleArn, 'test'));
  }

  test('are per action and table, a batch needs every table it names', async () => {
    const reader = clientThatMay('dynamodb:BatchGetItem');
    const Keys = [{ id: { S: 'none' } }];

    await reader.send(new BatchGetItemCommand({ RequestItems: { users: { Keys } } }));
    await expect(
      reader.send(new BatchGetItemCommand({ RequestItems: { users: { Keys }, other: { Keys } } })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(reader.send(new ScanCommand({ TableName: 'users' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('a batch that names no table is not allowed by a policy for one', async () => {
    const reader = clientThatMay('dynamodb:BatchGetItem');

    await expect(reader.send(new BatchGetItemCommand({ RequestItems: {} }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});
