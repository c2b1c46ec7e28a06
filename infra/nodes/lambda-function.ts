import { CloudwatchLogGroup } from '@cdktn/provider-aws/lib/cloudwatch-log-group/index.js';
import { IamRole } from '@cdktn/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktn/provider-aws/lib/iam-role-policy/index.js';
import { LambdaAlias } from '@cdktn/provider-aws/lib/lambda-alias/index.js';
import { LambdaFunction as LambdaFunctionResource } from '@cdktn/provider-aws/lib/lambda-function/index.js';
import { Lazy, type TerraformResourceLifecycle } from 'cdktn';
import { Construct } from 'constructs';
import type { Variables } from '../variables.ts';
import type { Artifact } from '../zip.ts';
import { addressed } from './addressed.ts';
import { LAMBDA_TRUST, policyJson, type Statement } from './policy.ts';
import type { RuntimeLayer } from './runtime-layer.ts';

export const RUNTIME = 'nodejs24.x';
export const ARCHITECTURE = 'arm64';

export interface LambdaFunctionOptions {
  readonly artifact: Artifact;
  readonly layer: RuntimeLayer;
  readonly variables: Variables;
  readonly timeoutS: number;
  readonly memoryMb: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly preconditions?: TerraformResourceLifecycle['precondition'];
}

/**
 * A Lambda function with its log group, its own role and the alias `live` that callers point to. It starts
 * without a permission for anything but its log and its traces: the edges add what they need.
 */
export class LambdaFunction extends Construct {
  readonly name: string;
  readonly resource: LambdaFunctionResource;
  /** Moves to a new version in one step; the function itself is for a moment old code on a new layer. */
  readonly live: LambdaAlias;
  /** The role's two: what the code calls, and what Lambda does for it. */
  readonly policies: readonly IamRolePolicy[];
  readonly #codeStatements: Statement[] = [];
  readonly #platformStatements: Statement[] = [];

  constructor(scope: Construct, name: string, options: LambdaFunctionOptions) {
    super(scope, `function-${name}`);
    this.name = name;
    const deployedName = `${options.variables.namePrefix}-${name}`;
    const logGroup = this.#logGroup(deployedName, options.variables);
    const role = addressed(
      name,
      new IamRole(this, 'role', { name: deployedName, assumeRolePolicy: LAMBDA_TRUST }),
    );
    this.policies = [
      this.#policy(role, `${name}-code`, this.#codeStatements),
      this.#policy(role, `${name}-platform`, this.#platformStatements),
    ];
    this.resource = this.#function(deployedName, role, logGroup, options);
    this.live = addressed(
      name,
      new LambdaAlias(this, 'live', {
        name: 'live',
        functionName: this.resource.functionName,
        functionVersion: this.resource.version,
        // Nobody is sent here before the role may do its work.
        dependsOn: [...this.policies],
      }),
    );
    this.allowPlatform(['logs:CreateLogStream', 'logs:PutLogEvents'], `${logGroup.arn}:*`);
    // X-Ray has no resources to name: these two actions take nothing but "*".
    this.allowPlatform(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*');
  }

  /** Grants what the function's own code calls. */
  allowCode(actions: readonly string[], resource: string): void {
    this.#codeStatements.push({ actions, resource });
  }

  /** Grants what Lambda does in the function's name: polling, failure destination, logs, traces. */
  allowPlatform(actions: readonly string[], resource: string): void {
    this.#platformStatements.push({ actions, resource });
  }

  setEnvironment(variables: Readonly<Record<string, string>>): void {
    this.resource.putEnvironment({
      variables: { ...this.resource.environmentInput?.variables, ...variables },
    });
  }

  /** Made before the function: Lambda would make one itself, and keep the logs for ever. */
  #logGroup(deployedName: string, variables: Variables): CloudwatchLogGroup {
    return addressed(
      this.name,
      new CloudwatchLogGroup(this, 'log-group', {
        name: `/aws/lambda/${deployedName}`,
        retentionInDays: variables.logRetentionDays,
      }),
    );
  }

  /** Read late, so that the policy holds what the edges add after the function was made. */
  #policy(role: IamRole, name: string, statements: readonly Statement[]): IamRolePolicy {
    return addressed(
      name,
      new IamRolePolicy(this, name, {
        name,
        role: role.name,
        policy: Lazy.stringValue({ produce: () => policyJson(statements) }),
      }),
    );
  }

  #function(
    deployedName: string,
    role: IamRole,
    logGroup: CloudwatchLogGroup,
    options: LambdaFunctionOptions,
  ): LambdaFunctionResource {
    return addressed(
      this.name,
      new LambdaFunctionResource(this, 'function', {
        functionName: deployedName,
        role: role.arn,
        runtime: RUNTIME,
        architectures: [ARCHITECTURE],
        handler: 'index.handler',
        filename: options.artifact.fileName,
        sourceCodeHash: options.artifact.sha256,
        layers: [options.layer.resource.arn],
        memorySize: options.memoryMb,
        timeout: options.timeoutS,
        publish: true,
        tracingConfig: { mode: 'Active' },
        // Text: the functions write their own JSON lines, and metrics lines must reach CloudWatch as they are.
        loggingConfig: { logFormat: 'Text', logGroup: logGroup.name },
        environment: { variables: { ...commonEnvironment(this.name), ...options.environment } },
        ...(options.preconditions && { lifecycle: { precondition: options.preconditions } }),
      }),
    );
  }
}

function commonEnvironment(name: string): Record<string, string> {
  return {
    POWERTOOLS_SERVICE_NAME: name,
    POWERTOOLS_METRICS_NAMESPACE: 'Shardbound',
    POWERTOOLS_LOG_LEVEL: 'INFO',
    // Automatic mode hooks every promise of the process; the runtime opens its own segments instead.
    AWS_XRAY_MANUAL_MODE: '1',
    AWS_XRAY_CONTEXT_MISSING: 'IGNORE_ERROR',
  };
}
