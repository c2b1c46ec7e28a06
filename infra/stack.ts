import { AwsProvider } from '@cdktn/provider-aws/lib/provider/index.js';
import { LocalBackend, TerraformOutput, TerraformStack } from 'cdktn';
import type { Construct } from 'constructs';
import type { Artifacts, FunctionName } from './bundle.ts';
import { functionToFailureBucket } from './edges/function-to-failure-bucket.ts';
import { functionToStream } from './edges/function-to-stream.ts';
import { functionToTable } from './edges/function-to-table.ts';
import { routeToFunction } from './edges/route-to-function.ts';
import { streamToFunction } from './edges/stream-to-function.ts';
import * as limits from './limits.ts';
import { FailureBucket } from './nodes/failure-bucket.ts';
import { HttpApi } from './nodes/http-api.ts';
import { LambdaFunction, type LambdaFunctionOptions } from './nodes/lambda-function.ts';
import { RuntimeLayer } from './nodes/runtime-layer.ts';
import { Stream } from './nodes/stream.ts';
import { Table } from './nodes/table.ts';
import { BATCH_FITS, declareVariables, type Variables } from './variables.ts';

/** The pipeline: its parts, then what each part may do to which other. */
export class ShardboundStack extends TerraformStack {
  constructor(scope: Construct, artifacts: Artifacts) {
    super(scope, 'shardbound');
    const variables = declareVariables(this);
    new AwsProvider(this, 'aws', {
      region: variables.region,
      defaultTags: [{ tags: { project: 'shardbound' } }],
    });
    // Relative to the JSON, and outside the generated folder, so that clearing the folder loses no state.
    new LocalBackend(this, { path: '../../../shardbound.tfstate' });

    const userCreateStream = new Stream(this, 'user-create', variables);
    const userApproveStream = new Stream(this, 'user-approve', variables);
    const userApproveResponseStream = new Stream(this, 'user-approve-response', variables);
    const userCreateResponseStream = new Stream(this, 'user-create-response', variables);

    const operations = new Table(this, 'operations', variables, { ttlAttribute: 'expiresAt' });
    const users = new Table(this, 'users', variables);
    const failures = new FailureBucket(this, 'failures', variables);
    const api = new HttpApi(this, 'api', variables);

    const functions = new FunctionFactory(this, artifacts, variables);
    const operationCreate = functions.forApi('operation-create');
    const operationGet = functions.forApi('operation-get');
    const operationUpdate = functions.forStream('operation-update');
    const userCreate = functions.forStream('user-create');
    const userCreateResponse = functions.forStream('user-create-response');
    const userApprove = functions.forStream('user-approve', {
      environment: {
        APPROVAL_DELAY_MS: variables.approvalDelayMs,
        APPROVAL_DENIED_DOMAINS: variables.approvalDeniedDomains,
      },
      preconditions: [BATCH_FITS],
    });

    routeToFunction(api, 'POST /users', operationCreate);
    functionToTable(operationCreate, operations, ['PutItem', 'GetItem']);
    functionToStream(operationCreate, userCreateStream, 'PutRecord');

    routeToFunction(api, 'GET /operations/{id}', operationGet);
    functionToTable(operationGet, operations, ['GetItem']);

    streamToFunction(userCreateStream, userCreate, { failures, variables });
    functionToTable(userCreate, users, ['PutItem', 'GetItem', 'UpdateItem']);
    functionToStream(userCreate, userApproveStream, 'PutRecords');
    functionToStream(userCreate, userCreateResponseStream, 'PutRecords');
    functionToFailureBucket(userCreate, failures);

    streamToFunction(userApproveStream, userApprove, { failures, variables });
    functionToStream(userApprove, userApproveResponseStream, 'PutRecords');
    functionToFailureBucket(userApprove, failures);

    streamToFunction(userApproveResponseStream, userCreateResponse, { failures, variables });
    functionToTable(userCreateResponse, users, ['UpdateItem', 'GetItem', 'DeleteItem']);
    functionToStream(userCreateResponse, userCreateResponseStream, 'PutRecords');
    functionToFailureBucket(userCreateResponse, failures);

    streamToFunction(userCreateResponseStream, operationUpdate, { failures, variables });
    functionToTable(operationUpdate, operations, ['UpdateItem', 'GetItem']);
    functionToFailureBucket(operationUpdate, failures);

    this.#outputs(api);
  }

  #outputs(api: HttpApi): void {
    const url = api.resource.apiEndpoint;
    new TerraformOutput(this, 'api_url', { value: url, description: 'Where the API answers.' });
    new TerraformOutput(this, 'curl_create', {
      value: `curl -i ${url}/users -H 'content-type: application/json' -d '{"name":"Ada Lovelace","email":"ada@example.com"}'`,
      description: 'Asks for a user; the answer names the operation.',
    });
    new TerraformOutput(this, 'curl_get', {
      value: `curl -i ${url}/operations/OPERATION_ID`,
      description: 'Shows how far the operation is.',
    });
  }
}

/** The two kinds of function there are here: those a client waits for and those a stream feeds. */
class FunctionFactory {
  readonly #scope: Construct;
  readonly #artifacts: Artifacts;
  readonly #variables: Variables;
  readonly #layer: RuntimeLayer;

  constructor(scope: Construct, artifacts: Artifacts, variables: Variables) {
    this.#scope = scope;
    this.#artifacts = artifacts;
    this.#variables = variables;
    this.#layer = new RuntimeLayer(scope, artifacts.layer, variables);
  }

  forApi(name: FunctionName): LambdaFunction {
    return this.#make(name, {
      timeoutS: limits.API_FUNCTION_TIMEOUT_S,
      memoryMb: limits.API_FUNCTION_MEMORY_MB,
    });
  }

  forStream(name: FunctionName, options: Pick<LambdaFunctionOptions, 'environment' | 'preconditions'> = {}) {
    return this.#make(name, {
      timeoutS: limits.STREAM_FUNCTION_TIMEOUT_S,
      memoryMb: limits.STREAM_FUNCTION_MEMORY_MB,
      ...options,
    });
  }

  #make(
    name: FunctionName,
    options: Omit<LambdaFunctionOptions, 'artifact' | 'layer' | 'variables'>,
  ): LambdaFunction {
    const artifact = this.#artifacts.functions.get(name);
    if (!artifact) throw new Error(`no bundle for the function ${name}`);
    return new LambdaFunction(this.#scope, name, {
      artifact,
      layer: this.#layer,
      variables: this.#variables,
      ...options,
    });
  }
}
