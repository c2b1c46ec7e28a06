import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Agent, type Dispatcher, request } from 'undici';
import { AwsError } from '../../local/gateway/aws-error.ts';
import { HttpApi } from '../../local/http-api/http-api.ts';
import type { InvokeResult } from '../../local/lambda/lambda.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const REGION = 'eu-central-1';
const ACCOUNT = '000000000000';
const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function`;
const REQUEST_ID = /^request-\d+$/;
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

const permission = (functionName: string, path: string) => ({
  functionName,
  qualifier: 'live',
  action: 'lambda:InvokeFunction',
  principal: 'apigateway.amazonaws.com',
  sourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:abc123/*/${path}`,
});

const route = (routeKey: string, functionName: string) => ({
  routeKey,
  functionName,
  functionArn: `${FUNCTION_ARN}:${functionName}:live`,
  timeoutMs: 10_000,
});

const result = (value: unknown): InvokeResult => ({ requestId: '1', payload: JSON.stringify(value) });

let clock: VirtualClock;
let agent: Agent;
let api: HttpApi;
let port: number;
let invoked: { functionName: string; event: Record<string, unknown> }[];
let answered: unknown[];
let lines: string[];
let run: (event: Record<string, unknown>) => Promise<InvokeResult>;

beforeEach(async () => {
  clock = new VirtualClock(Date.UTC(2020, 2, 12, 19, 3, 58, 250));
  agent = new Agent();
  [invoked, answered, lines] = [[], [], []];
  run = async () => result({ statusCode: 200, body: 'ok' });
  let requests = 0;
  api = new HttpApi(
    {
      apiId: 'abc123',
      region: REGION,
      routes: [
        route('GET /operations/{id}', 'operation-get'),
        route('GET /operations/latest', 'operation-latest'),
        route('POST /users', 'operation-create'),
        route('POST /unpermitted', 'operation-get'),
      ],
      throttling: { rateLimit: 10, burstLimit: 5 },
      permissions: [
        permission('operation-get', 'GET/operations/{id}'),
        permission('operation-latest', '*'),
        permission('operation-create', 'POST/users'),
        { ...permission('operation-get', 'POST/unpermitted'), qualifier: 'other' },
      ],
    },
    {
      invoke: async (functionName, payload) => {
        const event = JSON.parse(payload);
        invoked.push({ functionName, event });
        return run(event);
      },
      clock,
      requestId: () => `request-${++requests}`,
      observer: { answered: (event) => answered.push(event) },
      log: (line) => lines.push(line),
    },
  );
  port = await api.listen(0);
});

afterEach(async () => {
  await api.close();
  await agent.close();
});

type Method = Dispatcher.HttpMethod;
type Options = { headers?: Record<string, string | string[]>; body?: string | Buffer };

async function send(method: Method, path: string, options: Options = {}) {
  const answer = await request(`http://127.0.0.1:${port}${path}`, { method, dispatcher: agent, ...options });
  return { statusCode: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
}

/** Sends bytes as they are and reads what comes back until the server closes. */
async function sendRaw(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  return Buffer.concat(await socket.toArray()).toString();
}

describe('the event, payload format 2.0', () => {
  test('of a POST with everything', async () => {
    await send('POST', '/users?a=1&b=x%20y&a=2', {
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'test',
        'X-Twice': ['one', 'two'],
        Cookie: 'c1=1; c2=2',
        'X-Amzn-Trace-Id': 'Root=1-5e6b4a90-example',
      },
      body: '{"name":"é"}',
    });

    expect(invoked).toEqual([
      {
        functionName: 'operation-create',
        event: {
          version: '2.0',
          routeKey: 'POST /users',
          rawPath: '/users',
          rawQueryString: 'a=1&b=x%20y&a=2',
          cookies: ['c1=1', 'c2=2'],
          headers: {
            'content-length': '13',
            'content-type': 'application/json',
            host: `127.0.0.1:${port}`,
            'user-agent': 'test',
            'x-amzn-trace-id': 'Root=1-5e6b4a90-example',
            'x-forwarded-for': '127.0.0.1',
            'x-forwarded-port': String(port),
            'x-forwarded-proto': 'http',
            'x-twice': 'one,two',
          },
          queryStringParameters: { a: '1,2', b: 'x y' },
          requestContext: {
            accountId: ACCOUNT,
            apiId: 'abc123',
            domainName: `abc123.execute-api.${REGION}.amazonaws.com`,
            domainPrefix: 'abc123',
            http: {
              method: 'POST',
              path: '/users',
              protocol: 'HTTP/1.1',
              sourceIp: '127.0.0.1',
              userAgent: 'test',
            },
            requestId: 'request-1',
            routeKey: 'POST /users',
            stage: '$default',
            time: '12/Mar/2020:19:03:58 +0000',
            timeEpoch: Date.UTC(2020, 2, 12, 19, 3, 58, 250),
          },
          body: '{"name":"é"}',
          isBase64Encoded: false,
        },
      },
    ]);
  });

  test('of a GET: path decoded, what is absent left out', async () => {
    await send('GET', '/operations/a%20b%2F%C3%A9');

    const { event } = invoked[0] ?? {};
    expect(event).toMatchObject({
      rawPath: '/operations/a b/é',
      rawQueryString: '',
      pathParameters: { id: 'a b/é' },
      isBase64Encoded: false,
      headers: {
        'content-length': '0',
        'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      },
    });
    for (const absent of ['body', 'cookies', 'queryStringParameters'])
      expect(event).not.toHaveProperty(absent);
  });

  test.each([
    ['of a binary type', 'image/png', Buffer.from('png')],
    ['that is not UTF-8', 'application/json', Buffer.from([0xff, 0xfe])],
  ])('a body %s travels as base64', async (_name, contentType, body) => {
    await send('POST', '/users', { headers: { 'content-type': contentType }, body });

    expect(invoked[0]?.event).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true });
  });

  test('the more literal route is taken', async () => {
    await send('GET', '/operations/latest');

    expect(invoked[0]?.functionName).toBe('operation-latest');
  });
});

