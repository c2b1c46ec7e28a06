/** Structured logs by Powertools, one JSON line each. Nothing personal goes in: ids, names of steps, errors. */
import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { describeError } from './errors.ts';

export interface Log {
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, error: unknown, fields?: Record<string, unknown>): void;
}

/**
 * A log for one invocation. It travels with the invocation instead of living in the module, because invocations
 * may overlap in one execution environment; a line that is never written costs nothing.
 */
export function logOf(context: Context): Log {
  let logger: Logger | undefined;
  const theLogger = () => {
    logger ??= new Logger({ persistentKeys: { request_id: context.awsRequestId } });
    return logger;
  };
  return {
    warn: (message, fields = {}) => theLogger().warn(message, fields),
    error: (message, error, fields = {}) =>
      theLogger().error(message, { ...fields, error: describeError(error) }),
  };
}
