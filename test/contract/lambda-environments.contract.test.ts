import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Isolation } from '../../local/lambda/lambda.ts';
import { GATED, LambdaFixture } from '../helpers/lambda-fixtures.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

describe.each<Isolation>(['function', 'environment'])('Environments, with isolation by %s', (isolation) => {
  let fixture: LambdaFixture;
  beforeEach(() => {
    fixture = new LambdaFixture(isolation);
  });
  afterEach(() => fixture.close());

  describe('a timeout', () => {
    const timedOut = {
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/^RequestId: .{36} Error: Task timed out after 0\.20 seconds$/),
      },
    };

    test.each([
      ['a promise that never settles', 'new Promise(() => {})'],
      ['a busy loop', '(() => { for (;;); })()'],
    ])('ends %s; the next invocation has a new environment', async (_what, endless) => {
      const name = await fixture.register(
        `let calls = 0;
         export const handler = async ({ hang }) => {
           calls += 1;
           console.log('before');
           if (hang) await ${endless};
           return calls;
         };`,
        { timeoutMs: 200 },
      );
      expect(await fixture.call(name, { hang: false })).toBe(1);
      expect(await fixture.call(name, { hang: true })).toEqual(timedOut);
      expect(await fixture.call(name, { hang: false })).toBe(1);
      expect(fixture.ended.map(({ outcome }) => outcome)).toEqual(['success', 'timeout', 'success']);
      expect(fixture.log.map(({ line }) => line)).toEqual([
        'before',
        'before',
        expect.stringMatching(/^REPORT .*Status: timeout.*Task timed out after 0\.20 seconds/),
        'before',
      ]);
    });

    test('leaves its neighbours to end by themselves, and takes no new ones', async () => {
      const clock = new VirtualClock();
      await using timed = new LambdaFixture(isolation, clock);
      const name = await timed.register(GATED, { timeoutMs: 1_000 });
      const gate = await timed.createGate();
      const hanging = timed.call(name, { name: 'hanging', gate: '/nonexistent' });
      await timed.logged(name, 'started hanging');
      await clock.advance(500);
      const neighbour = timed.call(name, { name: 'neighbour', gate: gate.path });
      await timed.logged(name, 'started neighbour');
      await clock.advance(500);
      expect(await hanging).toMatchObject({ error: { errorType: 'Sandbox.Timedout' } });
      expect(await timed.call(name, { name: 'next' })).toEqual({ name: 'next', calls: 1 });
      await gate.open();
      expect(await neighbour).toMatchObject({ name: 'neighbour' });
    });

    test('of the init phase is 10 s, then init runs again within the timeout of the function', async () => {
      const clock = new VirtualClock();
      await using timed = new LambdaFixture(isolation, clock);
      const source = "console.log('loading'); await new Promise((resolve) => setTimeout(resolve, 2 ** 30));";
      const name = await timed.register(source, { timeoutMs: 3_000 });
      const call = timed.call(name);
      await timed.logged(name, 'loading');
      await clock.advance(9_999);
      expect(timed.ended).toEqual([]);
      await clock.advance(1);
      await timed.logged(name, 'loading', 2);
      await clock.advance(3_000);
      expect(await call).toMatchObject({
        error: { errorMessage: expect.stringContaining('Task timed out after 3.00 seconds') },
      });
      expect(timed.ended).toMatchObject([{ outcome: 'timeout' }]);
    });
  });

  describe('a crash', () => {
    test.each([
      ['process.exit(0)', 'without providing a reason'],
      ['process.exit(3)', 'with error: exit status 3'],
    ])('by %s is answered; the next invocation has a new environment', async (exit, reason) => {
      const name = await fixture.register(`let calls = 0; export const handler = async (event) => {
        calls += 1;
        console.log('last words');
        if (event.exit) ${exit};
        return calls;
      };`);
      expect(await fixture.call(name, { exit: true })).toEqual({
        error: {
          errorType: 'Runtime.ExitError',
          errorMessage: expect.stringMatching(
            new RegExp(`^RequestId: .{36} Error: Runtime exited ${reason}$`),
          ),
        },
      });
      expect(await fixture.call(name, {})).toBe(1);
      expect(fixture.log.map(({ line }) => line)).toEqual([
        'last words',
        expect.stringMatching(/^REPORT .*Status: error.*Runtime\.ExitError/),
        'last words',
      ]);
      expect(fixture.ended.map(({ outcome }) => outcome)).toEqual(['crash', 'success']);
    });
  });

  describe('concurrency', () => {
    test('counts invocations in flight', async () => {
      const name = await fixture.register(GATED);
      const gate = await fixture.createGate();
      const running = [1, 2, 3].map((n) => fixture.call(name, { name: n, gate: gate.path }));
      expect(fixture.lambda.concurrency(name)).toBe(3);
      await fixture.logged(name, 'started', 3);
      expect(fixture.environmentsStarted).toHaveLength(3);
      await gate.open();
      await Promise.all(running);
      expect(fixture.lambda.concurrency(name)).toBe(0);
      await fixture.call(name, { name: 4 });
      expect(fixture.environmentsStarted).toHaveLength(3);
    });

    test(`shares module state ${isolation === 'function' ? 'between overlapping invocations' : 'only in one environment'}`, async () => {
      const name = await fixture.register(GATED);
      const gate = await fixture.createGate();
      const first = fixture.call(name, { name: 'first', gate: gate.path });
      await fixture.logged(name, 'started first');
      const second = await fixture.call(name, { name: 'second' });
      expect(second).toEqual({ name: 'second', calls: isolation === 'function' ? 2 : 1 });
      await gate.open();
      expect(await first).toEqual({ name: 'first', calls: isolation === 'function' ? 2 : 1 });
    });
  });

  test('close answers what is in flight and refuses what comes after', async () => {
    const name = await fixture.register(GATED);
    const running = fixture.call(name, { name: 'last', gate: '/nonexistent' });
    await fixture.logged(name, 'started last');
    await fixture.lambda.close();
    expect(await running).toMatchObject({ error: { errorType: 'Runtime.ExitError' } });
    await expect(fixture.call(name)).rejects.toMatchObject({ code: 'ServiceException', statusCode: 500 });
  });
});

