import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Isolation } from '../../local/lambda/lambda.ts';
import { LambdaFixture } from '../helpers/lambda-fixtures.ts';

describe.each<Isolation>(['function', 'environment'])('The init phase, with isolation by %s', (isolation) => {
  let fixture: LambdaFixture;
  beforeEach(() => {
    fixture = new LambdaFixture(isolation);
  });
  afterEach(() => fixture.close());

  describe('a handler', () => {
    test.each([
      [
        'the module is missing',
        'other.handler',
        'Runtime.ImportModuleError',
        "Error: Cannot find module 'other'",
      ],
      ['a package is missing', 'imports.handler', 'Runtime.ImportModuleError', 'no-such-package'],
      ['it does not parse', 'syntax.handler', 'Runtime.UserCodeSyntaxError', 'SyntaxError: '],
      [
        'it is not exported',
        'index.missing',
        'Runtime.HandlerNotFound',
        'index.missing is undefined or not exported',
      ],
      ['it is no function', 'index.text', 'Runtime.HandlerNotFound', 'index.text is not a function'],
      [
        'its name is malformed',
        'index',
        'Runtime.MalformedHandlerName',
        "'index' is not a valid handler name",
      ],
      [
        'it takes a callback',
        'index.callback',
        'Runtime.CallbackHandlerDeprecated',
        'callback-based function handlers',
      ],
      ['its module throws', 'throws.handler', 'RangeError', 'at init'],
    ])('is refused at init when %s', async (_what, handler, errorType, message) => {
      const name = await fixture.register(
        'export const text = "no"; export const callback = (event, context, done) => done();',
        {
          handler,
          files: {
            'imports.mjs': 'import "no-such-package"; export const handler = async () => 1;',
            'syntax.mjs': 'export const handler = async () => {;',
            'throws.mjs': 'throw new RangeError("at init");',
          },
        },
      );
      expect(await fixture.call(name)).toEqual({
        error: { errorType, errorMessage: expect.stringContaining(message), trace: expect.any(Array) },
      });
      await expect(fixture.lambda.warm(name)).rejects.toThrow(errorType);
      expect(fixture.lambda.concurrency(name)).toBe(0);
    });

    test.each([
      ['in a folder, nested', 'src/app.api.get', { 'src/app.mjs': 'export const api = { get: () => 1 };' }],
      ['in a CommonJS module', 'app.handler', { 'app.cjs': 'module.exports = { handler: () => 1 };' }],
      [
        'in a module that awaits',
        'app.handler',
        { 'app.mjs': 'await null; export const handler = () => 1;' },
      ],
    ])('is found %s', async (_what, handler, files) => {
      const name = await fixture.register('', { handler, files });
      expect(await fixture.call(name)).toBe(1);
    });

    test('that exits at init is answered so, each time in a new environment', async () => {
      const name = await fixture.register('process.exit(0);');
      const exitError = {
        error: {
          errorType: 'Runtime.ExitError',
          errorMessage: expect.stringMatching(
            /^RequestId: .{36} Error: Runtime exited without providing a reason$/,
          ),
        },
      };
      expect(await fixture.call(name)).toEqual(exitError);
      expect(await fixture.call(name)).toEqual(exitError);
      expect(fixture.environmentsStarted).toEqual([]);
    });
  });

  describe('layers', () => {
    test('are found by ES modules and CommonJS, a later one over an earlier one', async () => {
      const packageOf = (value: string) => ({
        'nodejs/node_modules/shared/package.json': '{"name":"shared","type":"module","exports":"./index.js"}',
        'nodejs/node_modules/shared/index.js': `import { word } from 'other'; export const value = word + ${JSON.stringify(value)};`,
      });
      const name = await fixture.register(
        `import { value } from 'shared';
         import { createRequire } from 'node:module';
         import { readFileSync } from 'node:fs';
         export const handler = async () => [value, createRequire(import.meta.url)('common'), import.meta.dirname === process.env.LAMBDA_TASK_ROOT];`,
        {
          layers: [
            {
              ...packageOf('first'),
              'nodejs/node_modules/common/index.js': 'module.exports = "common";',
              'nodejs/node_modules/other/index.js': 'exports.word = "the ";',
            },
            packageOf('second'),
          ],
        },
      );
      expect(await fixture.call(name)).toEqual(['the second', 'common', true]);
    });

    test('are refused where a name leads out of the archive', async () => {
      const name = await fixture.register('export const handler = () => 1;', {
        layers: [{ '../../escaped': 'x' }],
      });
      await expect(fixture.call(name)).rejects.toThrow('leads out of the archive');
    });
  });

  describe('environment variables', () => {
    test('are those of Terraform, of Lambda and of the host, of this function alone', async () => {
      const source = 'export const handler = async () => process.env;';
      const one = await fixture.register(source, { environment: { ONLY_ONE: '1', AWS_REGION: 'nowhere' } });
      const two = await fixture.register(source, { environment: { ONLY_TWO: '2' } });
      const [first, second] = await Promise.all([fixture.call(one), fixture.call(two)]);
      expect(first).toMatchObject({
        ONLY_ONE: '1',
        AWS_REGION: 'eu-central-1',
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_LAMBDA_FUNCTION_NAME: one,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
        AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${one}`,
        AWS_ACCESS_KEY_ID: `ASIA-${one}`,
        TZ: ':UTC',
      });
      expect(second).toMatchObject({ ONLY_TWO: '2', AWS_ACCESS_KEY_ID: `ASIA-${two}` });
      expect(first).not.toHaveProperty('ONLY_TWO');
      expect(second).not.toHaveProperty('ONLY_ONE');
      expect(first).not.toHaveProperty('JEST_WORKER_ID');
    });

    test('that are set while running stay within the function', async () => {
      const source =
        'export const handler = async ({ set }) => { if (set) process.env.SET = set; return process.env.SET ?? null; };';
      const [one, two] = [await fixture.register(source), await fixture.register(source)];
      expect(await fixture.call(one, { set: 'by one' })).toBe('by one');
      expect(await fixture.call(one)).toBe('by one');
      expect(await fixture.call(two)).toBeNull();
      expect(process.env['SET']).toBeUndefined();
    });
  });

  test('warm starts one environment ahead, which the first invocation uses', async () => {
    const name = await fixture.register('export const handler = async () => 1;');
    await fixture.lambda.warm(name);
    expect(fixture.environmentsStarted).toEqual([{ functionName: name, initMs: expect.any(Number) }]);
    await fixture.lambda.warm(name);
    await fixture.call(name);
    expect(fixture.environmentsStarted).toHaveLength(1);
  });
});
