import type { FunctionConfiguration } from '../lambda/lambda.ts';
import { functionNameOf } from './arns.ts';
import { type HttpApiDescription, httpApisOf } from './http-apis.ts';
import { inStack } from './in-stack.ts';
import type { ResolvedStack } from './load.ts';
import { dynamodbTable } from './resources/aws-dynamodb-table.ts';
import { iamRole } from './resources/aws-iam-role.ts';
import { iamRolePolicy } from './resources/aws-iam-role-policy.ts';
import { kinesisStream } from './resources/aws-kinesis-stream.ts';
import { lambdaEventSourceMapping } from './resources/aws-lambda-event-source-mapping.ts';
import { lambdaFunction } from './resources/aws-lambda-function.ts';
import { lambdaLayerVersion } from './resources/aws-lambda-layer-version.ts';
import { lambdaPermission } from './resources/aws-lambda-permission.ts';
import { s3Bucket } from './resources/aws-s3-bucket.ts';
import type { Value } from './value.ts';

export interface StreamDescription {
  readonly name: string;
  readonly arn: string;
  readonly shardCount: number;
  readonly retentionHours: number;
}

export interface TableDescription {
  readonly name: string;
  readonly arn: string;
  readonly hashKey: string;
  readonly rangeKey?: string;
  readonly attributes: readonly { readonly name: string; readonly type: 'S' | 'N' | 'B' }[];
  readonly billing:
    | { readonly mode: 'PAY_PER_REQUEST' }
    | { readonly mode: 'PROVISIONED'; readonly readUnits: number; readonly writeUnits: number };
  readonly ttlAttribute?: string;
}

export interface BucketDescription {
  readonly name: string;
  readonly arn: string;
}

export interface RoleDescription {
  readonly arn: string;
  readonly name: string;
  /** Inline policies; documents as parsed from their JSON. */
  readonly policies: readonly {
    readonly name: string;
    readonly document: Readonly<Record<string, unknown>>;
  }[];
}

export interface EventSourceMappingDescription {
  /** The same at every start: made from the address. */
  readonly uuid: string;
  readonly address: string;
  readonly eventSourceArn: string;
  readonly functionName: string;
  /** As the mapping names it, with its alias if it points to one. */
  readonly functionArn: string;
  readonly roleArn: string;
  readonly batchSize: number;
  readonly batchWindowMs: number;
  readonly parallelizationFactor: number;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  /** -1 is no bound. */
  readonly maximumRecordAgeS: number;
  /** -1 is no bound. */
  readonly maximumRetryAttempts: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
  readonly failureDestinationArn?: string;
  readonly region: string;
}

/** A resource-based permission on a function. */
export interface PermissionDescription {
  readonly action: string;
  readonly principal: string;
  readonly functionName: string;
  readonly qualifier?: string;
  readonly sourceArn?: string;
}

/** What the local cloud boots: plain lists, in the order of the JSON. */
export interface StackDescription {
  readonly region: string;
  readonly streams: readonly StreamDescription[];
  readonly tables: readonly TableDescription[];
  readonly buckets: readonly BucketDescription[];
  readonly functions: readonly FunctionConfiguration[];
  readonly roles: readonly RoleDescription[];
  readonly eventSourceMappings: readonly EventSourceMappingDescription[];
  readonly httpApis: readonly HttpApiDescription[];
  readonly permissions: readonly PermissionDescription[];
  readonly outputs: ReadonlyMap<string, Value>;
}

/** Turns resolved resources into what the local cloud boots; a reference to nothing in the stack is an error. */
export function describeStack(stack: ResolvedStack): StackDescription {
  const functions = functionsOf(stack);
  const permissions = permissionsOf(stack);
  return {
    region: stack.region,
    streams: streamsOf(stack),
    tables: tablesOf(stack),
    buckets: stack.of(s3Bucket).map(({ attributes: { id, arn } }) => ({ name: id, arn })),
    functions,
    roles: rolesOf(stack),
    eventSourceMappings: mappingsOf(stack, functions),
    httpApis: httpApisOf(stack, functions, permissions),
    permissions,
    outputs: stack.outputs,
  };
}

function streamsOf(stack: ResolvedStack): StreamDescription[] {
  return stack.of(kinesisStream).map(({ attributes }) => ({
    name: attributes.name,
    arn: attributes.arn,
    shardCount: attributes.shard_count,
    retentionHours: attributes.retention_period,
  }));
}

