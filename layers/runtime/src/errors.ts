/** Errors of the pipeline, classed by what the caller must do. */

/** The URI that names a kind of problem, in answers and in failed operations alike. */
export function problemType(code: string): string {
  return `urn:problem-type:shardbound:${code}`;
}

export interface FieldError {
  /** JSON pointer into the request's body, e.g. `/email`; empty for the body itself. */
  readonly pointer: string;
  readonly detail: string;
}

export type RequestErrorCode =
  | 'malformed-json'
  | 'validation-failed'
  | 'invalid-idempotency-key'
  | 'body-too-large'
  | 'unsupported-media-type'
  | 'idempotency-key-reused'
  | 'operation-not-found';

/** Bad input: the caller must change the request. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: RequestErrorCode;
  readonly fields: readonly FieldError[];

  constructor(code: RequestErrorCode, detail: string, fields: readonly FieldError[] = []) {
    super(detail);
    this.code = code;
    this.fields = fields;
  }
}

/** Kinesis or DynamoDB cannot take it now: the same call may succeed later. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}

export type PoisonCode =
  | 'not-utf8'
  | 'not-json'
  | 'too-large'
  | 'too-deep'
  | 'invalid-event'
  | 'unexpected-type'
  | 'unsupported-version'
  | 'operation-not-found';

/** A record that can never succeed as it is: it is parked, and its neighbours go on. */
export class PoisonRecordError extends Error {
  override readonly name = 'PoisonRecordError';
  readonly code: PoisonCode;

  constructor(code: PoisonCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }
}

/** A bug: nobody can do anything but mend the code. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** States an invariant; throws InvariantError when it does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Says what a caught value is, for a log line: its name and message, never its payload. */
export function describeError(error: unknown): { name: string; message: string; stack?: string } {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  return {
    name: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  };
}
