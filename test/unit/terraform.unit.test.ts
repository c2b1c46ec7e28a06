import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadTerraform, type ResolvedStack } from '../../local/terraform/load.ts';
import { describeStack } from '../../local/terraform/stack.ts';
import { TerraformError } from '../../local/terraform/terraform-error.ts';

type Json = Record<string, unknown>;
type Resources = Record<string, Record<string, Json>>;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'shardbound-terraform-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Sources {
  variables?: Record<string, string>;
  environment?: Record<string, string>;
}

function load(document: Json, { variables = {}, environment = {} }: Sources = {}): ResolvedStack {
  const path = join(directory, 'cdk.tf.json');
  writeFileSync(path, JSON.stringify({ provider: { aws: { region: 'eu-west-1' } }, ...document }));
  return loadTerraform(path, { variables, environment });
}

/** What loading and describing the document throws: always one line, with the address in front. */
function problem(document: Json, sources?: Sources): string {
  try {
    describeStack(load(document, sources));
  } catch (error) {
    if (!(error instanceof TerraformError)) throw error;
    expect(error.message.startsWith(`${error.address}: `)).toBe(true);
    expect(error.message).not.toContain('\n');
    return error.message;
  }
  return 'no problem';
}

/** A Terraform reference or expression as it stands in JSON. */
function ref(path: string): string {
  return `\${${path}}`;
}

const TRUST = JSON.stringify({ Version: '2012-10-17', Statement: [] });

/** A stack unlike the project's own: a function of another name on a stream, and behind a route. */
function orders(): Resources {
  return {
    aws_kinesis_stream: { incoming: { name: 'orders', shard_count: 2, retention_period: 48 } },
    aws_s3_bucket: { lost: { bucket: 'lost-orders' } },
    aws_iam_role: { worker: { name: 'worker', assume_role_policy: TRUST } },
    aws_iam_role_policy: {
      worker: {
        name: 'all',
        role: ref('aws_iam_role.worker.id'),
        policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kinesis:*","Resource":"${ref('aws_kinesis_stream.incoming.arn')}"}]}`,
      },
    },
    aws_lambda_layer_version: { base: { layer_name: 'base', filename: 'base.zip' } },
    aws_lambda_function: {
      worker: {
        function_name: 'worker',
        role: ref('aws_iam_role.worker.arn'),
        runtime: 'nodejs24.x',
        handler: 'index.handler',
        filename: 'zips/worker.zip',
        layers: [ref('aws_lambda_layer_version.base.arn')],
        reserved_concurrent_executions: 5,
        environment: [{ variables: { SHARDS: ref('aws_kinesis_stream.incoming.shard_count') } }],
      },
    },
    aws_lambda_event_source_mapping: {
      worker: {
        event_source_arn: ref('aws_kinesis_stream.incoming.arn'),
        function_name: ref('aws_lambda_function.worker.arn'),
        starting_position: 'LATEST',
        maximum_batching_window_in_seconds: 5,
        destination_config: [{ on_failure: [{ destination_arn: ref('aws_s3_bucket.lost.arn') }] }],
      },
    },
    aws_apigatewayv2_api: { web: { name: 'web', protocol_type: 'HTTP' } },
    aws_apigatewayv2_integration: {
      worker: {
        api_id: ref('aws_apigatewayv2_api.web.id'),
        integration_type: 'AWS_PROXY',
        integration_uri: ref('aws_lambda_function.worker.invoke_arn'),
        payload_format_version: '2.0',
      },
    },
    aws_apigatewayv2_route: {
      worker: {
        api_id: ref('aws_apigatewayv2_api.web.id'),
        route_key: 'POST /orders',
        target: `integrations/${ref('aws_apigatewayv2_integration.worker.id')}`,
      },
    },
    aws_apigatewayv2_stage: {
      web: { api_id: ref('aws_apigatewayv2_api.web.id'), name: '$default', auto_deploy: true },
    },
  };
}

/** The orders stack with some arguments of one resource set to other values (undefined: left out). */
function ordersWith(type: string, name: string, changes: Json): Json {
  const resource = orders();
  resource[type] = { ...resource[type], [name]: { ...resource[type]?.[name], ...changes } };
  return { resource };
}