describe('Environments, with isolation by environment', () => {
  let fixture: LambdaFixture;
  beforeEach(() => {
    fixture = new LambdaFixture('environment');
  });
  afterEach(() => fixture.close());

  test('reuses the environment that was used last', async () => {
    const name = await fixture.register(GATED);
    const gates = await Promise.all(['a', 'b'].map(() => fixture.createGate()));
    const running = gates.map((gate, n) => fixture.call(name, { name: n, gate: gate.path }));
    await fixture.logged(name, 'started', 2);
    for (const [n, gate] of gates.entries()) {
      await gate.open();
      await running[n];
    }
    const streams = new Set();
    for (let n = 0; n < 3; n += 1) streams.add(JSON.stringify(await fixture.call(name, { name: 'again' })));
    expect([...streams]).toEqual([2, 3, 4].map((calls) => JSON.stringify({ name: 'again', calls })));
    expect(fixture.environmentsStarted).toHaveLength(2);
  });

  test('an environment over its memory is killed, its neighbour is not', async () => {
    const name = await fixture.register(
      `import { existsSync } from 'node:fs';
       export const handler = async ({ gate }) => {
         console.log('started');
         while (gate && !existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 2));
         if (gate) return 'alive';
         const held = [];
         for (;;) held.push(Array(10_000).fill(0.5));
       };`,
      { memoryMb: 128 },
    );
    const gate = await fixture.createGate();
    const neighbour = fixture.call(name, { gate: gate.path });
    await fixture.logged(name, 'started');
    expect(await fixture.call(name)).toEqual({
      error: {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(/Error: Runtime exited with error: signal: killed$/),
      },
    });
    await gate.open();
    expect(await neighbour).toBe('alive');
  });

  test('sets the trace header as a variable for the invocation that has one', async () => {
    const name = await fixture.register(
      'export const handler = async () => process.env._X_AMZN_TRACE_ID ?? null;',
    );
    expect(await fixture.call(name, {}, { traceHeader: 'Root=1-a' })).toBe('Root=1-a');
    expect(await fixture.call(name)).toBeNull();
  });

  test('a function that waits for an environment takes the first that comes free', async () => {
    const name = await fixture.register(GATED);
    const calls = await Promise.all(Array.from({ length: 12 }, (_, n) => fixture.call(name, { name: n })));
    expect(calls).toHaveLength(12);
    expect(fixture.environmentsStarted.length).toBeLessThan(12);
  });
});

describe('Environments, with isolation by function', () => {
  let fixture: LambdaFixture;
  beforeEach(() => {
    fixture = new LambdaFixture('function');
  });
  afterEach(() => fixture.close());

  test('a crash ends all invocations of the function, and none of another', async () => {
    const name = await fixture.register(`export const handler = async ({ exit }) => {
      console.log('started');
      if (exit) process.exit(1);
      return new Promise(() => {});
    };`);
    const other = await fixture.register(GATED);
    const gate = await fixture.createGate();
    const neighbours = [1, 2].map(() => fixture.call(name));
    const stranger = fixture.call(other, { name: 'stranger', gate: gate.path });
    await Promise.all([fixture.logged(name, 'started', 2), fixture.logged(other, 'started')]);
    for (const ended of await Promise.all([...neighbours, fixture.call(name, { exit: true })])) {
      expect(ended).toMatchObject({ error: { errorType: 'Runtime.ExitError' } });
    }
    await gate.open();
    expect(await stranger).toEqual({ name: 'stranger', calls: 1 });
  });

  test('what a busy loop blocks ends at its own deadline', async () => {
    const clock = new VirtualClock();
    await using timed = new LambdaFixture('function', clock);
    const name = await timed.register(
      `export const handler = async ({ busy }) => { console.log('started'); while (busy); return 1; };`,
      { timeoutMs: 1_000 },
    );
    const busy = timed.call(name, { busy: true });
    await timed.logged(name, 'started');
    await clock.advance(400);
    const blocked = timed.call(name);
    await clock.advance(600);
    expect(await busy).toMatchObject({ error: { errorType: 'Sandbox.Timedout' } });
    expect(await timed.call(name)).toBe(1);
    await clock.advance(399);
    expect(timed.ended.map(({ outcome }) => outcome)).toEqual(['timeout', 'success']);
    await clock.advance(1);
    expect(await blocked).toMatchObject({ error: { errorType: 'Sandbox.Timedout' } });
  });

  test('sets no variable for the trace, which would be that of another invocation', async () => {
    const name = await fixture.register(
      'export const handler = async () => process.env._X_AMZN_TRACE_ID ?? null;',
    );
    expect(await fixture.call(name, {}, { traceHeader: 'Root=1-a' })).toBeNull();
  });
});
