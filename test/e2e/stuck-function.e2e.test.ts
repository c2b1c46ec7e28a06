/** A function that never returns, or ends its process: its environment is gone, and its batch is delivered to a new one. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { strToU8, zipSync } from 'fflate';
import type { Isolation } from '../../local/lambda/lambda.ts';
import { ApiClient } from '../helpers/api-client.ts';
import { alteredStack, startTestCloud, until, useStack } from '../helpers/cloud.ts';

/** Says which environment it is and what it was given; the first delivery of all meets with `misfortune`. */
const sourceWith = (misfortune: string) => `
  import { existsSync, writeFileSync } from 'node:fs';
  import { randomUUID } from 'node:crypto';
  const environment = randomUUID();
  export const handler = async ({ Records }) => {
    console.log(JSON.stringify({ environment, records: Records.map(({ eventID }) => eventID) }));
    if (!existsSync(process.env.MARKER)) {
      writeFileSync(process.env.MARKER, '');
      ${misfortune}
    }
    return { batchItemFailures: [] };
  };`;

const misfortunes = [
  {
    name: 'never settles',
    source: 'await new Promise(() => {});',
    outcome: 'timeout',
    says: 'Task timed out after 1.00 seconds',
  },
  {
    name: 'loops for ever',
    source: 'for (;;);',
    outcome: 'timeout',
    says: 'Task timed out after 1.00 seconds',
  },
  { name: 'exits the process', source: 'process.exit(0);', outcome: 'crash', says: 'Runtime.ExitError' },
];

const stack = useStack();

describe.each<Isolation>(['function', 'environment'])('with isolation by %s', (isolation) => {
  test.each(misfortunes)(
    'a function that $name is ended and its batch delivered again elsewhere',
    async ({ name, source, outcome, says }) => {
      const slug = `${isolation}-${name.replaceAll(' ', '-')}`;
      const marker = stack.path.replace('cdk.tf.json', `${slug}.marker`);
      await writeFile(
        join(stack.path, '..', `${slug}.zip`),
        zipSync({ 'index.mjs': strToU8(sourceWith(source)) }),
      );
      const altered = await alteredStack(stack.path, slug, (json) => {
        const approve = json.resource['aws_lambda_function']?.['user-approve'];
        Object.assign(approve ?? {}, {
          filename: `${slug}.zip`,
          timeout: 1,
          environment: { variables: { MARKER: marker } },
        });
      });
      const local = await startTestCloud({ stack: altered, isolation });
      try {
        await new ApiClient(local.cloud.urls.api).accepted('ada@example.com');
        const deliveries = await until('a second delivery', () => {
          const lines = local.cloud.logs.of('shardbound-user-approve').filter((line) => line.startsWith('{'));
          return (
            lines.length >= 2 &&
            lines.map((line) => JSON.parse(line) as { environment: string; records: string[] })
          );
        });
        const [first, second] = deliveries;
        expect(existsSync(marker)).toBe(true);
        expect(second?.records).toEqual(first?.records);
        expect(second?.environment).not.toBe(first?.environment);
        const settled = await until('the batch to settle', async () =>
          metricValue(local.cloud.metrics.registry, 'shardbound_stream_records_settled_total'),
        );
        expect(settled).toBe(1);
        const errors = await local.cloud.metrics.registry
          .getSingleMetric('shardbound_function_errors_total')
          ?.get();
        expect(errors?.values).toEqual([
          { value: 1, labels: { function: 'shardbound-user-approve', outcome } },
        ]);
        expect(local.cloud.logs.of('shardbound-user-approve').some((line) => line.includes(says))).toBe(true);
      } finally {
        await local.stop();
      }
    },
    60_000,
  );
});

interface Registry {
  getSingleMetric(
    name: string,
  ): { get(): Promise<{ values: { value: number; labels: object }[] }> } | undefined;
}

/** What user-approve has settled. */
async function metricValue(registry: Registry, name: string): Promise<number | undefined> {
  const metric = await registry.getSingleMetric(name)?.get();
  const ofApprove = metric?.values.find(({ labels }) =>
    Object.values(labels).includes('shardbound-user-approve'),
  );
  return ofApprove?.value;
}
