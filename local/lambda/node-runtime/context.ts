import type { InvocationRequest } from '../runtime-protocol.ts';

/** The context object of nodejs24.x, from "Using the Lambda context object to retrieve Node.js function information". */
export interface Context {
  readonly functionName: string | undefined;
  readonly functionVersion: string | undefined;
  readonly invokedFunctionArn: string;
  /** Text, as on Lambda, for it comes from an environment variable. */
  readonly memoryLimitInMB: string | undefined;
  readonly awsRequestId: string;
  readonly logGroupName: string | undefined;
  readonly logStreamName: string | undefined;
  readonly tenantId: string | undefined;
  readonly xRayTraceId: string | undefined;
  getRemainingTimeInMillis(): number;
}

/** Takes what the invocation does not say from the environment's own variables. */
export function createContext(
  request: InvocationRequest,
  variables: Readonly<Record<string, string | undefined>>,
): Context {
  return {
    functionName: variables['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: variables['AWS_LAMBDA_FUNCTION_VERSION'],
    invokedFunctionArn: request.invokedFunctionArn,
    memoryLimitInMB: variables['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    awsRequestId: request.requestId,
    logGroupName: variables['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: variables['AWS_LAMBDA_LOG_STREAM_NAME'],
    tenantId: request.tenantId,
    xRayTraceId: request.traceHeader,
    getRemainingTimeInMillis: () => request.deadlineEpochMs - Date.now(),
  };
}
