/**
 * user-create-response: settles the user by the approver's decision.
 *
 * Trigger   stream user-approve-response, user.approve.decided; key: the operation id
 * Writes    users: the user as `active` or `rejected`, only from `pending`; frees a rejected user's claim
 * Emits     user.create.completed on stream user-create-response: what is stored, not what the message says
 * On failure the record is delivered again; the first stored decision stands
 */
import { type Clock, systemClock, toTimestamp } from '@shardbound/runtime/clock';
import { createDocumentClient } from '@shardbound/runtime/dynamodb';
import { normaliseEmail } from '@shardbound/runtime/email';
import { requiredInteger, requiredText } from '@shardbound/runtime/environment';
import { assert } from '@shardbound/runtime/errors';
import { makeEvent, next, type UserApproveDecided, userApproveDecided } from '@shardbound/runtime/events';
import { createParking, type Park } from '@shardbound/runtime/failure-bucket';
import { createKinesisClient } from '@shardbound/runtime/kinesis';
import { INVOCATION } from '@shardbound/runtime/limits';
import { createStreamHandler } from '@shardbound/runtime/stream-consumer';
import {
  createStreamPublisher,
  type Emission,
  type StreamPublisher,
} from '@shardbound/runtime/stream-publisher';
import { outcomeOf, settlementOf, type User } from './user.ts';
import { createUsersTable, type UsersTable } from './users-table.ts';

const STEP = 'user-create-response';

interface Deps {
  readonly users: Pick<UsersTable, 'settle' | 'freeEmail'>;
  readonly publisher: Pick<StreamPublisher, 'publish'>;
  readonly park: Park;
  readonly streamName: string;
  readonly batchConcurrency: number;
  readonly clock: Clock;
}

export function createHandler({ users, publisher, park, streamName, batchConcurrency, clock }: Deps) {
  return createStreamHandler({
    step: STEP,
    accepts: userApproveDecided,
    publisher,
    park,
    batchConcurrency,
    clock,
    handle: async (event) => [emissionFor(event, await settle(event))],
  });

  async function settle({ data }: UserApproveDecided): Promise<User> {
    const at = toTimestamp(clock.now());
    const decided = {
      ...data.user,
      emailNormalised: normaliseEmail(data.user.email),
      createdAt: at,
      updatedAt: at,
    };
    const { row: user } = await users.settle(decided, settlementOf(data), at);
    if (user.status === 'rejected') await users.freeEmail(user.emailNormalised, user.id);
    return user;
  }

  function emissionFor(event: UserApproveDecided, user: User): Emission {
    const outcome = outcomeOf(user);
    assert(outcome, 'a user that was just settled is not pending');
    const origin = next(event, STEP, toTimestamp(clock.now()));
    return { streamName, event: makeEvent('user.create.completed.v1', origin, outcome) };
  }
}

export const handler = createHandler({
  users: createUsersTable({ client: createDocumentClient('stream'), tableName: requiredText('USERS_TABLE') }),
  publisher: createStreamPublisher({ client: createKinesisClient('stream') }),
  park: createParking({ bucket: requiredText('FAILURE_BUCKET'), functionName: STEP, clock: systemClock }),
  streamName: requiredText('USER_CREATE_RESPONSE_STREAM'),
  batchConcurrency: requiredInteger('BATCH_CONCURRENCY', 1, INVOCATION.batchConcurrencyMax),
  clock: systemClock,
});
