import { homedir, tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AWS_CALL, INVOCATION } from '@shardbound/runtime/limits';
import * as limits from '../../infra/limits.ts';
import { ROOT, ref, type Synthesized, synthesize } from './synthesized.ts';

const STREAM_FUNCTIONS = ['operation-update', 'user-approve', 'user-create', 'user-create-response'];
const FUNCTIONS = ['operation-create', 'operation-get', ...STREAM_FUNCTIONS];

let stack: Synthesized;
beforeAll(async () => {
  stack = await synthesize();
});
afterAll(() => stack.remove());

function resources(type: string): [string, Readonly<Record<string, unknown>>][] {
  return Object.entries(stack.resource[type] ?? {});
}

test('the stack holds exactly these resources', () => {
  const names = Object.fromEntries(
    Object.keys(stack.resource).map((type) => [type, Object.keys(stack.resource[type] ?? {})]),
  );
  expect(names).toEqual({
    aws_apigatewayv2_api: ['api'],
    aws_apigatewayv2_integration: ['operation-create', 'operation-get'],
    aws_apigatewayv2_route: ['operation-create', 'operation-get'],
    aws_apigatewayv2_stage: ['api'],
    aws_cloudwatch_log_group: FUNCTIONS,
    aws_dynamodb_table: ['operations', 'users'],
    aws_iam_role: FUNCTIONS,
    aws_iam_role_policy: FUNCTIONS.flatMap((name) => [`${name}-code`, `${name}-platform`]),
    aws_kinesis_stream: ['user-approve', 'user-approve-response', 'user-create', 'user-create-response'],
    aws_lambda_alias: FUNCTIONS,
    aws_lambda_event_source_mapping: STREAM_FUNCTIONS,
    aws_lambda_function: FUNCTIONS,
    aws_lambda_layer_version: ['runtime'],
    aws_lambda_permission: ['operation-create', 'operation-get'],
    aws_s3_bucket: ['failures'],
    aws_s3_bucket_lifecycle_configuration: ['failures'],
    aws_s3_bucket_ownership_controls: ['failures'],
    aws_s3_bucket_policy: ['failures'],
    aws_s3_bucket_public_access_block: ['failures'],
    aws_s3_bucket_server_side_encryption_configuration: ['failures'],
  });
});

test.each([
  ['user-create', 'user-create'],
  ['user-approve', 'user-approve'],
  ['user-create-response', 'user-approve-response'],
  ['operation-update', 'user-create-response'],
])('the mapping of %s reads the stream %s with every parameter written', (name, source) => {
  const { '//': _metadata, ...mapping } = stack.resource['aws_lambda_event_source_mapping']?.[name] ?? {};
  expect(mapping).toEqual({
    event_source_arn: ref(`aws_kinesis_stream.${source}.arn`),
    function_name: ref(`aws_lambda_alias.${name}.arn`),
    enabled: true,
    starting_position: 'TRIM_HORIZON',
    batch_size: ref('var.batch_size'),
    maximum_batching_window_in_seconds: ref('var.batch_window_seconds'),
    parallelization_factor: ref('var.parallelization_factor'),
    maximum_record_age_in_seconds: 21_600,
    maximum_retry_attempts: 100,
    bisect_batch_on_function_error: true,
    function_response_types: ['ReportBatchItemFailures'],
    destination_config: { on_failure: { destination_arn: ref('aws_s3_bucket.failures.arn') } },
    metrics_config: { metrics: ['EventCount'] },
    depends_on: [`aws_iam_role_policy.${name}-code`, `aws_iam_role_policy.${name}-platform`],
  });
});

test('every function is published, traced, and logs to a group of its own that forgets', () => {
  expect(resources('aws_lambda_function')).toHaveLength(6);
  for (const [name, configuration] of resources('aws_lambda_function')) {
    expect(configuration).toMatchObject({
      function_name: `\${var.name_prefix}-${name}`,
      role: ref(`aws_iam_role.${name}.arn`),
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      layers: [ref('aws_lambda_layer_version.runtime.arn')],
      publish: true,
      tracing_config: { mode: 'Active' },
      logging_config: { log_group: ref(`aws_cloudwatch_log_group.${name}.name`) },
      memory_size: STREAM_FUNCTIONS.includes(name) ? 512 : 1024,
      timeout: STREAM_FUNCTIONS.includes(name) ? 60 : 20,
    });
    expect(stack.resource['aws_cloudwatch_log_group']?.[name]).toMatchObject({
      name: `/aws/lambda/\${var.name_prefix}-${name}`,
      retention_in_days: ref('var.log_retention_days'),
    });
  }
});

