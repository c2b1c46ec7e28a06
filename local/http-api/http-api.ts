import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import type { Clock } from '../clock.ts';
import { AwsError } from '../gateway/aws-error.ts';
import { BodyTooLarge, ClientGone, readBody } from '../gateway/read-body.ts';
import type { InvokeFunction, InvokeResult } from '../lambda/lambda.ts';
import { TokenBucket } from '../token-bucket.ts';
import { type HttpAnswer, messageAnswer, readFunctionResponse } from './function-response.ts';
import { type LambdaPermission, mayInvoke, routeArn } from './permissions.ts';
import { requestEvent } from './request-event.ts';
import { type Route, type RouteMatch, Router } from './routes.ts';

export interface HttpApiConfiguration {
  readonly apiId: string;
  readonly region: string;
  readonly routes: readonly Route[];
  /** Requests a second on average, and at once: the stage's settings, with a bucket for each route. */
  readonly throttling: { readonly rateLimit: number; readonly burstLimit: number };
  readonly permissions: readonly LambdaPermission[];
}

export interface HttpApiObserver {
  /** `routeKey` is undefined where no route matched; `durationMs` is from the request's head to the answer's end. */
  answered(event: {
    readonly routeKey: string | undefined;
    readonly statusCode: number;
    readonly durationMs: number;
  }): void;
}

export interface HttpApiDependencies {
  readonly invoke: InvokeFunction;
  readonly clock: Clock;
  readonly requestId: () => string;
  readonly observer: HttpApiObserver;
  readonly log: (line: string) => void;
}

/** "Quotas for configuring and running an HTTP API". */
const LIMITS = {
  bodyBytesMax: 10 * 1024 * 1024,
  /** Request line and headers together. */
  headBytesMax: 10_240,
  keepAliveTimeoutMs: 75_000,
} as const;

const HOST = '127.0.0.1';

const BAD_REQUEST = messageAnswer(400, 'Bad Request');
const NOT_FOUND = messageAnswer(404, 'Not Found');
const TOO_LARGE = messageAnswer(413, 'Request Entity Too Large');
const TOO_MANY_REQUESTS = messageAnswer(429, 'Too Many Requests');
const SERVER_ERROR = messageAnswer(500, 'Internal Server Error');
const UNAVAILABLE = messageAnswer(503, 'Service Unavailable');

/**
 * What the client sees when Lambda itself refuses an invocation. A throttled function is a 500 by the REST API's
 * documentation; for HTTP APIs 500 or 503 is not documented.
 */
const LAMBDA_REFUSALS: Readonly<Record<string, HttpAnswer>> = {
  TooManyRequestsException: SERVER_ERROR,
  RequestTooLargeException: TOO_LARGE,
};

interface LiveRoute extends Route {
  readonly bucket: TokenBucket;
  readonly mayInvoke: boolean;
}

interface FoundRoute extends RouteMatch<LiveRoute> {
  /** Decoded. */
  readonly path: string;
}

/** API Gateway's HTTP API on loopback: routes, throttles, invokes functions with payload format 2.0. */
export class HttpApi {
  readonly #configuration: HttpApiConfiguration;
  readonly #dependencies: HttpApiDependencies;
  readonly #router: Router<LiveRoute>;
  readonly #server: Server;
  #port = 0;

  constructor(configuration: HttpApiConfiguration, dependencies: HttpApiDependencies) {
    const { apiId, region, routes, permissions, throttling } = configuration;
    this.#configuration = configuration;
    this.#dependencies = dependencies;
    this.#router = new Router(
      routes.map((route) => ({
        ...route,
        bucket: new TokenBucket(throttling.rateLimit, dependencies.clock.now(), throttling.burstLimit),
        mayInvoke: mayInvoke(permissions, route, routeArn(region, apiId, route.routeKey)),
      })),
    );
    this.#server = createServer(
      { maxHeaderSize: LIMITS.headBytesMax, keepAliveTimeout: LIMITS.keepAliveTimeoutMs },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.on('clientError', (error, socket) => this.#refuse(error, socket as Socket));
  }

