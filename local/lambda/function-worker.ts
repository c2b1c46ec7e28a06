import path from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { type ExitReason, exited, invalidRequest, timedOut } from './function-errors.ts';
import { RUNTIME_FILE } from './function-package.ts';
import type { InvocationOutcome } from './lambda.ts';
import type { InvocationRequest, RuntimeMessage, RuntimeStart } from './runtime-protocol.ts';

/** One line of output; `requestId` says which invocation wrote it, where that is known. */
export type LogLine = (requestId: string | undefined, line: string) => void;

/** How an invocation that reached a worker ended; `payload` is JSON text. */
export interface Ending {
  readonly outcome: Exclude<InvocationOutcome, 'throttle'>;
  readonly payload: string;
  readonly durationMs: number;
}

/** An init phase that did not succeed. `payload` is what the invocation that waits for it is answered with. */
export class InitFailure extends Error {
  readonly kind: 'error' | 'crash' | 'timeout';
  readonly payload: (requestId: string) => string;

  constructor(kind: InitFailure['kind'], payload: (requestId: string) => string) {
    super(`Init failed: ${payload('-')}`);
    this.kind = kind;
    this.payload = payload;
  }
}

export interface WorkerSettings extends RuntimeStart {
  readonly runtimeRoot: string;
  readonly variables: Record<string, string>;
  readonly resourceLimits: ResourceLimits;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: LogLine;
}

/** The deadline is set when an environment takes the invocation. */
export type InvocationInput = Omit<InvocationRequest, 'deadlineEpochMs'>;

interface Invocation {
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  readonly end: (ending: Ending) => void;
  readonly refuse: (error: Error) => void;
}

/**
 * A worker thread that houses one environment or all of a function. The host keeps the time: a busy loop in the
 * worker stops every timer there.
 *
 *   starting ──▶ ready ──▶ retired (a timeout: no new invocations) ──▶ ended
 */
export class FunctionWorker {
  readonly #settings: WorkerSettings;
  readonly #worker: Worker;
  readonly #init = Promise.withResolvers<InitFailure | undefined>();
  /** In order of deadline, as all invocations of a function have the same time. */
  readonly #inFlight = new Map<string, Invocation>();
  readonly #stopped = new AbortController();
  /** Resolves when the thread is gone. */
  readonly exited: Promise<void>;
  #state: 'starting' | 'ready' | 'retired' | 'ended' = 'starting';
  #isWatching = false;
  /** What the code threw outside of its handler, just before it exits. */
  #uncaughtPayload: string | undefined;
  #exitReason: ExitReason | undefined;

