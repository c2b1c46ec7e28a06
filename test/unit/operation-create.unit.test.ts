import { beforeEach, describe, expect, test } from '@jest/globals';
import { REQUEST } from '@shardbound/runtime/limits';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { problemSchema } from '../../functions/operation-service/answer-schemas.ts';
import { pendingOperation } from '../../functions/operation-service/operation.ts';
import { createHandler } from '../../functions/operation-service/operation-create.ts';
import { createHandler as createGetHandler } from '../../functions/operation-service/operation-get.ts';
import { httpRequest } from '../helpers/http-request.ts';
import { AT, contextOf, operationId } from '../helpers/records.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const clock = new VirtualClock(Date.parse(AT));
const context: Context = contextOf(() => clock.now());
let touched: string[] = [];
beforeEach(() => {
  touched = [];
});

/** The handler on a store and a stream that only note that they were touched. */
const handler = createHandler({
  operations: {
    claimKey: async (_caller, _key, row) => {
      touched.push('claimKey');
      return { written: true, row };
    },
    putPending: async (row) => {
      touched.push('putPending');
      return { written: true, row };
    },
  },
  publisher: {
    publishOne: async () => {
      touched.push('publishOne');
    },
  },
  streamName: 'user-create',
  newId: () => operationId(1),
  clock,
});

const good = { name: 'Ada Lovelace', email: 'ada@example.com' };
const post = (body: string | undefined, headers: Record<string, string> = {}) =>
  handler(
    httpRequest('POST /users', { body, headers: { 'content-type': 'application/json', ...headers } }),
    context,
  );

