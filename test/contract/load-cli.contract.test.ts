import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { type FakeApi, startFakeApi } from './load-fake-api.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]): { child: ChildProcessWithoutNullStreams; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['load/main.ts', ...args]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code, stdout, stderr }));
  return { child, ended };
}

const load = (line: string) => start(line.split(' ')).ended;

const aim = (server: FakeApi, line: string) => `--url ${server.url} ${line}`;

describe('npm run load', () => {
  test('exits with 0 when everything accepted settled, failed operations included', async () => {
    await using server = await startFakeApi({
      settle: (n) => ({ afterMs: 50, as: n === 4 ? 'failed' : 'completed' }),
    });
    const { code, stdout, stderr } = await load(aim(server, '--rate 20 --duration 500ms --sample 5'));
    expect(stdout).toMatch(/^offered +10 {3}/m);
    expect(stdout).toMatch(/^completed +9$/m);
    expect(stdout).toMatch(/^ {2}E-mail taken +1$/m);
    expect(stdout).toMatch(/^seen settled \(1 in 5 polls\) +2 /m);
    expect(stdout).toMatch(/everything accepted settled\n$/);
    expect(stderr).toMatch(/^run [0-9a-f]{8}: 20 users\/s for 500 ms at http:/);
    expect(code).toBe(0);
  });

  test('exits with 1 when something accepted is still pending', async () => {
    await using server = await startFakeApi({
      settle: (n) => (n === 3 ? undefined : { afterMs: 0, as: 'completed' }),
    });
    const { code, stdout } = await load(aim(server, '--rate 20 --duration 500ms --settle-timeout 500ms'));
    expect(stdout).toMatch(/^pending +1$/m);
    expect(stdout).toMatch(
      /1 operation is still pending after 500 ms: look at http:\/\/127\.0\.0\.1:3001\n$/,
    );
    expect(code).toBe(1);
  });

  test('puts the run and a number into every user, and into the key when one is asked for', async () => {
    await using server = await startFakeApi();
    const line = '--rate 20 --duration 100ms --sample 0';
    const [first, second] = [
      await load(aim(server, line)),
      await load(aim(server, `${line} --idempotency-key`)),
    ];
    const runs = [first, second].map(({ stdout }) => /^run ([0-9a-f]{8}):/m.exec(stdout)?.[1]);
    expect(runs[0]).not.toBe(runs[1]);
    const byName = server.posted.toSorted((a, b) => a.name.localeCompare(b.name));
    const users = runs.flatMap((run, n) =>
      [`load-${run}-0`, `load-${run}-1`].map((name) => ({
        name,
        email: `${name}@example.com`,
        idempotencyKey: n === 0 ? undefined : name,
      })),
    );
    expect(byName).toEqual(users.toSorted((a, b) => a.name.localeCompare(b.name)));
  });
});

describe('a command line that cannot be run', () => {
  test.each([
    ['--rate', 'lots', /^load: option '--rate .*Give a number from .*\n$/],
    ['--speed', '9', /^load: unknown option '--speed'.*--help lists the options\n$/],
  ])('%s %s: one line and exit code 2', async (option, value, line) => {
    const { code, stdout, stderr } = await load(`${option} ${value}`);
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('nobody listens at the URL: one line and exit code 2', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const { code, stderr } = await load(`--url http://127.0.0.1:${port}`);
    expect(stderr).toMatch(
      /^load: http:\/\/127\.0\.0\.1:\d+\/ does not answer .*\(ECONNREFUSED\).*npm start.*\n$/,
    );
    expect(code).toBe(2);
  });

  test('something else answers there: one line, exit code 2, and not a single user', async () => {
    let posts = 0;
    const server = createServer((request, response) => {
      if (request.method === 'POST') posts += 1;
      response.end('<html>');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await load(`--url http://127.0.0.1:${port}`);
    server.close();
    expect(stderr).toMatch(/does not answer as the API should \(GET answered with something else\)/);
    expect(code).toBe(2);
    expect(posts).toBe(0);
  });
});

describe('Ctrl-C', () => {
  test.each([
    ['while users are offered', '--rate 50 --duration 60s', {}],
    [
      'also when the API hangs',
      '--rate 50 --duration 60s',
      { before: () => new Promise<void>(() => undefined) },
    ],
    ['while it waits for them to settle', '--rate 200 --duration 200ms', { settle: () => undefined }],
  ])('%s: the partial report, and exit code 130', async (_, line, behaviour) => {
    await using server = await startFakeApi(behaviour);
    const { child, ended } = start(aim(server, line).split(' '));
    await server.reached(40);
    child.kill('SIGINT');
    // As npm does with the one that the terminal has sent already.
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    const offered = Number(/^offered +(\d+)/m.exec(stdout)?.[1]);
    expect(offered).toBeGreaterThanOrEqual(40);
    expect(offered).toBeGreaterThanOrEqual(server.posted.length);
    expect(stdout).toMatch(/interrupted: the numbers are as far as they were known by then\n$/);
    expect(stderr).not.toMatch(/Error|Warning/);
    expect(code).toBe(130);
  });
});
