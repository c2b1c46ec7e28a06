import { beforeEach, describe, expect, test } from '@jest/globals';
import { EnvironmentPool, type PooledWorker } from '../../local/lambda/environment-pool.ts';
import { type Ending, InitFailure, type InvocationInput } from '../../local/lambda/function-worker.ts';
import { StartGate } from '../../local/lambda/start-gate.ts';

const INIT_MS = 90;

/** A worker that is ready, and whose invocations end, when the test says so. */
class FakeWorker implements PooledWorker {
  isReady = false;
  readonly invocations: { requestId: string; end: () => void }[] = [];
  readonly initLimitsMs: number[] = [];
  readonly #init = Promise.withResolvers<number>();
  readonly #exit = Promise.withResolvers<void>();
  readonly exited = this.#exit.promise;

  get inFlight(): number {
    return this.invocations.length;
  }

  initialized(limitMs: number): Promise<number> {
    this.initLimitsMs.push(limitMs);
    return this.#init.promise;
  }

  invoke({ requestId }: InvocationInput): Promise<Ending> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.invocations.splice(this.invocations.indexOf(invocation), 1);
        resolve({ outcome: 'success', payload: requestId, durationMs: 1 });
      };
      const invocation = { requestId, end };
      this.invocations.push(invocation);
    });
  }

  async terminate(): Promise<void> {
    this.isReady = false;
    this.#exit.resolve();
  }

  becomeReady(): Promise<void> {
    this.isReady = true;
    this.#init.resolve(INIT_MS);
    return settled();
  }

  failInit(kind: InitFailure['kind']): Promise<void> {
    this.#init.reject(new InitFailure(kind, (requestId) => `${kind} of ${requestId}`));
    return settled();
  }

  async end(requestId: string): Promise<void> {
    this.invocations.find((invocation) => invocation.requestId === requestId)?.end();
    await settled();
  }

  /** The requests it works on. */
  get working(): string[] {
    return this.invocations.map(({ requestId }) => requestId);
  }
}