const WORKER_ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:worker';

describe('a stack of other names', () => {
  test('becomes plain lists', () => {
    const stack = describeStack(load({ resource: orders() }));
    expect(stack.streams).toEqual([
      {
        name: 'orders',
        arn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/orders',
        shardCount: 2,
        retentionHours: 48,
      },
    ]);
    expect(stack.buckets).toEqual([{ name: 'lost-orders', arn: 'arn:aws:s3:::lost-orders' }]);
    expect(stack.functions).toEqual([
      {
        functionName: 'worker',
        functionArn: WORKER_ARN,
        version: '$LATEST',
        handler: 'index.handler',
        runtime: 'nodejs24.x',
        timeoutMs: 3000,
        memoryMb: 128,
        roleArn: 'arn:aws:iam::000000000000:role/worker',
        environment: { SHARDS: '2' },
        codeZipPath: join(directory, 'zips/worker.zip'),
        layerZipPaths: [join(directory, 'base.zip')],
        reservedConcurrency: 5,
        logGroupName: '/aws/lambda/worker',
      },
    ]);
    expect(stack.roles).toEqual([
      {
        arn: 'arn:aws:iam::000000000000:role/worker',
        name: 'worker',
        policies: [
          {
            name: 'all',
            document: {
              Version: '2012-10-17',
              Statement: [{ Effect: 'Allow', Action: 'kinesis:*', Resource: stack.streams[0]?.arn }],
            },
          },
        ],
      },
    ]);
    expect(stack.httpApis).toMatchObject([
      {
        name: 'web',
        routes: [
          {
            routeKey: 'POST /orders',
            functionName: 'worker',
            functionArn: WORKER_ARN,
            payloadFormatVersion: '2.0',
            timeoutMs: 30_000,
          },
        ],
        throttling: { rateLimit: 10_000, burstLimit: 5000 },
        permissions: [],
      },
    ]);
  });

  test('has a mapping with every parameter, those not given as Lambda sets them', () => {
    const { eventSourceMappings } = describeStack(load({ resource: orders() }));
    expect(eventSourceMappings).toEqual([
      {
        uuid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
        address: 'aws_lambda_event_source_mapping.worker',
        eventSourceArn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/orders',
        functionName: 'worker',
        functionArn: WORKER_ARN,
        roleArn: 'arn:aws:iam::000000000000:role/worker',
        batchSize: 100,
        batchWindowMs: 5000,
        parallelizationFactor: 1,
        startingPosition: 'LATEST',
        maximumRecordAgeS: -1,
        maximumRetryAttempts: -1,
        bisectBatchOnFunctionError: false,
        reportBatchItemFailures: false,
        failureDestinationArn: 'arn:aws:s3:::lost-orders',
        region: 'eu-west-1',
      },
    ]);
    expect(describeStack(load({ resource: orders() })).eventSourceMappings).toEqual(eventSourceMappings);
  });

  test('may point to an alias: the mapping and the route keep it in the ARN', () => {
    const resource = {
      ...(ordersWith('aws_lambda_event_source_mapping', 'worker', {
        function_name: ref('aws_lambda_alias.live.arn'),
      }).resource as Resources),
      aws_lambda_alias: {
        live: {
          name: 'live',
          function_name: ref('aws_lambda_function.worker.function_name'),
          function_version: ref('aws_lambda_function.worker.version'),
        },
      },
    };
    const integration = resource['aws_apigatewayv2_integration']?.['worker'] ?? {};
    integration['integration_uri'] = ref('aws_lambda_alias.live.invoke_arn');
    const stack = describeStack(load({ resource }));
    const alias = { functionName: 'worker', functionArn: `${WORKER_ARN}:live` };
    expect(stack.eventSourceMappings).toMatchObject([alias]);
    expect(stack.httpApis[0]?.routes).toMatchObject([alias]);
  });

  test('leaves out a mapping that is not enabled', () => {
    const document = ordersWith('aws_lambda_event_source_mapping', 'worker', { enabled: false });
    expect(describeStack(load(document)).eventSourceMappings).toEqual([]);
  });

  test('describes tables with their billing', () => {
    const table = {
      hash_key: 'pk',
      attribute: { name: 'pk', type: 'S' },
      ttl: { attribute_name: 'at', enabled: true },
    };
    const resource = {
      aws_dynamodb_table: {
        free: { name: 'free', billing_mode: 'PAY_PER_REQUEST', read_capacity: null, ...table },
        paid: { name: 'paid', read_capacity: 5, write_capacity: '7', ...table, ttl: undefined },
      },
    };
    const common = { hashKey: 'pk', attributes: [{ name: 'pk', type: 'S' }] };
    expect(describeStack(load({ resource })).tables).toEqual([
      {
        name: 'free',
        arn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/free',
        billing: { mode: 'PAY_PER_REQUEST' },
        ttlAttribute: 'at',
        ...common,
      },
      {
        name: 'paid',
        arn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/paid',
        billing: { mode: 'PROVISIONED', readUnits: 5, writeUnits: 7 },
        ...common,
      },
    ]);
  });
});

