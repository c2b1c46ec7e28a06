import { Pool } from 'undici';
import { type CreateAnswer, type OperationAnswer, readCreated, readOperation } from './answers.ts';
import {
  CONNECT_TIMEOUT_MS,
  GET_CONNECTIONS_MAX,
  REQUEST_TIMEOUT_MS,
  RESPONSE_BYTES_MAX,
  RETRY_AFTER_DEFAULT_MS,
} from './limits.ts';

/** The API as the generator sees it. No call rejects: whatever happens to a request is a result to be counted. */
export interface Api {
  /** POST /users with this JSON text. */
  createUser(body: string, idempotencyKey?: string): Promise<CreateAnswer>;
  /** GET /operations/{id}; unanswered when `signal` aborts. */
  getOperation(id: string, signal: AbortSignal): Promise<OperationAnswer>;
  /** Ends every POST that is still without an answer; they count as errors, and no more can be sent. */
  abandonCreates(): Promise<void>;
}

const JSON_HEADERS = { 'content-type': 'application/json' };

/** The API over HTTP. POSTs have connections of their own, so that a poll never waits behind the flood. */
export class HttpApi implements Api {
  readonly #basePath: string;
  readonly #creates: Pool;
  readonly #gets: Pool;

  constructor(url: URL, connections: number) {
    this.#basePath = url.pathname.replace(/\/+$/, '');
    const options = {
      connectTimeout: CONNECT_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      bodyTimeout: REQUEST_TIMEOUT_MS,
      maxResponseSize: RESPONSE_BYTES_MAX,
    };
    this.#creates = new Pool(url.origin, { ...options, connections });
    this.#gets = new Pool(url.origin, { ...options, connections: GET_CONNECTIONS_MAX });
  }

  async createUser(body: string, idempotencyKey?: string): Promise<CreateAnswer> {
    try {
      const answer = await this.#creates.request({
        method: 'POST',
        path: `${this.#basePath}/users`,
        headers:
          idempotencyKey === undefined
            ? JSON_HEADERS
            : { ...JSON_HEADERS, 'idempotency-key': idempotencyKey },
        body,
      });
      await answer.body.dump();
      return readCreated(answer.statusCode, answer.headers);
    } catch (error) {
      return { kind: 'error', reason: errorCode(error) };
    }
  }

  async getOperation(id: string, signal: AbortSignal): Promise<OperationAnswer> {
    try {
      const path = `${this.#basePath}/operations/${id}`;
      const answer = await this.#gets.request({ method: 'GET', path, signal });
      return readOperation(id, answer.statusCode, answer.headers, await answer.body.text());
    } catch (error) {
      return { kind: 'unanswered', reason: errorCode(error), retryAfterMs: RETRY_AFTER_DEFAULT_MS };
    }
  }

  abandonCreates(): Promise<void> {
    return this.#creates.destroy(new Abandoned());
  }

  /** Closes every connection, whatever is still under way. */
  async close(): Promise<void> {
    await Promise.all([this.#creates.destroy(), this.#gets.destroy()]);
  }
}

/** The reason of a POST that was given up before its answer came. */
class Abandoned extends Error {
  readonly code = 'NO_ANSWER';
}

/** What an error is counted under: the system's or undici's code (`ECONNRESET`, `UND_ERR_HEADERS_TIMEOUT`). */
function errorCode(error: unknown): string {
  const { code, name } = Object(error);
  return String(code ?? name ?? error);
}
