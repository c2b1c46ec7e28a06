import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { describeStack } from '../../local/terraform/stack.ts';
import { orders, ordersWith, type Resources, ref, TerraformFolder } from '../helpers/terraform-fixtures.ts';

const folder = new TerraformFolder();
afterAll(() => folder.remove());

const WORKER_ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:worker';

describe('a stack of other names', () => {
  test('becomes plain lists', () => {
    const stack = describeStack(folder.load({ resource: orders() }));
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
        codeZipPath: join(folder.path, 'zips/worker.zip'),
        layerZipPaths: [join(folder.path, 'base.zip')],
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
    const { eventSourceMappings } = describeStack(folder.load({ resource: orders() }));
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
    expect(describeStack(folder.load({ resource: orders() })).eventSourceMappings).toEqual(
      eventSourceMappings,
    );
  });

  test('may point to an alias: the mapping and the route keep it in the ARN', () => {
    const resource: Resources = {
      ...ordersWith('aws_lambda_event_source_mapping', 'worker', {
        function_name: ref('aws_lambda_alias.live.arn'),
      }).resource,
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
    const stack = describeStack(folder.load({ resource }));
    const alias = { functionName: 'worker', functionArn: `${WORKER_ARN}:live` };
    expect(stack.eventSourceMappings).toMatchObject([alias]);
    expect(stack.httpApis[0]?.routes).toMatchObject([alias]);
  });

  test('leaves out a mapping that is not enabled', () => {
    const document = ordersWith('aws_lambda_event_source_mapping', 'worker', { enabled: false });
    expect(describeStack(folder.load(document)).eventSourceMappings).toEqual([]);
  });

  test('describes tables with their billing', () => {
    const table = {
      hash_key: 'pk',
      attribute: { name: 'pk', type: 'S' },
      ttl: { attribute_name: 'at', enabled: true },
    };
    const resource: Resources = {
      aws_dynamodb_table: {
        free: { name: 'free', billing_mode: 'PAY_PER_REQUEST', read_capacity: null, ...table },
        paid: { name: 'paid', read_capacity: 5, write_capacity: '7', ...table, ttl: undefined },
      },
    };
    const common = { hashKey: 'pk', attributes: [{ name: 'pk', type: 'S' }] };
    expect(describeStack(folder.load({ resource })).tables).toEqual([
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
