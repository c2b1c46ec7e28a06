import { AwsError } from '../gateway/aws-error.ts';
import { REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX } from './limits.ts';

/** Why a worker ended by itself. */
export type ExitReason = { readonly exitCode: number } | { readonly signal: 'killed' };

/** The error payloads that Lambda itself makes, where the runtime could not; JSON text as recorded from AWS. */
export function timedOut(requestId: string, timeoutMs: number): string {
  const seconds = (timeoutMs / 1000).toFixed(2);
  return payload(
    'Sandbox.Timedout',
    `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
  );
}

export function exited(requestId: string, reason: ExitReason): string {
  return payload('Runtime.ExitError', `RequestId: ${requestId} Error: Runtime exited ${exitText(reason)}`);
}

export function responseTooLarge(): string {
  return payload(
    'Function.ResponseSizeTooLarge',
    `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
  );
}

function exitText(reason: ExitReason): string {
  if ('signal' in reason) return `with error: signal: ${reason.signal}`;
  return reason.exitCode === 0 ? 'without providing a reason' : `with error: exit status ${reason.exitCode}`;
}

const payload = (errorType: string, errorMessage: string): string =>
  JSON.stringify({ errorType, errorMessage });

/** The errors of the Invoke API: the function did not run. */
export const functionNotFound = (functionName: string): AwsError =>
  new AwsError('ResourceNotFoundException', `Function not found: ${functionName}`, 404);

export const requestTooLarge = (): AwsError =>
  new AwsError(
    'RequestTooLargeException',
    `Request must be smaller than ${REQUEST_BYTES_MAX} bytes for the InvokeFunction operation`,
    413,
  );

export const invalidRequest = (reason: string): AwsError =>
  new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${reason}`);

export const throttled = (): AwsError => new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);

export const closing = (): AwsError =>
  new AwsError('ServiceException', 'The local Lambda service is closing', 500);
