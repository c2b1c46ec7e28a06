/**
 * operation-create: accepts a request for a user as an operation.
 *
 * Trigger   POST /users
 * Writes    operations: the Idempotency-Key's item, the operation as `pending`
 * Emits     user.create.requested on stream user-create; 202 only once Kinesis has acknowledged it
 * On failure 503: nothing is lost, and with a key the same request may be sent again
 */
import { createHash } from 'node:crypto';
import { type Clock, systemClock, toTimestamp } from '@shardbound/runtime/clock';
import { createDocumentClient } from '@shardbound/runtime/dynamodb';
import { requiredText } from '@shardbound/runtime/environment';
import { RequestError, UnavailableError } from '@shardbound/runtime/errors';
import { makeEvent, type NewUser, newUserSchema } from '@shardbound/runtime/events';
import {
  callerOf,
  type HttpAnswer,
  type HttpRequest,
  json,
  RETRY_AFTER_S,
  readIdempotencyKey,
  readJson,
  toProblem,
  validate,
} from '@shardbound/runtime/http';
import { newOperationId } from '@shardbound/runtime/ids';
import { createKinesisClient } from '@shardbound/runtime/kinesis';
import { type Log, logOf } from '@shardbound/runtime/log';
import { createMetrics } from '@shardbound/runtime/metrics';
import { createStreamPublisher, type StreamPublisher } from '@shardbound/runtime/stream-publisher';
import { traceparentOf } from '@shardbound/runtime/tracing';
import type { Context } from 'aws-lambda';
import { FIRST_STEP, type PendingOperation, pendingOperation, viewOf } from './operation.ts';
import { createOperationsTable, type OperationsTable } from './operations-table.ts';

interface Deps {
  readonly operations: Pick<OperationsTable, 'claimKey' | 'putPending'>;
  readonly publisher: Pick<StreamPublisher, 'publishOne'>;
  readonly streamName: string;
  readonly newId: () => string;
  readonly clock: Clock;
}

export function createHandler({ operations, publisher, streamName, newId, clock }: Deps) {
  return async (request: HttpRequest, context: Context): Promise<HttpAnswer> => {
    const log = logOf(context);
    try {
      const key = readIdempotencyKey(request);
      const user = validate(newUserSchema, readJson(request));
      return await accept(callerOf(request), key, user, context, log);
    } catch (error) {
      return toProblem(error);
    }
  };

  async function accept(caller: string, key: string | undefined, user: NewUser, context: Context, log: Log) {
    const nowMs = clock.now();
    const newOperationId = newId();
    const id = await available(log, () => operationIdFor(newOperationId, caller, key, user, nowMs));
    const fresh = pendingOperation(id, caller, user, toTimestamp(nowMs));
    const { written, row: operation } = await available(log, () => operations.putPending(fresh));
    const headers = { location: `/operations/${id}` };
    if (operation.status === 'pending') {
      try {
        await available(log, () => publish(operation, traceparentOf(context)));
      } catch (error) {
        return toProblem(error, headers);
      }
    }
    if (written || id === newOperationId) countAccepted();
    return json(202, viewOf(operation), { ...headers, 'retry-after': String(RETRY_AFTER_S) });
  }

  /** A new id; or, with a key that is in use for the same request, the id it named the first time. */
  async function operationIdFor(
    operationId: string,
    caller: string,
    key: string | undefined,
    user: NewUser,
    nowMs: number,
  ): Promise<string> {
    if (key === undefined) return operationId;
    const fingerprint = fingerprintOf(user);
    const { row } = await operations.claimKey(caller, key, { operationId, fingerprint }, nowMs);
    if (row.fingerprint !== fingerprint) {
      throw new RequestError('idempotency-key-reused', 'Send this request under a key of its own.');
    }
    return row.operationId;
  }

  /** Puts the event, made from the stored row: a replay puts it again, for a duplicate is harmless and a lost one is not. */
  async function publish(operation: PendingOperation, traceparent: string): Promise<void> {
    const origin = { subject: operation.id, traceparent, step: FIRST_STEP, at: operation.createdAt };
    const event = makeEvent('user.create.requested.v1', origin, { user: operation.request });
    await publisher.publishOne({ streamName, event });
  }
}

/** Runs a step that needs AWS; what AWS refuses or does not answer is logged and becomes UnavailableError. */
async function available<T>(log: Log, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof RequestError) throw error;
    log.error('request cannot be taken now', error);
    throw new UnavailableError('an AWS call failed', { cause: error });
  }
}

function countAccepted(): void {
  const metrics = createMetrics();
  metrics.count('OperationsAccepted');
  metrics.publish();
}

/** The same for the same validated values, whatever the spelling of the JSON they came in. */
function fingerprintOf({ name, email }: NewUser): string {
  return createHash('sha256')
    .update(JSON.stringify([name, email]))
    .digest('hex');
}

export const handler = createHandler({
  operations: createOperationsTable({
    client: createDocumentClient('api'),
    tableName: requiredText('OPERATIONS_TABLE'),
  }),
  publisher: createStreamPublisher({ client: createKinesisClient('api') }),
  streamName: requiredText('USER_CREATE_STREAM'),
  newId: newOperationId,
  clock: systemClock,
});
