import path from 'node:path';
import type { FunctionDirectories } from './function-package.ts';
import type { FunctionConfiguration } from './lambda.ts';

/**
 * The variables of one worker, from "Using Lambda environment variables": those of Terraform, over them those Lambda
 * reserves, over them the host's (credentials, endpoint). Nothing of this process's own environment is among them.
 */
export function environmentVariables(
  configuration: FunctionConfiguration,
  directories: FunctionDirectories,
  logStreamName: string,
  hostVariables: Readonly<Record<string, string>>,
): Record<string, string> {
  const { taskRoot, optRoot, runtimeRoot } = directories;
  const region = configuration.functionArn.split(':')[3] ?? '';
  return {
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...configuration.environment,
    _HANDLER: configuration.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${configuration.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: configuration.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: configuration.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: configuration.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    LAMBDA_TASK_ROOT: taskRoot,
    LAMBDA_RUNTIME_DIR: runtimeRoot,
    NODE_PATH: [
      path.join(optRoot, 'nodejs/node24/node_modules'),
      path.join(optRoot, 'nodejs/node_modules'),
      path.join(runtimeRoot, 'node_modules'),
      runtimeRoot,
      taskRoot,
    ].join(':'),
    ...hostVariables,
  };
}

/** A log stream's name as Lambda makes it: `2026/01/31/[$LATEST]<32 hex digits>`. */
export function logStreamName(nowMs: number, version: string, id: string): string {
  const date = new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${date}/[${version}]${id.replaceAll('-', '')}`;
}
