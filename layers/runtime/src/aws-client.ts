/** What every AWS client of the pipeline has in common: keep-alive, timeouts that throw, bounded retries. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { AWS_CALL } from './limits.ts';

/** Who waits for the call: a client over HTTP has less patience than a stream. */
export type Waiting = 'api' | 'stream';

/**
 * Client settings. HTTP/1.1 for Kinesis too: its default HTTP/2 costs twice the CPU. `throwOnRequestTimeout`
 * because without it the SDK only logs that a request took too long.
 */
export function clientSettings(waiting: Waiting) {
  const agent = { keepAlive: true, maxSockets: AWS_CALL.socketsMax };
  return {
    maxAttempts: AWS_CALL.attemptsMax,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: AWS_CALL.connectTimeoutMs,
      requestTimeout: waiting === 'api' ? AWS_CALL.apiRequestTimeoutMs : AWS_CALL.streamRequestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    }),
  };
}
