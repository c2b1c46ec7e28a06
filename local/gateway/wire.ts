import type { IncomingHttpHeaders } from 'node:http';
import type { AwsError } from './aws-error.ts';
import type { Input } from './call.ts';

/** One request as a protocol sees it: the body is read whole, `url` is path and query as sent. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface WireAnswer {
  readonly statusCode: number;
  /** Lower-case names. `content-length` is added where it is missing. */
  readonly headers: Record<string, string | number>;
  readonly body: string | Buffer;
}

/** Why IAM turned a request away; each protocol has its own codes for it. */
export type Refusal = 'denied' | 'unknown-key' | 'no-credentials';

/** A protocol of AWS: turns HTTP requests into operations, and outputs and errors into HTTP answers. */
export interface Wire {
  /** Throws AwsError for what is not a request of this protocol. */
  read(request: WireRequest): { readonly operation: string; readonly input: Input };
  answer(request: WireRequest, operation: string, output: unknown, requestId: string): WireAnswer;
  failure(url: string, error: AwsError, requestId: string): WireAnswer;
  refuse(refusal: Refusal, message?: string): AwsError;
}
