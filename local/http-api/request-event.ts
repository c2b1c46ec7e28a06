import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ACCOUNT_ID } from '../gateway/call.ts';

/** What an event says besides the HTTP request itself. */
export interface EventContext {
  readonly apiId: string;
  readonly region: string;
  readonly requestId: string;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly nowMs: number;
  readonly port: number;
  /** Of the trace that begins here, where the client sent none. */
  readonly traceId: string;
}

const TEXT_PLAIN = 'text/plain; charset=utf-8';
/** Bodies of these types, and those that are not UTF-8, travel as base64. AWS's full list is not documented. */
const BINARY_TYPES = /^(image|audio|video)\/|^application\/(octet-stream|zip|gzip|pdf|wasm|x-protobuf)\b/i;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * The event a function is given, payload format 2.0: see "Create AWS Lambda proxy integrations for HTTP APIs".
 * What a request does not have (cookies, query, parameters, body) is left out.
 */
export function requestEvent(request: IncomingMessage, path: string, body: Buffer, context: EventContext) {
  const { apiId, region, requestId, routeKey, pathParameters, nowMs } = context;
  const rawQueryString = queryOf(request.url ?? '');
  const cookies = request.headers.cookie?.split(/; */);
  const query = queryStringParameters(rawQueryString);
  const isBase64Encoded = BINARY_TYPES.test(request.headers['content-type'] ?? '') || !isUtf8(body);
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString,
    ...(cookies ? { cookies } : {}),
    headers: headersOf(request, body, context),
    ...(query ? { queryStringParameters: query } : {}),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId,
      domainName: `${apiId}.execute-api.${region}.amazonaws.com`,
      domainPrefix: apiId,
      http: {
        method: request.method ?? '',
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      stage: '$default',
      time: commonLogTime(nowMs),
      timeEpoch: nowMs,
    },
    ...(Object.keys(pathParameters).length > 0 ? { pathParameters } : {}),
    ...(body.length > 0 ? { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') } : {}),
    isBase64Encoded: body.length > 0 && isBase64Encoded,
  };
}

function queryOf(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}

/** Decoded; a name that comes again has its values joined by commas. */
function queryStringParameters(rawQueryString: string): Record<string, string> | undefined {
  if (rawQueryString === '') return undefined;
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(values);
}

/** In lower case, repeated ones joined by commas, cookies apart, and what API Gateway adds of its own. */
function headersOf(request: IncomingMessage, body: Buffer, context: EventContext): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values && !HOP_BY_HOP.has(name)) headers[name] = values.join(',');
  }
  const { remoteAddress = '' } = request.socket;
  const forwardedFor = headers['x-forwarded-for'];
  headers['content-length'] = String(body.length);
  if (body.length > 0) headers['content-type'] ??= TEXT_PLAIN;
  headers['x-amzn-trace-id'] ??= context.traceId;
  headers['x-forwarded-for'] = forwardedFor ? `${forwardedFor}, ${remoteAddress}` : remoteAddress;
  headers['x-forwarded-port'] = String(context.port);
  headers['x-forwarded-proto'] = 'http';
  return headers;
}

/** What concerns the connection, not the request; cookies have a place of their own in the event. */
const HOP_BY_HOP = new Set(['connection', 'cookie', 'expect', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(nowMs: number): string {
  const time = new Date(nowMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${two(time.getUTCDate())}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}`;
  return `${date}:${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())} +0000`;
}