describe('POST /users', () => {
  test('good: 202, pending, Location, Retry-After, and only after the event was put', async () => {
    const answer = await post(JSON.stringify(good));
    expect(answer.statusCode).toBe(202);
    expect(answer.headers).toMatchObject({ location: `/operations/${operationId(1)}`, 'retry-after': '1' });
    expect(JSON.parse(answer.body ?? '')).toEqual({
      id: operationId(1),
      type: 'user.create',
      status: 'pending',
      createdAt: AT,
      updatedAt: AT,
      timeline: [{ step: 'operation-create', at: AT }],
    });
    expect(touched).toEqual(['putPending', 'publishOne']);
  });

  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  test.each<[string, string | undefined, number, string, readonly string[]]>([
    ['no body', undefined, 400, 'malformed-json', ['']],
    ['an empty body', '', 400, 'malformed-json', ['']],
    ['not JSON', '{', 400, 'malformed-json', ['']],
    ['a byte order mark', `\uFEFF${JSON.stringify(good)}`, 400, 'malformed-json', ['']],
    ['10,000 levels', deep, 413, 'body-too-large', []],
    ['levels within the size', '['.repeat(1_000) + ']'.repeat(1_000), 400, 'malformed-json', ['']],
    ['a body of 1 MB', JSON.stringify({ ...good, name: 'x'.repeat(1_000_000) }), 413, 'body-too-large', []],
    ['null', 'null', 400, 'validation-failed', ['']],
    ['an array', '[]', 400, 'validation-failed', ['']],
    ['nothing given', '{}', 400, 'validation-failed', ['/name', '/email']],
    ['wrong types', '{"name":1,"email":{}}', 400, 'validation-failed', ['/name', '/email']],
    ['an unknown key', JSON.stringify({ ...good, 'a/b~c': 1 }), 400, 'validation-failed', ['/a~1b~0c']],
    [
      '__proto__',
      '{"name":"Ada","email":"ada@example.com","__proto__":{"x":1}}',
      400,
      'validation-failed',
      ['/__proto__'],
    ],
    [
      'constructor',
      '{"name":"A","email":"a@b.co","constructor":{"prototype":{}}}',
      400,
      'validation-failed',
      ['/constructor'],
    ],
    ['a lone surrogate', '{"name":"\\ud800","email":"ada@example.com"}', 400, 'validation-failed', ['/name']],
    ['a NUL', '{"name":"a\\u0000","email":"ada@example.com"}', 400, 'validation-failed', ['/name']],
    ['a blank name', '{"name":"  ","email":"ada@example.com"}', 400, 'validation-failed', ['/name']],
    [
      'a long name',
      JSON.stringify({ ...good, name: 'x'.repeat(REQUEST.nameCharactersMax + 1) }),
      400,
      'validation-failed',
      ['/name'],
    ],
    ['no e-mail address', '{"name":"Ada","email":"ada"}', 400, 'validation-failed', ['/email']],
  ])('%s: %#', async (_, body, status, code, pointers) => {
    const answer = await post(body);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers?.['content-type']).toBe('application/problem+json');
    const problem = problemSchema.parse(JSON.parse(answer.body ?? ''));
    expect(problem.type).toBe(`urn:problem-type:shardbound:${code}`);
    expect((problem.errors ?? []).map(({ pointer }) => pointer)).toEqual(pointers);
    expect(touched).toEqual([]);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test.each(['text/plain', '', 'application/jsonx', 'multipart/form-data; boundary=x'])(
    'content type %j: 415',
    async (contentType) => {
      expect((await post(JSON.stringify(good), { 'content-type': contentType })).statusCode).toBe(415);
    },
  );

  test('content type with parameters and capitals is JSON all the same', async () => {
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
    expect((await post(JSON.stringify(good), headers)).statusCode).toBe(202);
  });

  test('base64 bodies are decoded, strictly', async () => {
    const send = (bytes: Buffer) =>
      handler(
        httpRequest('POST /users', {
          body: bytes.toString('base64'),
          isBase64Encoded: true,
          headers: { 'content-type': 'application/json' },
        }),
        context,
      );
    expect((await send(Buffer.from(JSON.stringify(good)))).statusCode).toBe(202);
    expect((await send(Buffer.from([0x22, 0xff, 0x22]))).statusCode).toBe(400);
    expect((await send(Buffer.alloc(REQUEST.bodyBytesMax + 1, 0x20))).statusCode).toBe(413);
  });

  test.each(['', '""', 'a b', 'k\u00e9y', 'x'.repeat(256), 'a\r\nb', 'a\u0000'])(
    'Idempotency-Key %j: 400, nothing touched',
    async (key) => {
      const answer = await post(JSON.stringify(good), { 'idempotency-key': key });
      expect(answer.statusCode).toBe(400);
      expect(answer.body).toContain('invalid-idempotency-key');
      expect(touched).toEqual([]);
    },
  );

  test('an Idempotency-Key of 255 characters is taken, in quotes too', async () => {
    for (const key of ['x'.repeat(255), `"${'x'.repeat(255)}"`]) {
      expect((await post(JSON.stringify(good), { 'idempotency-key': key })).statusCode).toBe(202);
    }
  });

  test('whatever the body, the answer is 202 or a 4xx problem, never a throw', async () => {
    const bodies = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json({ maxDepth: 20 }),
      fc.record({ name: fc.anything(), email: fc.anything() }, { requiredKeys: [] }).map((v) => {
        try {
          return JSON.stringify(v) ?? '';
        } catch {
          return '';
        }
      }),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const { statusCode = 0, headers } = await post(body);
        expect(statusCode === 202 || (statusCode >= 400 && statusCode < 500)).toBe(true);
        for (const value of Object.values(headers ?? {})) expect(String(value)).toMatch(/^[\x20-\x7e]*$/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('GET /operations/{id}', () => {
  let reads = 0;
  const mine = pendingOperation(operationId(1), 'me', good, AT);
  const get = createGetHandler({
    operations: {
      get: async (id) => {
        reads += 1;
        return id === mine.id ? mine : undefined;
      },
    },
    clock,
  });
  const ask = (id: string, sub?: string) =>
    get(httpRequest('GET /operations/{id}', { pathParameters: { id }, ...(sub ? { sub } : {}) }), context);

  test("unknown, malformed and somebody else's are the same 404, byte for byte; malformed ones cost no read", async () => {
    const unknown = await ask(operationId(2), 'me');
    expect(unknown.statusCode).toBe(404);
    expect(await ask(mine.id, 'other')).toEqual(unknown);
    expect(await ask(mine.id)).toEqual(unknown);
    reads = 0;
    for (const id of [
      '',
      'x',
      '../../etc/passwd',
      '%2e%2e',
      mine.id.toUpperCase(),
      `${mine.id} `,
      "' OR 1=1",
    ]) {
      expect(await ask(id, 'me')).toEqual(unknown);
    }
    expect(reads).toBe(0);
  });

  test('the owner sees it', async () => {
    expect((await ask(mine.id, 'me')).statusCode).toBe(200);
  });
});
