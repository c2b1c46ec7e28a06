/** Every bound of the load generator. What a user may ask for first, then what the generator allows itself. */
export const RATE_MAX_PER_S = 100_000;
export const DURATION_MAX_MS = 24 * 60 * 60_000;
export const SETTLE_TIMEOUT_MAX_MS = DURATION_MAX_MS;
/** Rate × duration. An accepted operation keeps its id in memory until it is verified. */
export const USERS_MAX = 2_000_000;
export const CONNECTIONS_MAX = 10_000;
export const CONNECTIONS_DEFAULT = 1_000;

/** As long as API Gateway waits for an integration at most, so the server's own 503 is seen rather than our timeout. */
export const REQUEST_TIMEOUT_MS = 30_000;
export const CONNECT_TIMEOUT_MS = 5_000;
export const RESPONSE_BYTES_MAX = 1_048_576;
/** Requests waiting for an answer, queued ones included; an arrival beyond it is counted as an error, not sent. */
export const IN_FLIGHT_MAX = 20_000;
/** Requests started in one go when the generator is behind, before answers get a turn. */
export const BURST_MAX = 100;
/** How long unanswered POSTs are waited for once the schedule has ended, and once it was interrupted. */
export const DRAIN_MAX_MS = 31_000;
export const INTERRUPT_GRACE_MS = 300;

/** What RFC 9110 leaves to the client: how soon to ask again when the answer does not say, and at the latest. */
export const RETRY_AFTER_DEFAULT_MS = 1_000;
export const RETRY_AFTER_MAX_MS = 10_000;
/** Operations of one run that are polled as a client does, however long the run. */
export const SAMPLE_MAX = 1_000;

/** GETs at once, of pollers and verification together, and of verification alone. */
export const GET_CONNECTIONS_MAX = 64;
export const VERIFY_CONCURRENCY = 16;
/** The least pause between two looks at what is still pending. */
export const VERIFY_PAUSE_MS = 1_000;

/** Distinct reasons counted apart; a server that answers each request differently must not fill the memory. */
export const REASONS_MAX = 20;

/** A p99 of late starts above this is told to the user: the generator, not the server, is then short of CPU. */
export const START_LAG_NOTICE_MS = 20;

if (DRAIN_MAX_MS <= REQUEST_TIMEOUT_MS) throw new Error('the drain must outlast a request');
if (VERIFY_CONCURRENCY >= GET_CONNECTIONS_MAX)
  throw new Error('verification must leave connections to pollers');
