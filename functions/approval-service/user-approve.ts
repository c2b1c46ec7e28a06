/**
 * user-approve: decides whether a user may become active.
 *
 * Trigger   stream user-approve, user.approve.requested; key: the operation id
 * Writes    nothing
 * Emits     user.approve.decided on stream user-approve-response
 * On failure the record is delivered again; a second decision is harmless, the first one stored stands
 */
import { type Clock, systemClock, toTimestamp } from '@shardbound/runtime/clock';
import { optionalList, requiredInteger, requiredText } from '@shardbound/runtime/environment';
import { makeEvent, next, userApproveRequested } from '@shardbound/runtime/events';
import { createParking, type Park } from '@shardbound/runtime/failure-bucket';
import { createKinesisClient } from '@shardbound/runtime/kinesis';
import { INVOCATION } from '@shardbound/runtime/limits';
import { createStreamHandler } from '@shardbound/runtime/stream-consumer';
import { createStreamPublisher, type StreamPublisher } from '@shardbound/runtime/stream-publisher';
import { decide } from './approval-policy.ts';

const STEP = 'user-approve';
const DELAY_MS_MAX = 60_000;

interface Deps {
  readonly publisher: Pick<StreamPublisher, 'publish'>;
  readonly park: Park;
  readonly streamName: string;
  readonly deniedDomains: readonly string[];
  /** How long the outside reviewer takes over each user. */
  readonly delayMs: number;
  readonly batchConcurrency: number;
  readonly clock: Clock;
}

export function createHandler({
  publisher,
  park,
  streamName,
  deniedDomains,
  delayMs,
  batchConcurrency,
  clock,
}: Deps) {
  return createStreamHandler({
    step: STEP,
    accepts: userApproveRequested,
    publisher,
    park,
    batchConcurrency,
    clock,
    handle: async (event) => {
      if (delayMs > 0) await clock.sleep(delayMs);
      const { user } = event.data;
      const origin = next(event, STEP, toTimestamp(clock.now()));
      const data = { ...decide(user.email, deniedDomains), user };
      return [{ streamName, event: makeEvent('user.approve.decided.v1', origin, data) }];
    },
  });
}

export const handler = createHandler({
  publisher: createStreamPublisher({ client: createKinesisClient('stream') }),
  park: createParking({ bucket: requiredText('FAILURE_BUCKET'), functionName: STEP, clock: systemClock }),
  streamName: requiredText('USER_APPROVE_RESPONSE_STREAM'),
  deniedDomains: optionalList('APPROVAL_DENIED_DOMAINS'),
  delayMs: requiredInteger('APPROVAL_DELAY_MS', 0, DELAY_MS_MAX),
  batchConcurrency: requiredInteger('BATCH_CONCURRENCY', 1, INVOCATION.batchConcurrencyMax),
  clock: systemClock,
});