/** One turn of the event loop: every promise that is ready has run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('EnvironmentPool', () => {
  let workers: FakeWorker[];
  let initsMs: number[];
  let answers: Ending[];
  beforeEach(() => {
    workers = [];
    initsMs = [];
    answers = [];
  });

  const poolOf = (environmentsPerWorkerMax: number, gate = new StartGate(2)): EnvironmentPool =>
    new EnvironmentPool({
      environmentsPerWorkerMax,
      timeoutMs: 3_000,
      gate,
      startWorker: async () => {
        const worker = new FakeWorker();
        workers.push(worker);
        return worker;
      },
      environmentStarted: (initMs) => initsMs.push(initMs),
    });

  async function invoke(pool: EnvironmentPool, ...requestIds: string[]): Promise<void> {
    for (const requestId of requestIds) {
      void pool
        .invoke({ requestId, payload: '{}', invokedFunctionArn: 'arn' })
        .then((ending) => answers.push(ending));
    }
    await settled();
  }

  const worker = (index: number): FakeWorker => {
    const found = workers[index];
    if (!found) throw new Error(`no worker ${index}, there are ${workers.length}`);
    return found;
  };

  describe('with one environment to a worker', () => {
    test('starts one for each that waits, as many at once as the gate lets through', async () => {
      const pool = poolOf(1);
      await invoke(pool, 'a', 'b', 'c');
      expect(workers).toHaveLength(2);
      await worker(0).becomeReady();
      expect(worker(0).working).toEqual(['a']);
      expect(workers).toHaveLength(3);
      await worker(2).becomeReady();
      expect(worker(2).working).toEqual(['b']);
      await worker(1).becomeReady();
      expect(worker(1).working).toEqual(['c']);
      expect(initsMs).toEqual([INIT_MS, INIT_MS, INIT_MS]);
    });

    test('does not start what is no longer needed once the gate opens', async () => {
      const pool = poolOf(1, new StartGate(1));
      await invoke(pool, 'a', 'b');
      await worker(0).becomeReady();
      expect(workers).toHaveLength(2);
      await invoke(pool, 'c');
      await worker(0).end('a');
      expect(worker(0).working).toEqual(['b']);
      await worker(0).end('b');
      expect(worker(0).working).toEqual(['c']);
      await worker(1).becomeReady();
      expect(workers).toHaveLength(2);
      expect(worker(1).working).toEqual([]);
    });

    test('reuses the one that was used last', async () => {
      const pool = poolOf(1);
      await invoke(pool, 'a', 'b');
      await worker(0).becomeReady();
      await worker(1).becomeReady();
      await worker(1).end('b');
      await worker(0).end('a');
      await invoke(pool, 'c');
      expect(worker(0).working).toEqual(['c']);
      await invoke(pool, 'd');
      expect(worker(1).working).toEqual(['d']);
    });

    test('never hands anything to one that has ended', async () => {
      const pool = poolOf(1);
      await invoke(pool, 'a');
      await worker(0).becomeReady();
      await worker(0).terminate();
      await worker(0).end('a');
      await invoke(pool, 'b');
      await worker(1).becomeReady();
      expect(worker(1).working).toEqual(['b']);
    });

    test('answers exactly one invocation with a failed init', async () => {
      const pool = poolOf(1);
      await invoke(pool, 'a', 'b');
      await worker(0).failInit('error');
      expect(answers).toEqual([{ outcome: 'error', payload: 'error of a', durationMs: 0 }]);
      await worker(1).becomeReady();
      expect(worker(1).working).toEqual(['b']);
    });

    test('runs an init phase that took too long once more, within the timeout of the function', async () => {
      const pool = poolOf(1);
      await invoke(pool, 'a');
      await worker(0).failInit('timeout');
      expect(answers).toEqual([]);
      await worker(1).failInit('timeout');
      expect(workers.map(({ initLimitsMs }) => initLimitsMs)).toEqual([[10_000], [3_000]]);
      expect(answers).toEqual([{ outcome: 'timeout', payload: 'timeout of a', durationMs: 0 }]);
    });
  });

  describe('with many environments to a worker', () => {
    test('starts one worker for all that wait, and counts environments', async () => {
      const pool = poolOf(1_000);
      await invoke(pool, 'a', 'b', 'c');
      expect(workers).toHaveLength(1);
      await worker(0).becomeReady();
      expect(worker(0).working).toEqual(['a', 'b', 'c']);
      expect(initsMs).toEqual([INIT_MS, 0, 0]);
      await worker(0).end('b');
      await invoke(pool, 'd');
      expect(initsMs).toHaveLength(3);
    });

    test('answers all that wait with a failed init', async () => {
      const pool = poolOf(1_000);
      await invoke(pool, 'a', 'b');
      await worker(0).failInit('crash');
      expect(answers.map(({ payload }) => payload)).toEqual(['crash of a', 'crash of b']);
      await invoke(pool, 'c');
      expect(workers).toHaveLength(2);
    });

    test('starts a second worker when the first takes no more', async () => {
      const pool = poolOf(2);
      await invoke(pool, 'a', 'b');
      await worker(0).becomeReady();
      await invoke(pool, 'c');
      await worker(1).becomeReady();
      expect(worker(0).working).toEqual(['a', 'b']);
      expect(worker(1).working).toEqual(['c']);
    });
  });

  test('fails what waits when it is closed, and what comes after', async () => {
    const pool = poolOf(1);
    const waiting = pool.invoke({ requestId: 'a', payload: '{}', invokedFunctionArn: 'arn' });
    const refused = expect(waiting).rejects.toMatchObject({ code: 'ServiceException' });
    await settled();
    await pool.close();
    await refused;
    await expect(pool.warm()).rejects.toMatchObject({ code: 'ServiceException' });
    expect(workers.map(({ isReady }) => isReady)).toEqual([false]);
  });
});
