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

/** Invokes a function by name, synchronously (RequestResponse), with a JSON text. */
export type InvokeFunction = (functionName: string, payload: string) => Promise<InvokeResult>;