  /** Opens the API on loopback; resolves to the port, rejects as `listen` does (EADDRINUSE). */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, HOST, () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        this.#port = typeof address === 'object' && address ? address.port : port;
        resolve(this.#port);
      });
    });
  }

  /** Stops listening and ends every connection, with what is on it. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Never rejects: whatever happens to one request, the next is served. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, observer } = this.#dependencies;
    const startMs = clock.now();
    const requestId = this.#dependencies.requestId();
    const found = this.#find(request);
    const isRoute = 'route' in found;
    const answer = isRoute ? await this.#answer(request, response, found, requestId, startMs) : found;
    if (!answer) return;
    send(response, answer, requestId);
    const { statusCode } = response;
    const routeKey = isRoute ? found.route.routeKey : undefined;
    observer.answered({ routeKey, statusCode, durationMs: clock.now() - startMs });
  }

  /** The route, and the path decoded, or the answer that there is none. */
  #find({ url = '', method = '' }: IncomingMessage): FoundRoute | HttpAnswer {
    const [encodedPath = ''] = url.split('?', 1);
    const path = decodePath(encodedPath);
    if (path === undefined) return BAD_REQUEST;
    const match = this.#router.match(method, encodedPath);
    return match ? { ...match, path } : NOT_FOUND;
  }

  /** Nothing for a client that went away before it had asked. */
  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    found: FoundRoute,
    requestId: string,
    nowMs: number,
  ): Promise<HttpAnswer | undefined> {
    if (!found.route.bucket.takeOne(nowMs)) return TOO_MANY_REQUESTS;
    try {
      const body = await readBody(request, LIMITS.bodyBytesMax);
      return await this.#integrate(request, body, found, requestId, nowMs);
    } catch (error) {
      if (error instanceof ClientGone) return undefined;
      if (error instanceof BodyTooLarge) {
        if (!error.drained) response.once('close', () => request.destroy());
        return TOO_LARGE;
      }
      this.#dependencies.log(`the local HTTP API failed: ${inspect(error)}`);
      return SERVER_ERROR;
    }
  }

  async #integrate(
    request: IncomingMessage,
    body: Buffer,
    { route, path, pathParameters }: FoundRoute,
    requestId: string,
    nowMs: number,
  ): Promise<HttpAnswer> {
    const { routeKey, functionArn } = route;
    if (!route.mayInvoke) {
      this.#dependencies.log(`API Gateway has no permission to invoke ${functionArn} for ${routeKey}`);
      return SERVER_ERROR;
    }
    const { apiId, region } = this.#configuration;
    const event = requestEvent(request, path, body, {
      apiId,
      region,
      requestId,
      routeKey,
      pathParameters,
      nowMs,
      port: this.#port,
      traceId: newTraceId(nowMs, requestId),
    });
    return this.#invoke(route, JSON.stringify(event));
  }

  /** A function that outlives the integration timeout runs on; only its answer is not waited for. */
  async #invoke(route: LiveRoute, event: string): Promise<HttpAnswer> {
    const { invoke, clock, log } = this.#dependencies;
    const answered = new AbortController();
    try {
      const result = await Promise.race([
        invoke(route.functionName, event),
        clock.sleep(route.timeoutMs, answered.signal).then(() => 'timeout' as const),
      ]);
      return result === 'timeout' ? UNAVAILABLE : this.#toAnswer(route, result);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      log(`Lambda refused to invoke ${route.functionName}: ${error.code}: ${error.message}`);
      return LAMBDA_REFUSALS[error.code] ?? SERVER_ERROR;
    } finally {
      answered.abort();
    }
  }

  #toAnswer({ functionName, routeKey }: LiveRoute, { functionError, payload }: InvokeResult): HttpAnswer {
    if (functionError !== undefined) return SERVER_ERROR;
    const answer = readFunctionResponse(payload);
    if (!answer) this.#dependencies.log(`${functionName} answered ${routeKey} with no HTTP response`);
    return answer ?? SERVER_ERROR;
  }

  /** What never became a request: a head over the limit, or not HTTP. */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const isOverLimit = error.code === 'HPE_HEADER_OVERFLOW';
    const status = isOverLimit ? '431 Request Header Fields Too Large' : '400 Bad Request';
    const body = JSON.stringify({ message: status.slice(4) });
    socket.end(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n` +
        `apigw-requestid: ${this.#dependencies.requestId()}\r\nconnection: close\r\n\r\n${body}`,
    );
  }
}

/** Undecodable, or not a path at all: nothing. */
function decodePath(encodedPath: string): string | undefined {
  if (!encodedPath.startsWith('/')) return undefined;
  try {
    return decodeURIComponent(encodedPath);
  } catch {
    return undefined;
  }
}

/** `Root=1-<seconds, 8 hex>-<24 hex>`, as API Gateway begins a trace. */
function newTraceId(nowMs: number, requestId: string): string {
  const seconds = Math.floor(nowMs / 1_000).toString(16);
  const unique = Buffer.from(requestId).toString('hex').slice(-24).padStart(24, '0');
  return `Root=1-${seconds}-${unique}`;
}

/** A client that went away is not answered. A header that HTTP does not allow makes the answer a 500. */
function send(response: ServerResponse, answer: HttpAnswer, requestId: string): void {
  if (response.destroyed) return;
  try {
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
    if (answer.cookies.length > 0) response.setHeader('set-cookie', answer.cookies);
  } catch {
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    send(response, SERVER_ERROR, requestId);
    return;
  }
  response.statusCode = answer.statusCode;
  response.setHeader('apigw-requestid', requestId);
  // RFC 9110, section 8.6: no length on a 204.
  if (answer.statusCode !== 204) response.setHeader('content-length', Buffer.byteLength(answer.body));
  response.end(answer.body);
}
