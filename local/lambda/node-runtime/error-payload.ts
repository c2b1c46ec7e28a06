import { types } from 'node:util';

/** An error of the runtime itself; its type shows as `Runtime.<kind>`, its trace is that of its cause. */
export class RuntimeError extends Error {
  constructor(
    kind:
      | 'CallbackHandlerDeprecated'
      | 'HandlerNotFound'
      | 'ImportModuleError'
      | 'JSONStringifyError'
      | 'MalformedHandlerName'
      | 'UnhandledPromiseRejection'
      | 'UserCodeSyntaxError',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = `Runtime.${kind}`;
    if (this.cause instanceof Error && this.cause.stack) this.stack = this.cause.stack;
  }
}

/** The JSON text Invoke answers with when `error` was thrown: `errorType`, `errorMessage`, `trace`. Never throws. */
export function errorPayload(error: unknown): string {
  try {
    if (!types.isNativeError(error) && !(error instanceof Error)) {
      return JSON.stringify({ errorType: typeof error, errorMessage: String(error), trace: [] });
    }
    return JSON.stringify({
      errorType: String(error.name),
      errorMessage: String(error.message),
      trace: String(error.stack ?? '').split('\n'),
    });
  } catch {
    // Objects without a prototype, or with getters that throw, cannot be described.
    return JSON.stringify({ errorType: typeof error, errorMessage: 'Unknown error', trace: [] });
  }
}

/** The JSON text of a handler's result; what JSON cannot hold at all (undefined, a function) is `null`. */
export function resultPayload(result: unknown): string {
  try {
    return JSON.stringify(result) ?? 'null';
  } catch (cause) {
    throw new RuntimeError('JSONStringifyError', 'Unable to stringify response body', { cause });
  }
}
