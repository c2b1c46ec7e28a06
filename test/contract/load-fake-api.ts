import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the fake API does with the user that the generator numbered n. */
export interface Behaviour {
  /** Status of the POST; 202 stores an operation. */
  post?: (n: number) => number;
  /** How long after its POST the n-th operation settles, and as what; undefined: never. */
  settle?: (n: number) => { afterMs: number; as: 'completed' | 'failed' } | undefined;
  /** Answers GETs of the n-th operation with 404, as if it had been lost. */
  lost?: (n: number) => boolean;
  /** Holds the n-th POST back until it resolves. */
  before?: (n: number) => Promise<void>;
  /** Told how long the server took for a POST, from its head read to its answer written. */
  took?: (ms: number) => void;
}

export interface PostedUser {
  readonly name: string;
  readonly email: string;
  readonly idempotencyKey: string | undefined;
}

export interface FakeApi extends AsyncDisposable {
  readonly url: string;
  readonly posted: readonly PostedUser[];
  /** Resolves when `count` users were posted. */
  reached(count: number): Promise<void>;
}

/** A server with the API's contract and none of its pipeline: operations settle as `behaviour` says. */
export async function startFakeApi(behaviour: Behaviour = {}): Promise<FakeApi> {
  const posted: PostedUser[] = [];
  const postedAtMs: number[] = [];
  const waiters: { count: number; resolve: () => void }[] = [];

  const create = async (body: string, idempotencyKey: string | undefined, response: ServerResponse) => {
    const user = JSON.parse(body);
    const arrived = posted.push({ ...user, idempotencyKey }) - 1;
    // The number in the name, not the order of arrival, which a busy machine may change.
    const n = Number(/-(\d+)$/.exec(user.name)?.[1] ?? arrived);
    postedAtMs[n] = Date.now();
    for (const { count, resolve } of waiters) if (posted.length >= count) resolve();
    await behaviour.before?.(n);
    const status = behaviour.post?.(n) ?? 202;
    if (status === 202) response.setHeader('location', `/operations/op-${n}`);
    response.writeHead(status, { 'retry-after': '1' }).end('{}');
  };

  const get = (path: string, response: ServerResponse) => {
    const n = Number(/^\/operations\/op-(\d+)$/.exec(path)?.[1] ?? Number.NaN);
    const createdMs = postedAtMs[n];
    if (createdMs === undefined || behaviour.lost?.(n)) return response.writeHead(404).end('{}');
    const settle = behaviour.settle ? behaviour.settle(n) : { afterMs: 0, as: 'completed' as const };
    const settledAtMs = createdMs + (settle?.afterMs ?? Number.POSITIVE_INFINITY);
    const settled = settle && Date.now() >= settledAtMs;
    const timeline = [createdMs, ...(settled ? [settledAtMs] : [])];
    const operation = {
      id: `op-${n}`,
      status: settled ? settle.as : 'pending',
      ...(settled && settle.as === 'failed' ? { error: { type: 'about:blank', title: 'E-mail taken' } } : {}),
      timeline: timeline.map((atMs, step) => ({ step: `step-${step}`, at: new Date(atMs).toISOString() })),
    };
    return response.writeHead(200, { 'retry-after': '1' }).end(JSON.stringify(operation));
  };

  const server = createServer((request, response) => {
    if (request.method === 'GET') return get(request.url ?? '', response);
    const beganMs = performance.now();
    response.on('finish', () => behaviour.took?.(performance.now() - beganMs));
    const key = request.headers['idempotency-key'];
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () =>
        create(Buffer.concat(chunks).toString(), typeof key === 'string' ? key : undefined, response),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    posted,
    reached: (count) =>
      posted.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiters.push({ count, resolve });
          }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
