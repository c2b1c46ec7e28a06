import { z } from 'zod';
import { RETRY_AFTER_DEFAULT_MS, RETRY_AFTER_MAX_MS } from './limits.ts';

/** How a POST ended. `reason` is what it is counted under: a status, an error code. */
export type CreateAnswer =
  | { readonly kind: 'accepted'; readonly id: string; readonly retryAfterMs: number }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'error'; readonly reason: string }
  | { readonly kind: 'wrong'; readonly reason: string };

/**
 * How a GET ended. `missing` (404) and `wrong` break the contract once the POST was accepted and will not get
 * better; `unanswered` is worth asking again.
 */
export type OperationAnswer =
  | { readonly kind: 'pending'; readonly retryAfterMs: number }
  | { readonly kind: 'completed'; readonly settlingMs?: number }
  | { readonly kind: 'failed'; readonly reason: string; readonly settlingMs?: number }
  | { readonly kind: 'missing'; readonly reason: string }
  | { readonly kind: 'wrong'; readonly reason: string }
  | { readonly kind: 'unanswered'; readonly reason: string; readonly retryAfterMs: number };

type Headers = Readonly<Record<string, string | string[] | undefined>>;

// Not the pipeline's own schema: the generator is a client, and relies on no more than a client may.
const operationSchema = z.object({
  id: z.string(),
  status: z.enum(['pending', 'completed', 'failed']),
  error: z.object({ title: z.string() }).optional(),
  timeline: z.array(z.object({ at: z.iso.datetime() })).optional(),
});

/** Of a 202 only the Location is read: parsing bodies would cost CPU that the server under test may need. */
export function readCreated(statusCode: number, headers: Headers): CreateAnswer {
  if (statusCode !== 202) return { kind: 'rejected', reason: String(statusCode) };
  const { location } = headers;
  const id = typeof location === 'string' ? /\/operations\/([\w-]{1,128})$/.exec(location)?.[1] : undefined;
  if (id === undefined) return { kind: 'wrong', reason: '202 without the Location of an operation' };
  return { kind: 'accepted', id, retryAfterMs: retryAfterMs(headers) };
}

/** Reads the answer to GET /operations/{id}; throttling and server errors are not the operation's fault. */
export function readOperation(
  id: string,
  statusCode: number,
  headers: Headers,
  body: string,
): OperationAnswer {
  if (statusCode === 429 || statusCode >= 500) {
    return { kind: 'unanswered', reason: String(statusCode), retryAfterMs: retryAfterMs(headers) };
  }
  if (statusCode === 404) return { kind: 'missing', reason: 'GET answered 404' };
  if (statusCode !== 200) return { kind: 'wrong', reason: `GET answered ${statusCode}` };
  const operation = operationSchema.safeParse(parseJson(body)).data;
  if (operation?.id !== id) return { kind: 'wrong', reason: 'GET answered with something else' };
  if (operation.status === 'pending') return { kind: 'pending', retryAfterMs: retryAfterMs(headers) };
  const settlingMs = timelineMs(operation.timeline ?? []);
  const settled = settlingMs === undefined ? {} : { settlingMs };
  if (operation.status === 'completed') return { kind: 'completed', ...settled };
  return { kind: 'failed', reason: operation.error?.title ?? 'no reason given', ...settled };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // which no schema accepts: the caller reports the answer as wrong
  }
}

/** Last stamp less the first; undefined when there are no two to compare. */
function timelineMs(timeline: readonly { readonly at: string }[]): number | undefined {
  const [first, last] = [timeline.at(0), timeline.at(-1)];
  return first && last && first !== last ? Date.parse(last.at) - Date.parse(first.at) : undefined;
}

/** Seconds only: the API sends no HTTP dates. */
function retryAfterMs(headers: Headers): number {
  const value = headers['retry-after'];
  if (typeof value !== 'string' || !/^\d{1,6}$/.test(value)) return RETRY_AFTER_DEFAULT_MS;
  return Math.min(Number(value) * 1_000, RETRY_AFTER_MAX_MS);
}
