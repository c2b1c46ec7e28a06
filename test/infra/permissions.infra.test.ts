import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ref, type Synthesized, synthesize } from './synthesized.ts';

let stack: Synthesized;
beforeAll(async () => {
  stack = await synthesize();
});
afterAll(() => stack.remove());

interface Statement {
  Effect: string;
  Action: string[];
  Resource: string;
}

function policy(name: string): Statement[] {
  const text = stack.resource['aws_iam_role_policy']?.[name]?.['policy'];
  return (JSON.parse(String(text)) as { Statement: Statement[] }).Statement;
}

/** `action resource`, one line each. */
function granted(name: string): string[] {
  return policy(name).flatMap(({ Action, Resource }) => Action.map((action) => `${action} ${Resource}`));
}

const OPERATIONS = ref('aws_dynamodb_table.operations.arn');
const USERS = ref('aws_dynamodb_table.users.arn');
const FAILURES = ref('aws_s3_bucket.failures.arn');
const stream = (name: string) => ref(`aws_kinesis_stream.${name}.arn`);

test.each([
  [
    'operation-create',
    [
      `dynamodb:PutItem ${OPERATIONS}`,
      `dynamodb:GetItem ${OPERATIONS}`,
      `kinesis:PutRecord ${stream('user-create')}`,
    ],
  ],
  ['operation-get', [`dynamodb:GetItem ${OPERATIONS}`]],
  [
    'user-create',
    [
      `dynamodb:PutItem ${USERS}`,
      `dynamodb:GetItem ${USERS}`,
      `dynamodb:UpdateItem ${USERS}`,
      `kinesis:PutRecords ${stream('user-approve')}`,
      `kinesis:PutRecords ${stream('user-create-response')}`,
      `s3:PutObject ${FAILURES}/parked/user-create/*`,
    ],
  ],
  [
    'user-approve',
    [
      `kinesis:PutRecords ${stream('user-approve-response')}`,
      `s3:PutObject ${FAILURES}/parked/user-approve/*`,
    ],
  ],
  [
    'user-create-response',
    [
      `dynamodb:UpdateItem ${USERS}`,
      `dynamodb:GetItem ${USERS}`,
      `dynamodb:DeleteItem ${USERS}`,
      `kinesis:PutRecords ${stream('user-create-response')}`,
      `s3:PutObject ${FAILURES}/parked/user-create-response/*`,
    ],
  ],
  [
    'operation-update',
    [
      `dynamodb:UpdateItem ${OPERATIONS}`,
      `dynamodb:GetItem ${OPERATIONS}`,
      `s3:PutObject ${FAILURES}/parked/operation-update/*`,
    ],
  ],
])('the code of %s may do exactly this', (name, expected) => {
  expect(granted(`${name}-code`)).toEqual(expected);
});

test.each([
  ['operation-create', 'none'],
  ['operation-get', 'none'],
  ['user-create', 'user-create'],
  ['user-approve', 'user-approve'],
  ['user-create-response', 'user-approve-response'],
  ['operation-update', 'user-create-response'],
])('the platform of %s may log, trace and poll its stream %s', (name, polled) => {
  const base = [
    `logs:CreateLogStream \${aws_cloudwatch_log_group.${name}.arn}:*`,
    `logs:PutLogEvents \${aws_cloudwatch_log_group.${name}.arn}:*`,
    'xray:PutTraceSegments *',
    'xray:PutTelemetryRecords *',
  ];
  const polling =
    polled !== 'none'
      ? [
          `kinesis:DescribeStream ${stream(polled)}`,
          `kinesis:DescribeStreamSummary ${stream(polled)}`,
          `kinesis:GetRecords ${stream(polled)}`,
          `kinesis:GetShardIterator ${stream(polled)}`,
          `kinesis:ListShards ${stream(polled)}`,
          `s3:PutObject ${FAILURES}/*`,
          `s3:ListBucket ${FAILURES}`,
        ]
      : [];
  expect(granted(`${name}-platform`)).toEqual([...base, ...polling]);
});

test('nothing but X-Ray is granted on every resource, and nothing is granted by wildcard action', () => {
  const statements = Object.keys(stack.resource['aws_iam_role_policy'] ?? {}).flatMap(policy);
  const onEverything = statements.filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => Action);
  expect(new Set(onEverything)).toEqual(new Set(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']));
  expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([]);
});

test('each route, and no other, may invoke its function, by its alias', () => {
  const permissions = Object.values(stack.resource['aws_lambda_permission'] ?? {}).map(
    ({ qualifier, source_arn, principal }) => ({ qualifier, source_arn, principal }),
  );
  expect(permissions).toEqual([
    {
      qualifier: ref('aws_lambda_alias.operation-create.name'),
      source_arn: `${ref('aws_apigatewayv2_api.api.execution_arn')}/*/POST/users`,
      principal: 'apigateway.amazonaws.com',
    },
    {
      qualifier: ref('aws_lambda_alias.operation-get.name'),
      source_arn: `${ref('aws_apigatewayv2_api.api.execution_arn')}/*/GET/operations/{id}`,
      principal: 'apigateway.amazonaws.com',
    },
  ]);
});
