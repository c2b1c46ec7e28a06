/** Lambda's quotas, from its developer guide's page "Lambda quotas" unless said otherwise. */

/** Of code and layers together, unzipped. */
export const UNZIPPED_BYTES_MAX = 262_144_000;
export const LAYERS_MAX = 5;
export const REQUEST_BYTES_MAX = 6_291_456;
/** A response may hold the request's limit and 100 bytes more, says the error Lambda answers with. */
export const RESPONSE_BYTES_MAX = 6_291_556;
/** The init phase, from "Understanding the Lambda execution environment lifecycle". */
export const INIT_LIMIT_MS = 10_000;
export const TIMEOUT_MS_MAX = 900_000;
/** Concurrent executions of an account by default, all functions together. */
export const ACCOUNT_CONCURRENCY_MAX = 1_000;

/** Lambda's bootstrap of Node splits a function's memory so between V8's generations. */
export const OLD_GENERATION_SHARE = 0.9;
export const YOUNG_GENERATION_SHARE = 0.1;
