import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTerraform, type ResolvedStack } from '../../local/terraform/load.ts';
import { describeStack } from '../../local/terraform/stack.ts';
import { TerraformError } from '../../local/terraform/terraform-error.ts';

export type Json = Record<string, unknown>;
/** Resources by type, then by name, as in Terraform JSON. */
export type Resources = Record<string, Record<string, Json>>;

export interface Sources {
  variables?: Record<string, string>;
  environment?: Record<string, string>;
}

/** A folder for the JSON of one test file. */
export class TerraformFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'shardbound-terraform-'));

  /** Writes the document, with a provider unless it has one, and loads it. */
  load(document: Json, { variables = {}, environment = {} }: Sources = {}): ResolvedStack {
    const path = join(this.path, 'cdk.tf.json');
    writeFileSync(path, JSON.stringify({ provider: { aws: { region: 'eu-west-1' } }, ...document }));
    return loadTerraform(path, { variables, environment });
  }

  /** The message of the TerraformError that loading and describing the document throws; its address is in front. */
  problem(document: Json, sources?: Sources): string {
    try {
      describeStack(this.load(document, sources));
    } catch (error) {
      if (!(error instanceof TerraformError)) throw error;
      const isOneLine = !error.message.includes('\n') && error.message.startsWith(`${error.address}: `);
      return isOneLine ? error.message : `not one line with the address in front: ${error.message}`;
    }
    return 'no problem';
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** A Terraform reference or expression as it stands in JSON. */
export function ref(path: string): string {
  return `\${${path}}`;
}

const TRUST = JSON.stringify({ Version: '2012-10-17', Statement: [] });

/** A stack unlike the project's own: a function of another name on a stream, and behind a route. */
export function orders(): Resources {
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
export function ordersWith(type: string, name: string, changes: Json): { resource: Resources } {
  const resource = orders();
  resource[type] = { ...resource[type], [name]: { ...resource[type]?.[name], ...changes } };
  return { resource };
}
