/**
 * operation-update: settles the operation once its user is settled.
 *
 * Trigger   stream user-create-response, user.create.completed; key: the operation id
 * Writes    operations: `completed` or `failed`, only from `pending`; the stored request goes, `expiresAt` comes
 * Emits     nothing
 * On failure the record is delivered again; an event whose operation does not exist is parked
 */
import { type Clock, systemClock, toTimestamp } from '@shardbound/runtime/clock';
import { createDocumentClient, RowGoneError } from '@shardbound/runtime/dynamodb';
import { requiredInteger, requiredText } from '@shardbound/runtime/environment';
import { PoisonRecordError } from '@shardbound/runtime/errors';
import { type UserCreateCompleted, userCreateCompleted } from '@shardbound/runtime/events';
import { createParking, type Park } from '@shardbound/runtime/failure-bucket';
import { INVOCATION } from '@shardbound/runtime/limits';
import { createStreamHandler, type Invocation } from '@shardbound/runtime/stream-consumer';
import { settlementOf } from './operation.ts';
import { createOperationsTable, type OperationsTable } from './operations-table.ts';

const STEP = 'operation-update';

interface Deps {
  readonly operations: Pick<OperationsTable, 'settle'>;
  readonly park: Park;
  readonly batchConcurrency: number;
  readonly clock: Clock;
}

export function createHandler({ operations, park, batchConcurrency, clock }: Deps) {
  return createStreamHandler({
    step: STEP,
    accepts: userCreateCompleted,
    park,
    batchConcurrency,
    clock,
    handle: async (event, { metrics }) => {
      await settle(event, metrics);
      return [];
    },
  });

  async function settle(event: UserCreateCompleted, metrics: Invocation['metrics']): Promise<void> {
    const nowMs = clock.now();
    const at = toTimestamp(nowMs);
    const timeline = [...event.data.timeline, { step: STEP, at }];
    const { written, row } = await operations
      .settle(event.subject, settlementOf(event.data, timeline, nowMs), at)
      .catch(parkOrphan);
    const answerWasLost = !written && row.updatedAt === at;
    if (!written && !answerWasLost) return;
    metrics.count(row.status === 'completed' ? 'OperationsCompleted' : 'OperationsFailed');
    metrics.milliseconds('OperationLatency', nowMs - Date.parse(row.createdAt));
  }
}

function parkOrphan(error: unknown): never {
  if (!(error instanceof RowGoneError)) throw error;
  throw new PoisonRecordError('operation-not-found', 'its operation does not exist', { cause: error });
}

export const handler = createHandler({
  operations: createOperationsTable({
    client: createDocumentClient('stream'),
    tableName: requiredText('OPERATIONS_TABLE'),
  }),
  park: createParking({ bucket: requiredText('FAILURE_BUCKET'), functionName: STEP, clock: systemClock }),
  batchConcurrency: requiredInteger('BATCH_CONCURRENCY', 1, INVOCATION.batchConcurrencyMax),
  clock: systemClock,
});
