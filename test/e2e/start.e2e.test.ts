/** `npm start` as a person meets it: the README's lines, help, mistakes, and Ctrl-C. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { until } from '../helpers/cloud.ts';

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
  readonly exit: Promise<number | null>;
}

let running: Started[] = [];
afterEach(async () => {
  for (const { child, exit } of running) {
    if (child.exitCode === null) child.kill('SIGKILL');
    await exit;
  }
  running = [];
});

function start(args: readonly string[]): Started {
  const child = spawn(process.execPath, ['local/main.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const started = { child, output: () => output, errors: () => errors, exit };
  running.push(started);
  return started;
}

const ANY_PORTS = ['--port', '0', '--console-port', '0', '--aws-port', '0'];

describe('npm start', () => {
  test("prints where everything is; the README's curl lines work there; Ctrl-C stops it", async () => {
    const started = start(ANY_PORTS);
    const urls = await until(
      'Ready',
      () =>
        started.output().includes('Ctrl-C') && (started.output().match(/http:\/\/127\.0\.0\.1:\d+/g) ?? []),
      60_000,
    );
    const [api = '', console_ = ''] = urls;
    const { post, get } = await readmeCurls();
    const accepted = await fetch(`${api}${post.path}`, {
      method: 'POST',
      headers: post.headers,
      body: post.body,
    });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('retry-after')).toBe('1');
    const location = accepted.headers.get('location') ?? '';
    expect(get.path.replace('OPERATION_ID', location.slice('/operations/'.length))).toBe(location);
    const operation = await until('completed', async () => {
      const view = (await (await fetch(api + location)).json()) as { status: string; timeline: unknown[] };
      return view.status === 'completed' && view;
    });
    expect(operation.timeline).toHaveLength(5);

    const page = await fetch(console_);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('Shardbound');
    // A function prints its figures at the end of its batch, which may be after a client sees what it did.
    const metrics = await until('the figures of operation-update', async () => {
      const text = await (await fetch(`${console_}/metrics`)).text();
      return text.includes('shardbound_operations_completed_total{') && text;
    });
    expect(metrics).toMatch(/shardbound_function_invocations_total\{function="shardbound-user-create"\} 1\n/);
    expect(metrics).toMatch(
      /shardbound_function_concurrency_ceiling\{function="shardbound-user-create"\} 4\n/,
    );
    expect(metrics).toMatch(/shardbound_operations_completed_total\{service="operation-update"\} 1\n/);
    expect(metrics).toMatch(
      /shardbound_operation_latency_milliseconds_count\{service="operation-update"\} 1\n/,
    );
    expect((await fetch(`${console_}/nothing`)).status).toBe(404);

    started.child.kill('SIGINT');
    expect(await started.exit).toBe(0);
    expect(started.output()).toContain('Stopped.');
    expect(started.errors()).toBe('');
  }, 90_000);

  test('--help lists the options', async () => {
    const started = start(['--help']);
    expect(await started.exit).toBe(0);
    for (const flag of ['--port', '--console-port', '--aws-port', '--var', '--isolation']) {
      expect(started.output()).toContain(flag);
    }
  });

  test.each([
    [['--nonsense'], /--nonsense.*--help/],
    [['--port', 'http'], /Give a port/],
    [['--isolation', 'none'], /function, environment/],
    [['--var', 'novalue'], /name=value/],
    [['--var', 'shards=4', ...ANY_PORTS], /shards/],
    [['--var', 'shard_count=four', ...ANY_PORTS], /shard_count/],
    [['--var', 'approval_delay_ms=20000', ...ANY_PORTS], /user-approve.*cannot fit/],
  ])(
    '%j: one line that says what to do, exit code 2',
    async (args, says) => {
      const started = start(args);
      expect(await started.exit).toBe(2);
      expect(started.errors()).toMatch(says);
      expect(started.errors().trim().split('\n')).toHaveLength(1);
    },
    30_000,
  );

  test('a port in use: one line that names it, exit code 2', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const started = start([...ANY_PORTS, '--port', String(port)]);
    expect(await started.exit).toBe(2);
    expect(started.errors().trim()).toBe(
      `start: port ${port} is in use: stop what uses it, or choose others with --port, --console-port and --aws-port`,
    );
    other.close();
  }, 60_000);
});

/** The two curl lines of the README, taken apart. */
async function readmeCurls() {
  const readme = await readFile('README.md', 'utf8');
  const post = /^curl -i http:\/\/127\.0\.0\.1:3000(\S+) -H '([^:]+): ([^']+)' -d '([^']+)'$/m.exec(readme);
  const get = /^curl -i http:\/\/127\.0\.0\.1:3000(\/operations\/\S+)$/m.exec(readme);
  if (!post || !get) throw new Error('the README has lost its curl lines');
  const [, path = '', header = '', value = '', body = ''] = post;
  return { post: { path, headers: { [header]: value }, body }, get: { path: get[1] ?? '' } };
}
