/** Shard-bound concurrency: with one record at a time, user-approve is bound by open shards × lanes, and reaches it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestCloud, synthesize } from '../helpers/cloud.ts';

let stack: string;
let removeStack: () => Promise<void>;
beforeAll(async () => {
  ({ stack, remove: removeStack } = await synthesize());
});
afterAll(() => removeStack());

describe('concurrent executions of user-approve', () => {
  test.each([
    { shards: 8, lanes: 2, rate: 100, ceiling: 16 },
    { shards: 2, lanes: 1, rate: 20, ceiling: 2 },
  ])(
    '$shards shards × $lanes lanes under $rate users/s: $ceiling, reached and never exceeded',
    async ({ shards, lanes, rate, ceiling }) => {
      const local = await startTestCloud({
        stack,
        variables: {
          shard_count: String(shards),
          parallelization_factor: String(lanes),
          approval_delay_ms: '200',
          batch_concurrency: '1',
          batch_size: '10',
        },
      });
      try {
        const flood = [
          '--rate',
          String(rate),
          '--duration',
          '5s',
          '--sample',
          '0',
          '--url',
          local.cloud.urls.api,
        ];
        const { stdout } = await promisify(execFile)(process.execPath, ['load/main.ts', ...flood]);
        expect(stdout).toMatch(/pending +0/);
        const approve = local.cloud
          .functions()
          .find(({ functionName }) => functionName.endsWith('user-approve'));
        expect(approve?.ceiling).toBe(ceiling);
        expect(local.cloud.metrics.concurrency('shardbound-user-approve').max).toBe(ceiling);
      } finally {
        await local.stop();
      }
    },
    90_000,
  );
});