  constructor(settings: WorkerSettings) {
    this.#settings = settings;
    this.#worker = startThread(settings);
    this.#worker.unref();
    this.#worker.on('message', (message: RuntimeMessage) => this.#receive(message));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.exited = new Promise((resolve) => {
      this.#worker.on('exit', (exitCode) => {
        this.#ended(exitCode);
        resolve();
      });
    });
    // The runtime takes all output over; this is for what Node itself has to say before.
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) forward(stream, settings.log);
  }

  /** Whether new invocations may be handed to it. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Resolves with the milliseconds a successful init phase took; rejects with an InitFailure, and ends the worker. */
  async initialized(limitMs: number): Promise<number> {
    const { clock, timeoutMs } = this.#settings;
    const startedAtMs = clock.now();
    const done = new AbortController();
    const failure = await Promise.race([
      this.#init.promise,
      clock
        .sleep(limitMs, done.signal)
        .then(() => new InitFailure('timeout', (requestId) => timedOut(requestId, timeoutMs))),
    ]);
    done.abort();
    if (this.isReady) return clock.now() - startedAtMs;
    void this.terminate();
    throw failure ?? this.#crashAtInit();
  }

  /** Rejects only when the payload is not JSON. */
  invoke(input: InvocationInput): Promise<Ending> {
    const { clock, timeoutMs } = this.#settings;
    const startedAtMs = clock.now();
    const deadlineMs = startedAtMs + timeoutMs;
    return new Promise((end, refuse) => {
      this.#inFlight.set(input.requestId, { startedAtMs, deadlineMs, end, refuse });
      const request: InvocationRequest = { ...input, deadlineEpochMs: deadlineMs };
      this.#worker.postMessage(request);
      if (!this.#isWatching) void this.#watchDeadlines();
    });
  }

  /** Ends the thread wherever it is; what is in flight is answered as crashed. */
  async terminate(): Promise<void> {
    if (this.#state !== 'ended') this.#state = 'retired';
    await this.#worker.terminate();
    await this.exited;
  }

  #receive(message: RuntimeMessage): void {
    switch (message.kind) {
      case 'ready':
        if (this.#state === 'starting') this.#state = 'ready';
        this.#init.resolve(undefined);
        break;
      case 'init-error':
        this.#init.resolve(new InitFailure('error', () => message.payload));
        break;
      case 'result':
        this.#end(message.requestId, 'success', message.payload);
        break;
      case 'error':
        this.#end(message.requestId, 'error', message.payload);
        break;
      case 'invalid-request':
        this.#inFlight.get(message.requestId)?.refuse(invalidRequest(message.reason));
        this.#forget(message.requestId);
        break;
      case 'uncaught':
        this.#uncaughtPayload = message.payload;
        this.#state = 'retired';
        break;
      case 'output':
        forwardText(message.text, message.requestId, this.#settings.log);
        break;
    }
  }

  /** Errors that Node reports of the thread itself; its exit follows. */
  #fail(error: Error): void {
    if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') this.#exitReason = { signal: 'killed' };
    this.#settings.log(undefined, String(error));
  }

  /** Late answers, of invocations that timed out before, find nothing here. */
  #end(requestId: string, outcome: Ending['outcome'], payload: string): void {
    const invocation = this.#inFlight.get(requestId);
    if (!invocation) return;
    this.#forget(requestId);
    invocation.end({ outcome, payload, durationMs: this.#settings.clock.now() - invocation.startedAtMs });
  }

  #forget(requestId: string): void {
    this.#inFlight.delete(requestId);
    if (this.#state === 'retired' && this.#inFlight.size === 0) void this.terminate();
  }

  #ended(exitCode: number): void {
    this.#state = 'ended';
    this.#exitReason ??= { exitCode };
    this.#stopped.abort();
    this.#init.resolve(this.#crashAtInit());
    for (const requestId of this.#inFlight.keys())
      this.#end(requestId, 'crash', this.#crashPayload(requestId));
  }

  #crashAtInit(): InitFailure {
    return new InitFailure('crash', (requestId) => this.#crashPayload(requestId));
  }

  #crashPayload(requestId: string): string {
    return this.#uncaughtPayload ?? exited(requestId, this.#exitReason ?? { exitCode: 0 });
  }

  /** One sleep at a time, until the oldest deadline, rather than a timer for each invocation. */
  async #watchDeadlines(): Promise<void> {
    const { clock, timeoutMs } = this.#settings;
    this.#isWatching = true;
    for (;;) {
      const [oldest] = this.#inFlight;
      if (!oldest || this.#stopped.signal.aborted) break;
      const [requestId, { deadlineMs }] = oldest;
      const leftMs = deadlineMs - clock.now();
      if (leftMs > 0) {
        await clock.sleep(leftMs, this.#stopped.signal);
      } else {
        this.#state = 'retired';
        this.#end(requestId, 'timeout', timedOut(requestId, timeoutMs));
      }
    }
    this.#isWatching = false;
  }
}

/** Node refuses some NODE_OPTIONS, with which Lambda's runtime would exit at once, status 9. */
function startThread({ isolation, runtimeRoot, variables, resourceLimits, log }: WorkerSettings): Worker {
  try {
    return new Worker(pathToFileURL(path.join(runtimeRoot, RUNTIME_FILE)), {
      env: variables,
      workerData: { isolation } satisfies RuntimeStart,
      resourceLimits,
      execArgv: [],
      stdout: true,
      stderr: true,
    });
  } catch (error) {
    log(undefined, String(error));
    throw new InitFailure('crash', (requestId) => exited(requestId, { exitCode: 9 }));
  }
}

function forward(stream: Readable, log: LogLine): void {
  stream.setEncoding('utf8').on('data', (text: string) => forwardText(text, undefined, log));
}

/** Every write ends a line, as in CloudWatch Logs it ends an event. */
function forwardText(text: string, requestId: string | undefined, log: LogLine): void {
  for (const line of text.replace(/\n$/, '').split('\n')) log(requestId, line);
}
