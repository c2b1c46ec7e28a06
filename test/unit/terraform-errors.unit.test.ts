import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadTerraform } from '../../local/terraform/load.ts';
import { type Json, ordersWith, ref, TerraformFolder } from '../helpers/terraform-fixtures.ts';

const folder = new TerraformFolder();
afterAll(() => folder.remove());

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
    expect(folder.problem(document)).toContain(expected);
  });

  test('a file that is not there, and one that is not JSON', () => {
    const sources = { variables: {}, environment: {} };
    const missing = join(folder.path, 'missing.json');
    expect(() => loadTerraform(missing, sources)).toThrow(`${missing}: cannot be read (`);
    const broken = join(folder.path, 'broken.json');
    writeFileSync(broken, '{');
    expect(() => loadTerraform(broken, sources)).toThrow('write it with npm run synth');
  });
});
