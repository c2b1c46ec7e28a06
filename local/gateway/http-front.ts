import { Http2ServerResponse } from 'node:http2';
import { inspect } from 'node:util';
import { readCredentialScope } from './authorization.ts';
import { AwsError } from './aws-error.ts';
import { awsJson } from './aws-json.ts';
import type { AwsService, CallAws, Principal } from './call.ts';
import { ConnectionReset } from './faults.ts';
import type { Identities } from './identities.ts';
import { BodyTooLarge, ClientGone, readBody } from './read-body.ts';
import { type HttpRequest, type HttpResponse, TwoProtocolServer } from './two-protocol-server.ts';
import type { Wire, WireAnswer } from './wire.ts';

/** A PutRecords call may carry 10 MiB of data, which base64 makes 13.4 MiB; S3 objects here are small. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** The only service of AWS's REST kind here: what names neither a scope nor a target is taken for it. */
const REST_SERVICE = 's3';

interface HttpFrontOptions {
  readonly services: ReadonlyMap<string, AwsService>;
  readonly identities: Identities;
  readonly call: CallAws;
  readonly log: (line: string) => void;
  readonly uuid: () => string;
}

/** The HTTP side of the gateway: finds out who calls what, and answers in the caller's protocol. */
export class HttpFront {
  readonly #options: HttpFrontOptions;
  readonly #server = new TwoProtocolServer((request, response) => void this.#serve(request, response));

  constructor(options: HttpFrontOptions) {
    this.#options = options;
  }

  listen(port: number): Promise<number> {
    return this.#server.listen(port);
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** Never rejects: whatever happens to one request, the next is served. */
  async #serve(request: HttpRequest, response: HttpResponse): Promise<void> {
    const requestId = this.#options.uuid();
    const url = request.url ?? '/';
    const { wire, service, accessKeyId } = this.#route(request);
    try {
      const body = await readBody(request, BODY_BYTES_MAX);
      if (!this.#options.services.has(service)) throw unknownService(service);
      const principal = this.#authenticate(wire, accessKeyId, request.headers['x-amz-security-token']);
      const wireRequest = { method: request.method ?? 'GET', url, headers: request.headers, body };
      const { operation, input } = wire.read(wireRequest);
      const output = await this.#options.call({ service, operation, input, principal });
      send(response, wire.answer(wireRequest, operation, output, requestId));
    } catch (error) {
      if (error instanceof ClientGone) return;
      if (error instanceof ConnectionReset) return reset(request, response);
      if (error instanceof BodyTooLarge && !error.drained) response.once('close', () => request.destroy());
      send(response, wire.failure(url, this.#asAwsError(error, service), requestId));
    }
  }

  #route({ headers }: HttpRequest): { wire: Wire; service: string; accessKeyId: string | undefined } {
    const scope = readCredentialScope(headers.authorization);
    const target = headers['x-amz-target'];
    const named = scope?.service ?? (typeof target === 'string' ? serviceOfTarget(target) : REST_SERVICE);
    const wire = this.#options.services.get(named)?.wire ?? awsJson;
    return { wire, service: named, accessKeyId: scope?.accessKeyId };
  }

  #authenticate(
    wire: Wire,
    accessKeyId: string | undefined,
    token: string | string[] | undefined,
  ): Principal {
    if (accessKeyId === undefined) throw wire.refuse('no-credentials');
    const sessionToken = Array.isArray(token) ? token[0] : token;
    const principal = this.#options.identities.authenticate(accessKeyId, sessionToken);
    if (!principal) throw wire.refuse('unknown-key');
    return principal;
  }

  #asAwsError(error: unknown, service: string): AwsError {
    if (error instanceof AwsError) return error;
    if (error instanceof BodyTooLarge)
      return new AwsError('RequestEntityTooLargeException', error.message, 413);
    this.#options.log(`the local cloud's ${service} failed: ${inspect(error)}`);
    return new AwsError('InternalFailure', 'Internal service failure.', 500);
  }
}

function unknownService(service: string): AwsError {
  return new AwsError('UnknownOperationException', `The local cloud has no service ${service}.`, 404);
}

/** `DynamoDB_20120810.PutItem` is signed for, and served, as `dynamodb`. */
function serviceOfTarget(target: string): string {
  return target.slice(0, target.search(/[_.]/)).toLowerCase();
}

function send(response: HttpResponse, { statusCode, headers, body }: WireAnswer): void {
  if (response.destroyed) return;
  response.statusCode = statusCode;
  for (const name in headers) response.setHeader(name, headers[name] ?? '');
  if (headers['content-length'] === undefined) response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
}

/** The connection breaks, as it would on a network: over HTTP/2 that strikes every call that is on it. */
function reset(request: HttpRequest, response: HttpResponse): void {
  if (response instanceof Http2ServerResponse) response.stream.session?.destroy();
  else request.socket.resetAndDestroy();
}