function tablesOf(stack: ResolvedStack): TableDescription[] {
  return stack.of(dynamodbTable).map(({ attributes }) => ({
    name: attributes.name,
    arn: attributes.arn,
    hashKey: attributes.hash_key,
    ...(attributes.range_key && { rangeKey: attributes.range_key }),
    attributes: attributes.attribute,
    billing:
      attributes.billing_mode === 'PROVISIONED'
        ? {
            mode: attributes.billing_mode,
            readUnits: attributes.read_capacity ?? 0,
            writeUnits: attributes.write_capacity ?? 0,
          }
        : { mode: attributes.billing_mode },
    ...(attributes.ttl?.enabled && { ttlAttribute: attributes.ttl.attribute_name }),
  }));
}

function functionsOf(stack: ResolvedStack): FunctionConfiguration[] {
  const layers = new Map(
    stack.of(lambdaLayerVersion).map(({ attributes }) => [attributes.arn, attributes.zip_path]),
  );
  const roles = new Set(stack.of(iamRole).map(({ attributes }) => attributes.arn));
  return stack.of(lambdaFunction).map(({ address, attributes }) => ({
    functionName: attributes.function_name,
    functionArn: attributes.arn,
    version: attributes.version,
    handler: attributes.handler,
    runtime: attributes.runtime,
    timeoutMs: attributes.timeout * 1000,
    memoryMb: attributes.memory_size,
    roleArn: inStack(
      roles.has(attributes.role) ? attributes.role : undefined,
      `${address}.role`,
      attributes.role,
    ),
    environment: attributes.environment?.variables ?? {},
    codeZipPath: attributes.zip_path,
    layerZipPaths: attributes.layers.map((arn) => inStack(layers.get(arn), `${address}.layers`, arn)),
    ...(attributes.reserved_concurrent_executions >= 0 && {
      reservedConcurrency: attributes.reserved_concurrent_executions,
    }),
    logGroupName: attributes.logging_config?.log_group ?? `/aws/lambda/${attributes.function_name}`,
  }));
}

function rolesOf(stack: ResolvedStack): RoleDescription[] {
  const roles = stack.of(iamRole);
  const policies = stack.of(iamRolePolicy);
  for (const { address, attributes } of policies) {
    const role = roles.find((role) => role.attributes.name === attributes.role);
    inStack(role, `${address}.role`, attributes.role);
  }
  return roles.map(({ attributes: { arn, name } }) => ({
    arn,
    name,
    policies: policies
      .filter((policy) => policy.attributes.role === name)
      .map((policy) => ({ name: policy.attributes.name, document: policy.attributes.policy })),
  }));
}

function mappingsOf(
  stack: ResolvedStack,
  functions: readonly FunctionConfiguration[],
): EventSourceMappingDescription[] {
  const streams = new Set(stack.of(kinesisStream).map(({ attributes }) => attributes.arn));
  const buckets = new Set(stack.of(s3Bucket).map(({ attributes }) => attributes.arn));
  const enabled = stack.of(lambdaEventSourceMapping).filter(({ attributes }) => attributes.enabled);
  return enabled.map(({ address, attributes }) => {
    const functionName = functionNameOf(attributes.function_name);
    const target = functions.find((configuration) => configuration.functionName === functionName);
    const stream = attributes.event_source_arn;
    const bucket = attributes.destination_config?.on_failure.destination_arn;
    inStack(streams.has(stream) || undefined, `${address}.event_source_arn`, stream);
    if (bucket) inStack(buckets.has(bucket) || undefined, `${address}.destination_config`, bucket);
    return {
      uuid: attributes.uuid,
      address,
      eventSourceArn: stream,
      functionName,
      functionArn: attributes.function_arn,
      roleArn: inStack(target, `${address}.function_name`, attributes.function_name).roleArn,
      batchSize: attributes.batch_size,
      batchWindowMs: attributes.maximum_batching_window_in_seconds * 1000,
      parallelizationFactor: attributes.parallelization_factor,
      startingPosition: attributes.starting_position,
      maximumRecordAgeS: attributes.maximum_record_age_in_seconds,
      maximumRetryAttempts: attributes.maximum_retry_attempts,
      bisectBatchOnFunctionError: attributes.bisect_batch_on_function_error,
      reportBatchItemFailures: attributes.function_response_types.includes('ReportBatchItemFailures'),
      ...(bucket && { failureDestinationArn: bucket }),
      region: stack.region,
    };
  });
}

function permissionsOf(stack: ResolvedStack): PermissionDescription[] {
  return stack.of(lambdaPermission).map(({ attributes }) => ({
    action: attributes.action,
    principal: attributes.principal,
    functionName: functionNameOf(attributes.function_name),
    ...(attributes.qualifier && { qualifier: attributes.qualifier }),
    ...(attributes.source_arn && { sourceArn: attributes.source_arn }),
  }));
}
