/** HTTP at the edge: reads a body within its limits, and the one place that turns errors into answers (RFC 9457). */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import { problemType, RequestError, type RequestErrorCode, UnavailableError } from './errors.ts';
import { jsonDepth } from './json.ts';
import { REQUEST } from './limits.ts';

export type HttpRequest = APIGatewayProxyEventV2;
export type HttpAnswer = APIGatewayProxyStructuredResultV2;

const PROBLEMS = {
  'malformed-json': { status: 400, title: 'The body is not valid JSON' },
  'validation-failed': { status: 400, title: 'The body does not fit its schema' },
  'invalid-idempotency-key': { status: 400, title: 'The Idempotency-Key is not valid' },
  'operation-not-found': { status: 404, title: 'There is no such operation' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body is not JSON' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used for another request' },
  'temporarily-unavailable': { status: 503, title: 'The request cannot be taken now' },
} as const satisfies Record<RequestErrorCode | 'temporarily-unavailable', { status: number; title: string }>;

export const RETRY_AFTER_S = 1;

/** An answer with a JSON body. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

/** Turns an error into its answer; an error that is none of ours is a bug and is thrown on. */
export function toProblem(error: unknown, headers: Record<string, string> = {}): HttpAnswer {
  if (error instanceof RequestError) return problem(error.code, error.message, error.fields, headers);
  if (error instanceof UnavailableError) {
    const detail =
      'Nothing is lost: send the same request again, with the same Idempotency-Key if it has one.';
    return problem('temporarily-unavailable', detail, [], {
      ...headers,
      'retry-after': String(RETRY_AFTER_S),
    });
  }
  throw error;
}

function problem(
  code: keyof typeof PROBLEMS,
  detail: string,
  errors: RequestError['fields'],
  headers: Record<string, string>,
): HttpAnswer {
  const { status, title } = PROBLEMS[code];
  const body = { type: problemType(code), title, status, detail, ...(errors.length > 0 ? { errors } : {}) };
  return json(status, body, { ...headers, 'content-type': 'application/problem+json' });
}

/** The body as JSON, once its media type, size, encoding and depth are within limits; RequestError otherwise. */
export function readJson(request: HttpRequest): unknown {
  const mediaType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new RequestError('unsupported-media-type', 'Send the body as application/json.');
  }
  const text = bodyText(request);
  if (jsonDepth(text, REQUEST.jsonDepthMax) > REQUEST.jsonDepthMax) {
    throw new RequestError('malformed-json', `The body nests deeper than ${REQUEST.jsonDepthMax} levels.`, [
      { pointer: '', detail: 'nests too deep' },
    ]);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = text.trim() === '' ? 'The body is empty.' : 'The body cannot be parsed.';
    throw new RequestError('malformed-json', detail, [{ pointer: '', detail: (error as SyntaxError).name }]);
  }
}

function bodyText(request: HttpRequest): string {
  const body = request.body ?? '';
  const bytes = Buffer.byteLength(body, request.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes > REQUEST.bodyBytesMax) {
    throw new RequestError('body-too-large', `The body has more than ${REQUEST.bodyBytesMax} bytes.`);
  }
  if (!request.isBase64Encoded) return body;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'base64'));
  } catch {
    throw new RequestError('malformed-json', 'The body is not UTF-8.', [
      { pointer: '', detail: 'not UTF-8' },
    ]);
  }
}

/** Checks a value against a schema; RequestError names every bad field by JSON pointer. */
export function validate<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          pointer: toPointer([...issue.path, key]),
          detail: 'is not a known field',
        }))
      : [{ pointer: toPointer(issue.path), detail: issue.message }],
  );
  throw new RequestError('validation-failed', 'Mend the fields named in errors.', fields);
}

function toPointer(path: readonly PropertyKey[]): string {
  return path
    .map((key) => `/${String(key).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** The Idempotency-Key header without its optional quotes; undefined when there is none. */
export function readIdempotencyKey(request: HttpRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const quoted = header.length >= 2 && header.startsWith('"') && header.endsWith('"');
  const key = quoted ? header.slice(1, -1) : header;
  if (key.length > REQUEST.idempotencyKeyCharactersMax || !VISIBLE_ASCII.test(key)) {
    throw new RequestError(
      'invalid-idempotency-key',
      `Send 1 to ${REQUEST.idempotencyKeyCharactersMax} visible ASCII characters.`,
    );
  }
  return key;
}

/** Who calls, from the authorizer's claims alone: a JWT's subject, an IAM principal, or nobody in particular. */
export function callerOf(request: HttpRequest): string {
  const authorizer = (request.requestContext as { authorizer?: Authorizer }).authorizer;
  return authorizer?.jwt?.claims?.['sub'] ?? authorizer?.iam?.userArn ?? 'anonymous';
}

interface Authorizer {
  readonly jwt?: { readonly claims?: Readonly<Record<string, string>> };
  readonly iam?: { readonly userArn?: string };
}
