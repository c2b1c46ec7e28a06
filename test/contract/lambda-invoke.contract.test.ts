import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Isolation } from '../../local/lambda/lambda.ts';
import { arnOf, GATED, LambdaFixture } from '../helpers/lambda-fixtures.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe.each<Isolation>(['function', 'environment'])('Invoke, with isolation by %s', (isolation) => {
  let fixture: LambdaFixture;
  beforeEach(() => {
    fixture = new LambdaFixture(isolation);
  });
  afterEach(() => fixture.close());

  describe('an invocation', () => {
    test('gives the handler the event and answers with its result', async () => {
      const name = await fixture.register(
        'export const handler = async (event) => ({ doubled: event.n * 2 });',
      );
      expect(await fixture.call(name, { n: 21 })).toEqual({ doubled: 42 });
      expect(fixture.ended).toEqual([
        { functionName: name, outcome: 'success', durationMs: expect.any(Number) },
      ]);
    });

    test.each([
      ['a plain value', 'export const handler = () => "at once";', '"at once"'],
      ['undefined', 'export const handler = async () => {};', 'null'],
      ['a function', 'export const handler = async () => () => 1;', 'null'],
    ])('answers %s', async (_what, source, payload) => {
      const name = await fixture.register(source);
      expect(await fixture.lambda.invoke(name, '{}')).toEqual({
        requestId: expect.stringMatching(UUID),
        payload,
      });
    });

    test.each([
      ['a name', (name: string) => name, arnOf],
      ['a name with a qualifier', (name: string) => `${name}:live`, (name: string) => `${arnOf(name)}:live`],
      ['an ARN', arnOf, arnOf],
      ['an ARN with a qualifier', (name: string) => `${arnOf(name)}:3`, (name: string) => `${arnOf(name)}:3`],
    ])('is made by %s', async (_what, target, invokedFunctionArn) => {
      const name = await fixture.register('export const handler = async (_, context) => context;');
      expect(await fixture.call(target(name))).toMatchObject({
        functionName: name,
        invokedFunctionArn: invokedFunctionArn(name),
      });
    });

    test('has the context of nodejs24.x', async () => {
      const name = await fixture.register(
        `export const handler = async (_, context) =>
          ({ ...context, leftMs: context.getRemainingTimeInMillis(), keys: Object.keys(context) });`,
        { timeoutMs: 5_000, memoryMb: 256 },
      );
      const traceHeader = 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1';
      const context = await fixture.call(name, {}, { traceHeader, tenantId: 'blue' });
      expect(context).toEqual({
        functionName: name,
        functionVersion: '7',
        invokedFunctionArn: arnOf(name),
        memoryLimitInMB: '256',
        awsRequestId: expect.stringMatching(UUID),
        logGroupName: `/aws/lambda/${name}`,
        logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[7\][0-9a-f]{32}$/),
        tenantId: 'blue',
        xRayTraceId: traceHeader,
        leftMs: expect.any(Number),
        keys: expect.not.arrayContaining(['done', 'callbackWaitsForEmptyEventLoop']),
      });
      const { leftMs } = context as { leftMs: number };
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(5_000);
    });

    test('writes lines to the log under its request id, before it is answered', async () => {
      const name = await fixture.register(`export const handler = async (_, { awsRequestId }) => {
        console.log('first\\nsecond');
        await null;
        console.error('third');
        process.stdout.write('no end of line');
        return awsRequestId;
      };`);
      const requestId = await fixture.call(name);
      expect(fixture.log).toEqual(
        ['first', 'second', 'third', 'no end of line'].map((line) => ({
          functionName: name,
          requestId,
          line,
        })),
      );
    });

    test('keeps lines of code that overlaps apart', async () => {
      const name = await fixture.register(`export const handler = async ({ n }, { awsRequestId }) => {
        for (let i = 0; i < 3; i += 1) {
          console.log('line of ' + n);
          await new Promise((resolve) => setImmediate(resolve));
        }
        return { n, awsRequestId };
      };`);
      const results = (await Promise.all([0, 1, 2].map((n) => fixture.call(name, { n })))) as {
        n: number;
        awsRequestId: string;
      }[];
      for (const { n, awsRequestId } of results) {
        const lines = fixture.log.filter((e) => e.requestId === awsRequestId).map((e) => e.line);
        expect(lines).toEqual(Array(3).fill(`line of ${n}`));
      }
    });
  });

  describe('an error', () => {
    test('that is thrown is answered with its type, message and trace, and reported', async () => {
      const name = await fixture.register(
        `export const handler = async () => { throw new TypeError('some_error_msg'); };`,
      );
      const { requestId, payload, functionError } = await fixture.lambda.invoke(name, '{}');
      expect(functionError).toBe('Unhandled');
      expect(JSON.parse(payload)).toEqual({
        errorType: 'TypeError',
        errorMessage: 'some_error_msg',
        trace: expect.arrayContaining(['TypeError: some_error_msg', expect.stringContaining('index.mjs:1')]),
      });
      expect(fixture.ended).toMatchObject([{ outcome: 'error' }]);
      expect(fixture.log).toEqual([
        {
          functionName: name,
          requestId,
          line: expect.stringMatching(/^REPORT .*Status: error.*some_error_msg/),
        },
      ]);
    });

    test.each([
      ["'text'", { errorType: 'string', errorMessage: 'text', trace: [] }],
      ['undefined', { errorType: 'undefined', errorMessage: 'undefined', trace: [] }],
      ['{ code: 1 }', { errorType: 'object', errorMessage: '[object Object]', trace: [] }],
      ['Object.create(null)', { errorType: 'object', errorMessage: 'Unknown error', trace: [] }],
    ])('that is no Error: %s', async (thrown, error) => {
      const name = await fixture.register(`export const handler = async () => { throw ${thrown}; };`);
      expect(await fixture.call(name)).toEqual({ error });
    });

    test('that is thrown before the first await is no crash', async () => {
      const name = await fixture.register(
        `let calls = 0; export const handler = () => { calls += 1; if (calls === 1) throw new Error('early'); return calls; };`,
      );
      expect(await fixture.call(name)).toMatchObject({
        error: { errorType: 'Error', errorMessage: 'early' },
      });
      expect(await fixture.call(name)).toBe(2);
    });

    test('comes of a result that JSON cannot hold', async () => {
      const name = await fixture.register('export const handler = async () => 1n;');
      expect(await fixture.call(name)).toMatchObject({
        error: { errorType: 'Runtime.JSONStringifyError', errorMessage: 'Unable to stringify response body' },
      });
    });

    test('comes of a result over 6 MB', async () => {
      const name = await fixture.register('export const handler = async ({ length }) => "x".repeat(length);');
      const quotes = 2;
      expect(await fixture.call(name, { length: 6_291_556 - quotes })).toHaveLength(6_291_554);
      expect(await fixture.call(name, { length: 6_291_556 })).toEqual({
        error: {
          errorType: 'Function.ResponseSizeTooLarge',
          errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
        },
      });
    });

    test('that nobody awaited ends the environment and is the answer', async () => {
      const name = await fixture.register(`let calls = 0; export const handler = () => {
        calls += 1;
        void Promise.reject(new Error('left alone'));
        return new Promise(() => {});
      };`);
      for (const _twice of [1, 2]) {
        expect(await fixture.call(name)).toMatchObject({
          error: {
            errorType: 'Runtime.UnhandledPromiseRejection',
            errorMessage: 'Error: left alone',
            trace: expect.arrayContaining([expect.stringContaining('index.mjs:3')]),
          },
        });
      }
      expect(fixture.ended.map(({ outcome }) => outcome)).toEqual(['crash', 'crash']);
      expect(fixture.environmentsStarted).toHaveLength(2);
    });
  });

  describe('Invoke refuses', () => {
    test('an unknown function', async () => {
      await expect(fixture.lambda.invoke('nobody', '{}')).rejects.toMatchObject({
        code: 'ResourceNotFoundException',
        statusCode: 404,
      });
    });

    test('a payload that is not JSON', async () => {
      const name = await fixture.register('export const handler = async () => 1;');
      await expect(fixture.lambda.invoke(name, '{')).rejects.toMatchObject({
        code: 'InvalidRequestContentException',
        statusCode: 400,
      });
      expect(fixture.lambda.concurrency(name)).toBe(0);
    });

    test('a payload over 6 MB, counted in bytes', async () => {
      const name = await fixture.register('export const handler = async (event) => event.length;');
      const twoByteLetters = 'é'.repeat(3_145_727);
      expect(await fixture.call(name, twoByteLetters)).toBe(3_145_727);
      await expect(fixture.call(name, `${twoByteLetters}x`)).rejects.toMatchObject({
        code: 'RequestTooLargeException',
        statusCode: 413,
        message: 'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
      });
    });

    test('what exceeds the reserved concurrency, and only that', async () => {
      const name = await fixture.register(GATED, { reservedConcurrency: 2 });
      const gate = await fixture.createGate();
      const running = [1, 2].map((n) => fixture.call(name, { name: n, gate: gate.path }));
      await expect(fixture.call(name)).rejects.toMatchObject({
        code: 'TooManyRequestsException',
        statusCode: 429,
        message: 'Rate Exceeded.',
      });
      expect(fixture.ended).toEqual([{ functionName: name, outcome: 'throttle', durationMs: 0 }]);
      await gate.open();
      await Promise.all(running);
      expect(await fixture.call(name, { name: 3 })).toMatchObject({ name: 3 });
    });
  });
});