describe('an error names its address', () => {
  test.each<[string, Json, string]>([
    [
      'a type nobody knows',
      { resource: { aws_sqs_queue: { jobs: { name: 'jobs' } } } },
      'aws_sqs_queue.jobs: the local cloud does not know this resource type; ',
    ],
    [
      'an argument nobody knows',
      ordersWith('aws_lambda_function', 'worker', { vpc_config: {} }),
      'aws_lambda_function.worker: the local cloud does not know "vpc_config"; ',
    ],
    [
      'an argument nobody knows, in a block',
      ordersWith('aws_lambda_event_source_mapping', 'worker', { destination_config: { on_success: {} } }),
      'aws_lambda_event_source_mapping.worker.destination_config.on_failure: is missing',
    ],
    [
      'a meta-argument nobody knows',
      ordersWith('aws_kinesis_stream', 'incoming', { count: 2 }),
      'aws_kinesis_stream.incoming: the local cloud does not know "count"; ',
    ],
    [
      'an argument that is missing',
      ordersWith('aws_kinesis_stream', 'incoming', { shard_count: null }),
      'aws_kinesis_stream.incoming.shard_count: is missing; ',
    ],
    [
      'an argument of another type',
      ordersWith('aws_kinesis_stream', 'incoming', { shard_count: 'many' }),
      'aws_kinesis_stream.incoming.shard_count: must be a number',
    ],
    [
      'a number beyond its bounds',
      ordersWith('aws_lambda_event_source_mapping', 'worker', { parallelization_factor: 11 }),
      'aws_lambda_event_source_mapping.worker.parallelization_factor: ',
    ],
    [
      'a stream mode that is not simulated',
      ordersWith('aws_kinesis_stream', 'incoming', { stream_mode_details: { stream_mode: 'ON_DEMAND' } }),
      'aws_kinesis_stream.incoming.stream_mode_details.stream_mode: ',
    ],
    [
      'a provisioned table without units',
      {
        resource: {
          aws_dynamodb_table: { t: { name: 't', hash_key: 'a', attribute: { name: 'a', type: 'S' } } },
        },
      },
      'aws_dynamodb_table.t: a provisioned table needs read_capacity and write_capacity',
    ],
    [
      'a policy that is not JSON',
      ordersWith('aws_iam_role_policy', 'worker', { policy: '{' }),
      'aws_iam_role_policy.worker.policy: must be the text of a JSON object',
    ],
    [
      'a reference to a resource that is not there',
      ordersWith('aws_lambda_function', 'worker', {
        environment: { variables: { A: ref('aws_s3_bucket.x.id') } },
      }),
      'aws_lambda_function.worker.environment.variables.A: there is no aws_s3_bucket.x.id to refer to',
    ],
    [
      'a reference to an attribute that is not there',
      ordersWith('aws_lambda_function', 'worker', { role: ref('aws_iam_role.worker.create_date') }),
      'aws_lambda_function.worker.role: aws_iam_role.worker.create_date is no attribute',
    ],
    [
      'a reference to a variable that is not there',
      ordersWith('aws_lambda_function', 'worker', { timeout: ref('var.timeout') }),
      'aws_lambda_function.worker.timeout: there is no variable timeout',
    ],
    [
      'a reference to a data source',
      ordersWith('aws_s3_bucket', 'lost', {
        bucket: `lost-${ref('data.aws_caller_identity.me.account_id')}`,
      }),
      'aws_s3_bucket.lost.bucket: there is no data.aws_caller_identity.me.account_id',
    ],
    [
      'an expression beyond what is read',
      ordersWith('aws_lambda_function', 'worker', { function_name: ref('upper("worker")') }),
      `aws_lambda_function.worker.function_name: cannot work out ${ref('upper("worker")')}: the function upper is not known`,
    ],
    [
      'resources that refer to each other',
      {
        resource: {
          aws_cloudwatch_log_group: {
            a: { name: ref('aws_cloudwatch_log_group.b.name') },
            b: { name: ref('aws_cloudwatch_log_group.a.name') },
          },
        },
      },
      'aws_cloudwatch_log_group.a: refers to itself by way of ',
    ],
    [
      'a dependency that is not there',
      ordersWith('aws_s3_bucket', 'lost', { depends_on: ['aws_iam_role.nobody'] }),
      'aws_s3_bucket.lost.depends_on: there is no aws_iam_role.nobody',
    ],
    [
      'a precondition that fails',
      ordersWith('aws_s3_bucket', 'lost', {
        lifecycle: { precondition: [{ condition: ref('1 > 2'), error_message: 'Never true.' }] },
      }),
      'aws_s3_bucket.lost: Never true.',
    ],
    [
      'a precondition that cannot be checked',
      ordersWith('aws_s3_bucket', 'lost', {
        lifecycle: { precondition: { condition: ref('timestamp()'), error_message: 'x' } },
      }),
      `aws_s3_bucket.lost: cannot check the condition ${ref('timestamp()')}: the function timestamp is not known`,
    ],
    [
      'a precondition that is neither true nor false',
      ordersWith('aws_s3_bucket', 'lost', {
        lifecycle: { precondition: { condition: ref('1'), error_message: 'x' } },
      }),
      `aws_s3_bucket.lost: the condition ${ref('1')} is neither true nor false`,
    ],
    [
      'a role that is not in the stack',
      ordersWith('aws_lambda_function', 'worker', { role: 'arn:aws:iam::1:role/x' }),
      'aws_lambda_function.worker.role: nothing in the stack is arn:aws:iam::1:role/x',
    ],
    [
      'a layer that is not in the stack',
      ordersWith('aws_lambda_function', 'worker', { layers: ['arn:x'] }),
      'aws_lambda_function.worker.layers: nothing in the stack is arn:x',
    ],
    [
      'a stream that is not in the stack',
      ordersWith('aws_lambda_event_source_mapping', 'worker', { event_source_arn: 'arn:aws:kinesis:x' }),
      'aws_lambda_event_source_mapping.worker.event_source_arn: nothing in the stack is arn:aws:kinesis:x',
    ],
    [
      'a function that is not in the stack, behind a mapping',
      ordersWith('aws_lambda_event_source_mapping', 'worker', { function_name: 'nobody' }),
      'aws_lambda_event_source_mapping.worker.function_name: nothing in the stack is nobody',
    ],
    [
      'a function that is not in the stack, behind a route',
      ordersWith('aws_apigatewayv2_integration', 'worker', { integration_uri: 'nobody' }),
      'aws_apigatewayv2_route.worker.target: nothing in the stack is nobody',
    ],
    [
      'an output that refers to nothing',
      { output: { url: { value: ref('aws_apigatewayv2_api.web.api_endpoint') } } },
      'output.url: there is no aws_apigatewayv2_api.web.api_endpoint',
    ],
    [
      'another provider',
      { provider: { google: {}, aws: { region: 'x' } } },
      'provider.google: only the provider aws',
    ],
    ['no provider', { provider: {} }, 'provider.aws: is missing'],
    ['a provider without a region', { provider: { aws: {} } }, 'provider.aws.region: is missing'],
    [
      'a section nobody knows',
      { module: { vpc: {} } },
      'cdk.tf.json: the local cloud does not know "module"; ',
    ],
  ])('%s', (_what, document, expected) => {
    expect(problem(document)).toContain(expected);
  });

  test('a file that is not there, and one that is not JSON', () => {
    const sources = { variables: {}, environment: {} };
    const missing = join(directory, 'missing.json');
    expect(() => loadTerraform(missing, sources)).toThrow(`${missing}: cannot be read (`);
    const broken = join(directory, 'broken.json');
    writeFileSync(broken, '{');
    expect(() => loadTerraform(broken, sources)).toThrow('write it with npm run synth');
  });
});

