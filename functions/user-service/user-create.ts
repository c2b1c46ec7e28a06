/**
 * user-create: makes the user and claims its e-mail.
 *
 * Trigger   stream user-create, user.create.requested; key: the operation id
 * Writes    users: the user as `pending`, its e-mail's claim; the user as `rejected` where the e-mail is taken
 * Emits     user.approve.requested on stream user-approve; or, for a user that is settled,
 *           user.create.completed on stream user-create-response
 * On failure the record is delivered again: every write is conditional and every id comes from the message
 */
import { type Clock, systemClock, toTimestamp } from '@shardbound/runtime/clock';
import { createDocumentClient } from '@shardbound/runtime/dynamodb';
import { normaliseEmail } from '@shardbound/runtime/email';
import { requiredInteger, requiredText } from '@shardbound/runtime/environment';
import { makeEvent, next, type UserCreateRequested, userCreateRequested } from '@shardbound/runtime/events';
import { createParking, type Park } from '@shardbound/runtime/failure-bucket';
import { userIdOf } from '@shardbound/runtime/ids';
import { createKinesisClient } from '@shardbound/runtime/kinesis';
import { INVOCATION } from '@shardbound/runtime/limits';
import { createStreamHandler } from '@shardbound/runtime/stream-consumer';
import {
  createStreamPublisher,
  type Emission,
  type StreamPublisher,
} from '@shardbound/runtime/stream-publisher';
import { EMAIL_TAKEN, outcomeOf, type User } from './user.ts';
import { createUsersTable, type UsersTable } from './users-table.ts';

const STEP = 'user-create';

interface Deps {
  readonly users: UsersTable;
  readonly publisher: Pick<StreamPublisher, 'publish'>;
  readonly park: Park;
  readonly streams: { readonly approve: string; readonly createResponse: string };
  readonly batchConcurrency: number;
  readonly clock: Clock;
}

export function createHandler({ users, publisher, park, streams, batchConcurrency, clock }: Deps) {
  return createStreamHandler({
    step: STEP,
    accepts: userCreateRequested,
    publisher,
    park,
    batchConcurrency,
    clock,
    handle: async (event) => [emissionFor(event, await createUser(event))],
  });

  /** The user as it stands afterwards: pending with its e-mail claimed, or settled. */
  async function createUser(event: UserCreateRequested): Promise<User> {
    const { row: user } = await users.putPending(newUser(event, toTimestamp(clock.now())));
    if (user.status !== 'pending') return user;
    if (await holdsEmail(user)) return user;
    const { row: settled } = await users.settle(user, EMAIL_TAKEN, toTimestamp(clock.now()));
    return settled;
  }

  /** Claims the user's e-mail; where a rejected user left its claim behind, takes it over from exactly that one. */
  async function holdsEmail({ emailNormalised, id }: User): Promise<boolean> {
    const { row: claim } = await users.claimEmail(emailNormalised, id);
    if (claim.userId === id) return true;
    const holder = await users.get(claim.userId);
    if (holder?.status !== 'rejected') return false;
    const { row: claimNow } = await users.takeOverEmail(emailNormalised, id, holder.id);
    return claimNow.userId === id;
  }

  function emissionFor(event: UserCreateRequested, user: User): Emission {
    const origin = next(event, STEP, toTimestamp(clock.now()));
    const outcome = outcomeOf(user);
    if (outcome) {
      return {
        streamName: streams.createResponse,
        event: makeEvent('user.create.completed.v1', origin, outcome),
      };
    }
    const { id, name, email } = user;
    const data = { user: { id, name, email } };
    return { streamName: streams.approve, event: makeEvent('user.approve.requested.v1', origin, data) };
  }
}

function newUser({ subject, data: { user } }: UserCreateRequested, at: string): User {
  return {
    id: userIdOf(subject),
    name: user.name,
    email: user.email,
    emailNormalised: normaliseEmail(user.email),
    status: 'pending',
    createdAt: at,
    updatedAt: at,
  };
}

export const handler = createHandler({
  users: createUsersTable({ client: createDocumentClient('stream'), tableName: requiredText('USERS_TABLE') }),
  publisher: createStreamPublisher({ client: createKinesisClient('stream') }),
  park: createParking({ bucket: requiredText('FAILURE_BUCKET'), functionName: STEP, clock: systemClock }),
  streams: {
    approve: requiredText('USER_APPROVE_STREAM'),
    createResponse: requiredText('USER_CREATE_RESPONSE_STREAM'),
  },
  batchConcurrency: requiredInteger('BATCH_CONCURRENCY', 1, INVOCATION.batchConcurrencyMax),
  clock: systemClock,
});