describe('the answer', () => {
  test('is what the function says, cookies and base64 included', async () => {
    run = async () =>
      result({
        statusCode: 202,
        headers: { Location: '/operations/1', 'Content-Type': 'application/json', 'X-Number': 7 },
        cookies: ['a=1; Secure', 'b=2'],
        body: Buffer.from('{"ü":1}').toString('base64'),
        isBase64Encoded: true,
      });

    const answer = await send('POST', '/users');

    expect(answer).toMatchObject({ statusCode: 202, body: '{"ü":1}' });
    expect(answer.headers).toMatchObject({
      location: '/operations/1',
      'content-type': 'application/json',
      'x-number': '7',
      'set-cookie': ['a=1; Secure', 'b=2'],
      'apigw-requestid': expect.stringMatching(REQUEST_ID),
    });
    expect(answered).toEqual([{ routeKey: 'POST /users', statusCode: 202, durationMs: 0 }]);
  });

  test.each([
    ['an object without statusCode', { a: 1 }, '{"a":1}'],
    ['a string', 'text', 'text'],
    ['null', null, 'null'],
    ['a number', 7, '7'],
  ])('%s is the body of a 200', async (_name, value, body) => {
    run = async () => result(value);

    const answer = await send('POST', '/users');

    expect(answer).toMatchObject({ statusCode: 200, body });
    expect(answer.headers['content-type']).toBe('application/json');
  });

  test('without a content type is plain text; a 204 has no length', async () => {
    expect((await send('POST', '/users')).headers['content-type']).toBe('text/plain; charset=utf-8');
    run = async () => result({ statusCode: 204 });

    expect((await send('POST', '/users')).headers).not.toHaveProperty('content-length');
  });
});

