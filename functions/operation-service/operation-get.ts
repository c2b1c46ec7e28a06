/**
 * operation-get: tells how an operation stands.
 *
 * Trigger   GET /operations/{id}
 * Reads     operations, once and consistently, so that an id just answered with 202 is always found
 * On failure 503; unknown, malformed and somebody else's ids get the same 404, byte for byte
 */
import { type Clock, systemClock } from '@shardbound/runtime/clock';
import { createDocumentClient } from '@shardbound/runtime/dynamodb';
import { requiredText } from '@shardbound/runtime/environment';
import { RequestError, UnavailableError } from '@shardbound/runtime/errors';
import {
  callerOf,
  type HttpAnswer,
  type HttpRequest,
  json,
  RETRY_AFTER_S,
  toProblem,
} from '@shardbound/runtime/http';
import { isOperationId } from '@shardbound/runtime/ids';
import { logOf } from '@shardbound/runtime/log';
import type { Context } from 'aws-lambda';
import { type Operation, viewOf } from './operation.ts';
import { createOperationsTable, type OperationsTable } from './operations-table.ts';

interface Deps {
  readonly operations: Pick<OperationsTable, 'get'>;
  readonly clock: Clock;
}

export function createHandler({ operations, clock }: Deps) {
  return async (request: HttpRequest, context: Context): Promise<HttpAnswer> => {
    try {
      const operation = await find(request, context);
      if (operation?.owner !== callerOf(request)) {
        throw new RequestError('operation-not-found', 'Check the id, or create the user again.');
      }
      const pending = operation.status === 'pending';
      return json(200, viewOf(operation), pending ? { 'retry-after': String(RETRY_AFTER_S) } : {});
    } catch (error) {
      return toProblem(error);
    }
  };

  async function find(request: HttpRequest, context: Context): Promise<Operation | undefined> {
    const id = request.pathParameters?.['id'] ?? '';
    if (!isOperationId(id)) return undefined;
    try {
      return await operations.get(id, clock.now());
    } catch (error) {
      logOf(context).error('operation cannot be read now', error, { operation: id });
      throw new UnavailableError('an AWS call failed', { cause: error });
    }
  }
}

export const handler = createHandler({
  operations: createOperationsTable({
    client: createDocumentClient('api'),
    tableName: requiredText('OPERATIONS_TABLE'),
  }),
  clock: systemClock,
});
