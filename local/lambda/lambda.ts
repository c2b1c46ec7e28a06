/** What Terraform says of one function: everything an execution environment needs to run its zips. */
export interface FunctionConfiguration {
  readonly functionName: string;
  /** Unqualified ARN. */
  readonly functionArn: string;
  readonly version: string;
  /** `file.export`, e.g. `index.handler`. */
  readonly handler: string;
  readonly runtime: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly roleArn: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly codeZipPath: string;
  readonly layerZipPaths: readonly string[];
  readonly reservedConcurrency?: number;
  readonly logGroupName: string;
}

/** As Lambda's Invoke answers: a function error is still a 200. Throttles are thrown as AwsError. */
export interface InvokeResult {
  readonly requestId: string;
  /** JSON text: the handler's result, or the error object when `functionError` is set. */
  readonly payload: string;
  readonly functionError?: 'Unhandled';
}

export interface InvokeOptions {
  /** The `X-Amzn-Trace-Id` header, `Root=…;Parent=…;Sampled=…`: the handler's `context.xRayTraceId`. */
  readonly traceHeader?: string;
  readonly tenantId?: string;
}

/** Invokes a function by name or ARN, synchronously (RequestResponse), with a JSON text. */
export type InvokeFunction = (
  functionName: string,
  payload: string,
  options?: InvokeOptions,
) => Promise<InvokeResult>;

/** How an invocation ended; a throttled one never started. */
export type InvocationOutcome = 'success' | 'error' | 'timeout' | 'crash' | 'throttle';

/** Is told what happens, for metrics; durations exclude the wait for an environment, as Lambda's Duration does. */
export interface LambdaObserver {
  invocationStarted?(functionName: string): void;
  invocationEnded?(functionName: string, outcome: InvocationOutcome, durationMs: number): void;
  /** `initMs` is 0 for an environment that shares the worker of an earlier one. */
  environmentStarted?(functionName: string, initMs: number): void;
}

/**
 * How environments are housed: `function` gives all environments of a function one worker thread, where
 * invocations overlap and share module state; `environment` gives each a worker thread of its own, as Lambda does.
 */
export type Isolation = 'function' | 'environment';