describe('the errors that are its own', () => {
  const answerOf = (message: string) => JSON.stringify({ message });

  test.each([
    ['GET', '/users', 404, 'Not Found'],
    ['GET', '/operations', 404, 'Not Found'],
    ['GET', '/operations/', 404, 'Not Found'],
    ['GET', '/operations/a/b', 404, 'Not Found'],
    ['POST', '/users/', 404, 'Not Found'],
    ['GET', '/operations/%E0%A4%A', 400, 'Bad Request'],
    ['POST', '/unpermitted', 500, 'Internal Server Error'],
  ] as const)('%s %s is %i and invokes nothing', async (method, path, statusCode, message) => {
    const answer = await send(method, path);

    expect(answer).toMatchObject({ statusCode, body: answerOf(message) });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'apigw-requestid': expect.stringMatching(REQUEST_ID),
    });
    expect(invoked).toEqual([]);
  });

  test.each([
    ['a function error', { ...result({ errorType: 'Error' }), functionError: 'Unhandled' as const }],
    ['a statusCode that is none', result({ statusCode: 'ok' })],
    ['an informational statusCode', result({ statusCode: 101 })],
    ['a body that is no string', result({ statusCode: 200, body: {} })],
    ['headers that are no map', result({ statusCode: 200, headers: ['a'] })],
    ['a header that HTTP does not allow', result({ statusCode: 200, headers: { location: 'a\r\nb: c' } })],
    ['a cookie that HTTP does not allow', result({ statusCode: 200, cookies: ['a\nb'] })],
  ])('%s is a 500', async (_name, outcome) => {
    run = async () => outcome;

    const answer = await send('POST', '/users');

    expect(answer).toMatchObject({ statusCode: 500, body: answerOf('Internal Server Error') });
    expect(answer.headers).not.toHaveProperty('location');
    expect(answered).toMatchObject([{ statusCode: 500 }]);
  });

  test.each([
    ['TooManyRequestsException', 429, 500, 'Internal Server Error'],
    ['RequestTooLargeException', 413, 413, 'Request Entity Too Large'],
    ['ServiceException', 500, 500, 'Internal Server Error'],
  ])('Lambda refusing with %s', async (code, lambdaStatusCode, statusCode, message) => {
    run = async () => {
      throw new AwsError(code, 'Rate Exceeded.', lambdaStatusCode);
    };

    expect(await send('POST', '/users')).toMatchObject({ statusCode, body: answerOf(message) });
    expect(lines).toEqual([expect.stringContaining(code)]);
  });

  test('a function slower than the integration timeout is a 503, and runs on', async () => {
    let ended = false;
    let finish = () => {};
    run = () =>
      new Promise((resolve) => {
        finish = () => {
          ended = true;
          resolve(result('late'));
        };
      });
    const answering = send('POST', '/users');
    while (clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(9_999);
    expect(answered).toEqual([]);
    await clock.advance(1);

    const answer = await answering;

    expect(answer).toMatchObject({ statusCode: 503, body: answerOf('Service Unavailable') });
    expect(answer.headers['content-length']).toBe('33');
    expect(ended).toBe(false);
    finish();
    expect(await send('GET', '/users')).toMatchObject({ statusCode: 404 });
  });

  test('over the rate: a burst passes, the rest is 429 until tokens are back, route by route', async () => {
    const post = async () => (await send('POST', '/users')).statusCode;
    const burst = await Promise.all(Array.from({ length: 8 }, post));

    expect(burst.sort()).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    expect((await send('GET', '/operations/1')).statusCode).toBe(200);
    await clock.advance(200);
    expect([await post(), await post(), await post()]).toEqual([200, 200, 429]);
    expect((await send('POST', '/users')).body).toBe(answerOf('Too Many Requests'));
  });

  test('a body over 10 MB is 413, one of just 10 MB is not', async () => {
    const over = await send('POST', '/users', { body: Buffer.alloc(BODY_LIMIT_BYTES + 1, 'a') });
    expect(invoked).toEqual([]);
    const at = await send('POST', '/users', { body: Buffer.alloc(BODY_LIMIT_BYTES, 'a') });

    expect(over).toMatchObject({ statusCode: 413, body: answerOf('Request Entity Too Large') });
    expect(at.statusCode).toBe(200);
  });

  test('a head over 10,240 bytes is 431', async () => {
    const head = (bytes: number) => ({ headers: { 'x-long': 'a'.repeat(bytes) } });

    expect((await send('GET', '/operations/1', head(9_800))).statusCode).toBe(200);
    const over = await send('GET', '/operations/1', head(10_300));
    expect(over.statusCode).toBe(431);
    expect(over.headers['apigw-requestid']).toMatch(REQUEST_ID);
  });

  test('what is not HTTP is 400', async () => {
    const answer = await sendRaw('NONSENSE\r\n\r\n');

    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/\r\napigw-requestid: request-/);
  });
});

test('a client that leaves in mid-body, or before its answer, disturbs nobody', async () => {
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{', () =>
        socket.resetAndDestroy(),
      );
    }).on('close', () => resolve());
  });
  let finish = () => {};
  run = () =>
    new Promise((resolve) => {
      finish = () => resolve(result('nobody listens'));
    });
  const abort = new AbortController();
  const leaving = request(`http://127.0.0.1:${port}/users`, {
    method: 'POST',
    body: '{}',
    signal: abort.signal,
  });
  while (invoked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  await expect(leaving).rejects.toMatchObject({ name: 'AbortError' });
  finish();
  run = async () => result({ statusCode: 200 });

  expect((await send('POST', '/users')).statusCode).toBe(200);
});

test('rejects with EADDRINUSE when the port is taken', async () => {
  const settings = { apiId: 'a', region: REGION, routes: [], throttling: { rateLimit: 1, burstLimit: 1 } };
  const other = new HttpApi(
    { ...settings, permissions: [] },
    {
      invoke: async () => result(null),
      clock,
      requestId: () => '1',
      observer: { answered: () => {} },
      log: () => {},
    },
  );

  await expect(other.listen(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test.each(['$default', 'ANY /users', 'GET /{proxy+}', 'GET users'])('refuses the route %s', (routeKey) => {
  const make = () =>
    new HttpApi(
      {
        apiId: 'a',
        region: REGION,
        routes: [route(routeKey, 'f')],
        throttling: { rateLimit: 1, burstLimit: 1 },
        permissions: [],
      },
      {
        invoke: async () => result(null),
        clock,
        requestId: () => '1',
        observer: { answered: () => {} },
        log: () => {},
      },
    );

  expect(make).toThrow(routeKey);
});
