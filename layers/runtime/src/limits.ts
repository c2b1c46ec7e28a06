/**
 * Every limit of the pipeline's code, beside its neighbours, with the relations between them asserted when
 * the module loads. Limits that belong to Terraform (timeouts, batch sizes) live in infra/.
 */
import { assert } from './errors.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;

/** What a request may be. The body's limit also bounds the events made from it. */
export const REQUEST = {
  bodyBytesMax: 8_192,
  jsonDepthMax: 16,
  nameCharactersMax: 200,
  emailCharactersMax: 254,
  idempotencyKeyCharactersMax: 255,
} as const;

/** What a record on a stream may be: a request's body, grown by the envelope and the timeline. */
export const EVENT = {
  bytesMax: 65_536,
  jsonDepthMax: 16,
  timelineStepsMax: 16,
} as const;

/** How long things live. A pending operation never expires. */
export const LIFETIME = {
  idempotencyKeyMs: DAY_MS,
  settledOperationMs: 7 * DAY_MS,
} as const;

/** One PutRecords call: Kinesis takes 500 records; 5 MiB is the older of its two documented request limits. */
export const PUT_RECORDS = {
  entriesMax: 500,
  requestBytesMax: 5 * 1_024 * 1_024,
  attemptsMax: 8,
  backoffBaseMs: 50,
  backoffMaxMs: 2_000,
} as const;

/** Inside one invocation of a stream function, counted back from its timeout. */
export const INVOCATION = {
  /** No record is started with less than this left (the first always is). */
  startMarginMs: 10 * SECOND_MS,
  /** Records still running then are left to their retry, so that what is done can be published. */
  publishMarginMs: 6 * SECOND_MS,
  /** Publishing ends here, so that the answer still gets out. */
  answerMarginMs: 2 * SECOND_MS,
  batchConcurrencyMax: 1_000,
} as const;

/** One AWS call, by who waits for it: a client over HTTP, or a stream. */
export const AWS_CALL = {
  connectTimeoutMs: SECOND_MS,
  apiRequestTimeoutMs: SECOND_MS,
  streamRequestTimeoutMs: 3 * SECOND_MS,
  attemptsMax: 3,
  socketsMax: 256,
} as const;

/** After a failed condition a row may turn out to be gone; so often is the write tried before the record's own retry. */
export const CONDITIONAL_WRITE_ATTEMPTS_MAX = 3;

assert(
  LIFETIME.idempotencyKeyMs < LIFETIME.settledOperationMs,
  'a key must not outlive the operation it names',
);
assert(4 * REQUEST.bodyBytesMax <= EVENT.bytesMax, 'every accepted request must fit its events');
assert(EVENT.bytesMax < PUT_RECORDS.requestBytesMax, 'every event must fit a PutRecords call');
assert(
  INVOCATION.startMarginMs > INVOCATION.publishMarginMs &&
    INVOCATION.publishMarginMs > INVOCATION.answerMarginMs,
  'starting ends before publishing, publishing before the answer',
);
