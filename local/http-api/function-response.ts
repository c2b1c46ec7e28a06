/** An answer over HTTP, ready to be written. */
export interface HttpAnswer {
  readonly statusCode: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string | Buffer;
}

const JSON_TYPE = 'application/json';
const TEXT_PLAIN = 'text/plain; charset=utf-8';
/** API Gateway writes these itself. */
const OWN_HEADERS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

/**
 * Reads a function's result by payload format 2.0: with a `statusCode` it is the answer, without one it is the body
 * of a 200. Nothing for a result with a `statusCode` that is no answer: API Gateway makes that a 500.
 */
export function readFunctionResponse(payload: string): HttpAnswer | undefined {
  const result: unknown = JSON.parse(payload);
  if (result === null || typeof result !== 'object' || !('statusCode' in result)) {
    return answer(200, { 'content-type': JSON_TYPE }, [], typeof result === 'string' ? result : payload);
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = result as Record<string, unknown>;
  const readHeaders = readHeaderMap(headers ?? {});
  const readCookies = readCookieList(cookies ?? []);
  if (!isStatusCode(statusCode) || !readHeaders || !readCookies) return undefined;
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined;

  const text = body ?? '';
  readHeaders['content-type'] ??= TEXT_PLAIN;
  return answer(
    statusCode,
    readHeaders,
    readCookies,
    isBase64Encoded === true ? Buffer.from(text, 'base64') : text,
  );
}

/** API Gateway's own answers. */
export function messageAnswer(statusCode: number, message: string): HttpAnswer {
  return answer(statusCode, { 'content-type': JSON_TYPE }, [], JSON.stringify({ message }));
}

function answer(
  statusCode: number,
  headers: Readonly<Record<string, string>>,
  cookies: readonly string[],
  body: string | Buffer,
): HttpAnswer {
  return { statusCode, headers, cookies, body };
}

/** Informational codes are not final answers. */
function isStatusCode(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 200 && value <= 599;
}

function readHeaderMap(headers: unknown): Record<string, string> | undefined {
  if (headers === null || typeof headers !== 'object' || Array.isArray(headers)) return undefined;
  const read: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) return undefined;
    const nameLower = name.toLowerCase();
    if (!OWN_HEADERS.has(nameLower)) read[nameLower] = String(value);
  }
  return read;
}

function readCookieList(cookies: unknown): readonly string[] | undefined {
  return Array.isArray(cookies) && cookies.every((cookie) => typeof cookie === 'string')
    ? cookies
    : undefined;
}
