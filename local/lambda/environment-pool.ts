import { closing } from './function-errors.ts';
import { type Ending, type FunctionWorker, InitFailure, type InvocationInput } from './function-worker.ts';
import { INIT_LIMIT_MS } from './limits.ts';
import type { StartGate } from './start-gate.ts';

/** What the pool asks of a worker. */
export type PooledWorker = Pick<
  FunctionWorker,
  'isReady' | 'inFlight' | 'exited' | 'initialized' | 'invoke' | 'terminate'
>;

export interface EnvironmentPoolSettings {
  /** Environments that one worker may house. */
  readonly environmentsPerWorkerMax: number;
  readonly timeoutMs: number;
  readonly gate: StartGate;
  /** Makes a worker, whose init phase has then begun. */
  readonly startWorker: () => Promise<PooledWorker>;
  readonly environmentStarted: (initMs: number) => void;
}

interface StartedWorker {
  readonly worker: PooledWorker;
  readonly initMs: number;
}

/** Waits for an environment; exactly one of the two is called. */
interface Waiter {
  readonly take: (worker: PooledWorker) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * The execution environments of one function: reused last used first, started when none is free. An invocation
 * takes whichever comes first, the environment started for it or one that another invocation leaves.
 */
export class EnvironmentPool {
  readonly #settings: EnvironmentPoolSettings;
  /** How many environments each living worker houses. */
  readonly #environments = new Map<PooledWorker, number>();
  /** Workers with room, the last used on top; some may have ended since. */
  readonly #available: PooledWorker[] = [];
  readonly #waiting: Waiter[] = [];
  /** Starts that wait at the gate or run, and those that run. */
  #starts = 0;
  #startsRunning = 0;
  #isClosed = false;

  constructor(settings: EnvironmentPoolSettings) {
    this.#settings = settings;
  }

  /** Rejects with an AwsError when the function could not be run at all. */
  invoke(input: InvocationInput): Promise<Ending> {
    const worker = this.#lastUsed();
    if (worker) return this.#run(worker, input);
    return new Promise((resolve, reject) => {
      this.#wait({
        take: (freed) => resolve(this.#run(freed, input)),
        fail: (error) => {
          if (!(error instanceof InitFailure)) reject(error);
          else resolve({ outcome: error.kind, payload: error.payload(input.requestId), durationMs: 0 });
        },
      });
    });
  }

  /** Resolves when an environment is ready; rejects with the InitFailure. */
  warm(): Promise<void> {
    return new Promise((resolve, reject) => this.#wait({ take: () => resolve(), fail: reject }));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.fail(closing());
    await Promise.all([...this.#environments.keys()].map((worker) => worker.terminate()));
  }

  #wait(waiter: Waiter): void {
    if (this.#isClosed) {
      waiter.fail(closing());
    } else {
      this.#waiting.push(waiter);
      this.#serveWaiting();
    }
  }

  #serveWaiting(): void {
    for (;;) {
      const worker = this.#lastUsed();
      const waiter = worker && this.#waiting.shift();
      if (!worker || !waiter) break;
      waiter.take(worker);
    }
    const { environmentsPerWorkerMax } = this.#settings;
    while (this.#starts * environmentsPerWorkerMax < this.#waiting.length) void this.#start();
  }

  #lastUsed(): PooledWorker | undefined {
    while (this.#available.at(-1)?.isReady === false) this.#available.pop();
    return this.#available.at(-1);
  }

  /** `worker` is on top of those available. */
  async #run(worker: PooledWorker, input: InvocationInput): Promise<Ending> {
    const { environmentsPerWorkerMax, environmentStarted } = this.#settings;
    const ending = worker.invoke(input);
    if (worker.inFlight > (this.#environments.get(worker) ?? 0)) {
      this.#environments.set(worker, worker.inFlight);
      environmentStarted(0);
    }
    if (worker.inFlight >= environmentsPerWorkerMax) this.#available.pop();
    try {
      return await ending;
    } finally {
      if (worker.isReady && !this.#available.includes(worker)) this.#available.push(worker);
      this.#serveWaiting();
    }
  }

  async #start(): Promise<void> {
    const { gate, environmentsPerWorkerMax } = this.#settings;
    this.#starts += 1;
    try {
      await gate.run(async () => {
        const served = this.#startsRunning * environmentsPerWorkerMax;
        if (this.#waiting.length > served) await this.#startEnvironment();
      });
    } catch (error) {
      for (const waiter of this.#waiting.splice(0, environmentsPerWorkerMax)) waiter.fail(error);
    }
    this.#starts -= 1;
    this.#serveWaiting();
  }

  async #startEnvironment(): Promise<void> {
    this.#startsRunning += 1;
    try {
      const { worker, initMs } = await this.#startWorkerTwice();
      this.#environments.set(worker, 1);
      this.#available.push(worker);
      this.#settings.environmentStarted(initMs);
    } finally {
      this.#startsRunning -= 1;
    }
  }

  /** An init phase that took too long is run again, within the function's own timeout, as Lambda does. */
  async #startWorkerTwice(): Promise<StartedWorker> {
    try {
      return await this.#startWorker(INIT_LIMIT_MS);
    } catch (error) {
      if (!(error instanceof InitFailure) || error.kind !== 'timeout') throw error;
      return this.#startWorker(this.#settings.timeoutMs);
    }
  }

  async #startWorker(initLimitMs: number): Promise<StartedWorker> {
    if (this.#isClosed) throw closing();
    const worker = await this.#settings.startWorker();
    this.#environments.set(worker, 0);
    void worker.exited.then(() => this.#environments.delete(worker));
    if (this.#isClosed) {
      await worker.terminate();
      throw closing();
    }
    return { worker, initMs: await worker.initialized(initLimitMs) };
  }
}
