import { strict as assert } from 'node:assert';

/** How long a stream function may take over one batch, in seconds. */
export const STREAM_FUNCTION_TIMEOUT_S = 60;
/** What a stream function keeps of its timeout to publish, park and report; no record is started in it. */
export const STREAM_FUNCTION_MARGIN_S = 10;
/** Longer than the worst that the SDK can make of five calls (three attempts of a second each), in seconds. */
export const API_FUNCTION_TIMEOUT_S = 20;
/** Longer than the function's own timeout plus a cold start, so that the function's error is the one that shows. */
export const INTEGRATION_TIMEOUT_MS = 25_000;
/** API Gateway's own bound for HTTP APIs; it cannot be raised. */
const INTEGRATION_TIMEOUT_MAX_MS = 30_000;

/**
 * Lambda gives CPU in proportion to memory: 1,769 MB is one vCPU ("Configure Lambda function memory").
 * A record of a full batch costs user-create, the dearest, about 1.5 ms of a whole CPU (measured locally), so 512 MB
 * (0.29 vCPU) works off a batch of 100 in some 0.5 s, and nobody waits for its cold start.
 */
export const STREAM_FUNCTION_MEMORY_MB = 512;
/** Someone waits for these: twice the CPU halves the time their SDK clients take to load on a cold start. */
export const API_FUNCTION_MEMORY_MB = 1024;

export const STREAM_RETENTION_H = 24;
/** A record older than this goes to the failure destination instead of to its function. */
export const RECORD_AGE_MAX_S = 6 * 3600;
export const RETRIES_MAX = 100;
export const FAILURE_OBJECT_RETENTION_DAYS = 30;

assert(STREAM_FUNCTION_MARGIN_S < STREAM_FUNCTION_TIMEOUT_S);
assert(API_FUNCTION_TIMEOUT_S * 1000 < INTEGRATION_TIMEOUT_MS);
assert(INTEGRATION_TIMEOUT_MS <= INTEGRATION_TIMEOUT_MAX_MS);
assert(
  RECORD_AGE_MAX_S < STREAM_RETENTION_H * 3600,
  'a record must reach the failure bucket before its stream drops it',
);
assert(STREAM_RETENTION_H < FAILURE_OBJECT_RETENTION_DAYS * 24);
