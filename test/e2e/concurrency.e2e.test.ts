/** Shard-bound concurrency: with one record at a time, user-approve is bound by open shards × lanes, and reaches it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { startTestCloud, type TestCloud, until, useStack } from '../helpers/cloud.ts';

const stack = useStack();

describe('concurrent executions of user-approve', () => {
  test.each([
    { shards: 8, lanes: 2, rate: 100, ceiling: 16 },
    { shards: 2, lanes: 1, rate: 20, ceiling: 2 },
  ])(
    '$shards shards × $lanes lanes under $rate users/s: $ceiling, reached and never exceeded',
    async ({ shards, lanes, rate, ceiling }) => {
      const local = await startTestCloud({
        stack: stack.path,
        variables: {
          shard_count: String(shards),
          parallelization_factor: String(lanes),
          approval_delay_ms: '200',
          batch_concurrency: '1',
          batch_size: '10',
        },
      });
      const approve = () => local.cloud.metrics.concurrency('shardbound-user-approve');
      const flood = [
        '--rate',
        String(rate),
        '--duration',
        '60s',
        '--sample',
        '0',
        '--url',
        local.cloud.urls.api,
      ];
      const load = spawn(process.execPath, ['load/main.ts', ...flood], { stdio: 'ignore' });
      try {
        await until(`${ceiling} concurrent executions`, () => approve().max >= ceiling, 60_000);
        const reachedAt = recordsIn(local);
        await until("five seconds' worth more", () => recordsIn(local) >= reachedAt + 5 * rate, 60_000);
        load.kill('SIGINT');
        await once(load, 'exit');
        await until(
          'everything to settle',
          () => local.cloud.shards().every(({ backlog }) => backlog === 0),
          60_000,
        );
        expect(approve()).toEqual({ now: 0, max: ceiling });
        const described = local.cloud
          .functions()
          .find(({ functionName }) => functionName.endsWith('user-approve'));
        expect(described?.ceiling).toBe(ceiling);
      } finally {
        load.kill('SIGKILL');
        await local.stop();
      }
    },
    150_000,
  );
});

/** What came on stream user-approve so far. */
function recordsIn({ cloud }: TestCloud): number {
  const shards = cloud.shards().filter(({ streamName }) => streamName === 'shardbound-user-approve');
  return shards.reduce((sum, { recordsIn: records }) => sum + records, 0);
}