describe('variables', () => {
  const variable = {
    shards: {
      type: 'number',
      default: 4,
      validation: { condition: ref('var.shards > 0'), error_message: 'Too few.' },
    },
    name: { type: 'string', default: 'orders' },
    is_on: { type: 'bool', default: false },
    untyped: { default: 'a' },
  };
  const output = Object.fromEntries(
    Object.keys(variable).map((name) => [name, { value: ref(`var.${name}`) }]),
  );
  const values = (sources?: Sources) => Object.fromEntries(load({ variable, output }, sources).outputs);

  test('have their defaults', () => {
    expect(values()).toEqual({ shards: 4, name: 'orders', is_on: false, untyped: 'a' });
  });

  test('are converted by their declared type', () => {
    expect(values({ variables: { shards: '50', name: '50', is_on: 'true', untyped: '5' } })).toEqual({
      shards: 50,
      name: '50',
      is_on: true,
      untyped: '5',
    });
    expect(values({ variables: { shards: '1.5e2', is_on: '1' } })).toMatchObject({
      shards: 150,
      is_on: true,
    });
  });

  test('a default is converted too', () => {
    const typed = {
      variable: { n: { type: 'number', default: '7' } },
      output: { n: { value: ref('var.n') } },
    };
    expect(Object.fromEntries(load(typed).outputs)).toEqual({ n: 7 });
  });

  test('--var wins over TF_VAR_, which wins over the default; the rest of the environment is not read', () => {
    const environment = { TF_VAR_shards: '8', TF_VAR_name: 'from-env', TF_VAR_elsewhere: 'x', shards: '9' };
    expect(values({ variables: { shards: '16' }, environment })).toMatchObject({
      shards: 16,
      name: 'from-env',
    });
  });

  test('null leaves the argument out, so that its default holds', () => {
    const stack = load({
      variable: { hours: { type: 'number', default: null } },
      resource: {
        aws_kinesis_stream: { s: { name: 's', shard_count: 1, retention_period: ref('var.hours') } },
      },
    });
    expect(describeStack(stack).streams[0]?.retentionHours).toBe(24);
  });

  test.each<[string, Json, Sources, string]>([
    [
      'an unknown one',
      variable,
      { variables: { shard: '1' } },
      'var.shard: the stack declares no such variable; it has shards,',
    ],
    [
      'one named like a property of every object',
      variable,
      { variables: { toString: '1' } },
      'var.toString: the stack declares no',
    ],
    ['not a number', variable, { variables: { shards: 'many' } }, 'var.shards: must be a number, not "many"'],
    [
      'an empty number',
      variable,
      { environment: { TF_VAR_shards: '' } },
      'var.shards: must be a number, not ""',
    ],
    ['not a bool', variable, { variables: { is_on: 'yes' } }, 'var.is_on: must be true or false, not "yes"'],
    ['a failed validation', variable, { variables: { shards: '0' } }, 'var.shards: Too few.'],
    ['no value', { shards: { type: 'number' } }, {}, 'var.shards: has no value; give it by --var shards='],
    ['null where it must not be', { n: { default: null, nullable: false } }, {}, 'var.n: must not be null'],
    [
      'a type beyond what is read',
      { n: { type: 'list(string)', default: 'a' } },
      {},
      'var.n: is of type list(string); ',
    ],
    ['a default beyond what is read', { n: { default: ['a'] } }, {}, 'var.n: only string, number and bool'],
  ])('%s is refused', (_what, declared, sources, expected) => {
    expect(problem({ variable: declared }, sources)).toContain(expected);
  });
});