test.each([
  ['operation-create', ['OPERATIONS_TABLE', 'USER_CREATE_STREAM']],
  ['operation-get', ['OPERATIONS_TABLE']],
  ['operation-update', ['BATCH_CONCURRENCY', 'FAILURE_BUCKET', 'OPERATIONS_TABLE']],
  [
    'user-approve',
    [
      'APPROVAL_DELAY_MS',
      'APPROVAL_DENIED_DOMAINS',
      'BATCH_CONCURRENCY',
      'FAILURE_BUCKET',
      'USER_APPROVE_RESPONSE_STREAM',
    ],
  ],
  [
    'user-create',
    [
      'BATCH_CONCURRENCY',
      'FAILURE_BUCKET',
      'USERS_TABLE',
      'USER_APPROVE_STREAM',
      'USER_CREATE_RESPONSE_STREAM',
    ],
  ],
  [
    'user-create-response',
    ['BATCH_CONCURRENCY', 'FAILURE_BUCKET', 'USERS_TABLE', 'USER_CREATE_RESPONSE_STREAM'],
  ],
])('%s is told of what it is connected to and of nothing else', (name, expected) => {
  const environment = stack.resource['aws_lambda_function']?.[name]?.['environment'];
  const variables = (environment as { variables?: Record<string, string> } | undefined)?.variables ?? {};
  expect(Object.keys(variables).filter((key) => !/^(POWERTOOLS|AWS)_/.test(key))).toEqual(expected);
  expect(variables['POWERTOOLS_SERVICE_NAME']).toBe(name);
});

test('tables are recoverable and encrypted, and only operations expire', () => {
  const tables = resources('aws_dynamodb_table');
  for (const [, table] of tables) {
    expect(table).toMatchObject({
      hash_key: 'pk',
      point_in_time_recovery: { enabled: true },
      server_side_encryption: { enabled: true },
      deletion_protection_enabled: ref('var.deletion_protection'),
    });
  }
  expect(tables.map(([name, table]) => [name, table['ttl']])).toEqual([
    ['operations', { attribute_name: 'expiresAt', enabled: true }],
    ['users', undefined],
  ]);
});

test('streams are encrypted and keep a record for longer than a mapping tries it', () => {
  expect(resources('aws_kinesis_stream')).toHaveLength(4);
  for (const [, stream] of resources('aws_kinesis_stream')) {
    expect(stream).toMatchObject({
      encryption_type: 'KMS',
      retention_period: 24,
      shard_count: ref('var.shard_count'),
    });
  }
});

test('an alias goes live only once its role may do its work', () => {
  const aliases = resources('aws_lambda_alias');
  expect(aliases).toHaveLength(6);
  for (const [name, alias] of aliases) {
    expect(alias).toMatchObject({
      name: 'live',
      function_version: ref(`aws_lambda_function.${name}.version`),
      depends_on: [`aws_iam_role_policy.${name}-code`, `aws_iam_role_policy.${name}-platform`],
    });
  }
});

test('the stage waits for its routes, because its settings fail for a route that is not there', () => {
  expect(stack.resource['aws_apigatewayv2_stage']?.['api']?.['depends_on']).toEqual([
    'aws_apigatewayv2_route.operation-create',
    'aws_apigatewayv2_route.operation-get',
  ]);
});

test('the JSON names no path of this machine', () => {
  for (const path of [ROOT, homedir(), tmpdir(), stack.directory])
    expect(stack.json).not.toContain(`${path}/`);
});

test('no token was computed with: every number is of a size a person would write', () => {
  const numbers: number[] = [];
  JSON.parse(stack.json, (_key, value: unknown) => {
    if (typeof value === 'number') numbers.push(value);
    return value;
  });
  expect(numbers.length).toBeGreaterThan(20);
  expect(numbers.filter((value) => !Number.isInteger(value) || value < 0 || value > 100_000)).toEqual([]);
  expect(stack.json).not.toMatch(/TfToken|TOKEN\[|\de[+-]\d/);
});

test('what the stack promises about time is what the code in the functions counts on', () => {
  expect(limits.STREAM_FUNCTION_MARGIN_S * 1000).toBeGreaterThanOrEqual(INVOCATION.startMarginMs);
  const worstCallMs = AWS_CALL.attemptsMax * AWS_CALL.apiRequestTimeoutMs;
  const CALLS_OF_OPERATION_CREATE_MAX = 5;
  expect(CALLS_OF_OPERATION_CREATE_MAX * worstCallMs).toBeLessThan(limits.API_FUNCTION_TIMEOUT_S * 1000);
  const { variable } = JSON.parse(stack.json) as {
    variable: Record<string, { validation: { condition: string }[] }>;
  };
  expect(variable['batch_concurrency']?.validation[0]?.condition).toContain(
    `<= ${INVOCATION.batchConcurrencyMax} `,
  );
});
