import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Clock } from '../clock.ts';
import { EnvironmentPool } from './environment-pool.ts';
import { functionNotFound, requestTooLarge, responseTooLarge, throttled } from './function-errors.ts';
import type { Ending } from './function-worker.ts';
import type {
  FunctionConfiguration,
  InvokeFunction,
  InvokeResult,
  Isolation,
  LambdaObserver,
} from './lambda.ts';
import { ACCOUNT_CONCURRENCY_MAX, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX, TIMEOUT_MS_MAX } from './limits.ts';
import { StartGate } from './start-gate.ts';
import { WorkerFactory } from './worker-factory.ts';

export interface LambdaOptions {
  readonly isolation: Isolation;
  readonly clock: Clock;
  /** Variables on top of a function's own: the role's credentials, the AWS endpoint. Asked at each cold start. */
  readonly hostEnvironment: (configuration: FunctionConfiguration) => Readonly<Record<string, string>>;
  /** Gets what the functions write, line by line, and a REPORT line for each invocation that failed. */
  readonly log: (functionName: string, requestId: string | undefined, line: string) => void;
  readonly observer?: LambdaObserver;
  /** Request ids and log stream names; UUIDs by default. */
  readonly newId?: () => string;
}

interface RegisteredFunction {
  readonly configuration: FunctionConfiguration;
  readonly pool: EnvironmentPool;
  inFlight: number;
}

/** Local Lambda: runs the functions' zips in execution environments housed in worker threads. */
export class LambdaFunctions {
  readonly #options: LambdaOptions;
  readonly #newId: () => string;
  readonly #workers: WorkerFactory;
  /** Cold starts feed on themselves: more at once than cores only makes each of them slower. */
  readonly #gate = new StartGate(availableParallelism());
  readonly #functions = new Map<string, RegisteredFunction>();
  #unreservedInFlight = 0;

  constructor(options: LambdaOptions) {
    const { isolation, clock, hostEnvironment } = options;
    this.#options = options;
    this.#newId = options.newId ?? randomUUID;
    this.#workers = new WorkerFactory({ isolation, clock, hostEnvironment, newId: this.#newId });
  }

  /** Makes a function known; its zips are read at the first start. */
  register(configuration: FunctionConfiguration): void {
    const { functionName, runtime, timeoutMs } = configuration;
    const { isolation, log, observer } = this.#options;
    if (this.#functions.has(functionName)) throw new Error(`${functionName} is registered already`);
    if (!runtime.startsWith('nodejs')) throw new Error(`${functionName}: no runtime ${runtime} here`);
    if (timeoutMs > TIMEOUT_MS_MAX) throw new Error(`${functionName}: timeout over ${TIMEOUT_MS_MAX} ms`);
    const pool = new EnvironmentPool({
      environmentsPerWorkerMax: isolation === 'environment' ? 1 : ACCOUNT_CONCURRENCY_MAX,
      timeoutMs,
      gate: this.#gate,
      startWorker: () =>
        this.#workers.start(configuration, (requestId, line) => log(functionName, requestId, line)),
      environmentStarted: (initMs) => observer?.environmentStarted?.(functionName, initMs),
    });
    this.#functions.set(functionName, { configuration, pool, inFlight: 0 });
  }

  /** As Lambda's Invoke (RequestResponse). Throws an AwsError for what Invoke itself refuses. */
  readonly invoke: InvokeFunction = async (functionName, payload, options = {}) => {
    const { name, qualifier } = parseFunctionName(functionName);
    const invoked = this.#find(name);
    if (isOver(payload, REQUEST_BYTES_MAX)) throw requestTooLarge();
    this.#admit(invoked);
    const requestId = this.#newId();
    const { functionArn } = invoked.configuration;
    const invokedFunctionArn = qualifier === undefined ? functionArn : `${functionArn}:${qualifier}`;
    let ending: Ending | undefined;
    try {
      ending = withinLimit(await invoked.pool.invoke({ requestId, payload, invokedFunctionArn, ...options }));
    } finally {
      this.#leave(invoked);
      this.#options.observer?.invocationEnded?.(name, ending?.outcome ?? 'error', ending?.durationMs ?? 0);
    }
    return this.#result(invoked.configuration, requestId, ending);
  };

  /** Starts one environment ahead; rejects with an InitFailure when its init phase fails. */
  async warm(functionName: string): Promise<void> {
    await this.#find(functionName).pool.warm();
  }

  /** Invocations in flight, those that wait for an environment to start among them, as Lambda counts them. */
  concurrency(functionName: string): number {
    return this.#find(functionName).inFlight;
  }

  /** Ends every environment; what is in flight is answered as crashed, what waits is refused. */
  async close(): Promise<void> {
    await Promise.all([...this.#functions.values()].map(({ pool }) => pool.close()));
    await this.#workers.close();
  }

  #find(name: string): RegisteredFunction {
    const found = this.#functions.get(name);
    if (!found) throw functionNotFound(name);
    return found;
  }

  /** Throttles: by its own reservation, or by what the reservations leave of the account's concurrency. */
  #admit(invoked: RegisteredFunction): void {
    const { functionName, reservedConcurrency } = invoked.configuration;
    const { observer } = this.#options;
    const isFull =
      reservedConcurrency === undefined
        ? this.#unreservedInFlight >= ACCOUNT_CONCURRENCY_MAX - this.#reserved()
        : invoked.inFlight >= reservedConcurrency;
    if (isFull) {
      observer?.invocationEnded?.(functionName, 'throttle', 0);
      throw throttled();
    }
    invoked.inFlight += 1;
    if (reservedConcurrency === undefined) this.#unreservedInFlight += 1;
    observer?.invocationStarted?.(functionName);
  }

  #leave(invoked: RegisteredFunction): void {
    invoked.inFlight -= 1;
    if (invoked.configuration.reservedConcurrency === undefined) this.#unreservedInFlight -= 1;
  }

  #reserved(): number {
    let reserved = 0;
    for (const { configuration } of this.#functions.values())
      reserved += configuration.reservedConcurrency ?? 0;
    return reserved;
  }

  #result(configuration: FunctionConfiguration, requestId: string, ending: Ending): InvokeResult {
    const { outcome, payload, durationMs } = ending;
    if (outcome === 'success') return { requestId, payload };
    const report = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Memory Size: ${configuration.memoryMb} MB`,
      `Status: ${outcome === 'timeout' ? 'timeout' : 'error'}`,
      `Error: ${payload}`,
    ];
    this.#options.log(configuration.functionName, requestId, report.join('\t'));
    return { requestId, payload, functionError: 'Unhandled' };
  }
}

/** `name`, `name:qualifier`, or a function's ARN with or without a qualifier. */
function parseFunctionName(text: string): { name: string; qualifier: string | undefined } {
  const [name = '', qualifier] = text.split(':').slice(text.startsWith('arn:') ? 6 : 0);
  return { name, qualifier };
}

function withinLimit(ending: Ending): Ending {
  if (!isOver(ending.payload, RESPONSE_BYTES_MAX)) return ending;
  return { ...ending, outcome: 'error', payload: responseTooLarge() };
}

/** Whether `text` takes more than `bytesMax` in UTF-8; counts only when the length cannot tell. */
function isOver(text: string, bytesMax: number): boolean {
  const BYTES_PER_UNIT_MAX = 3;
  if (text.length * BYTES_PER_UNIT_MAX <= bytesMax) return false;
  return Buffer.byteLength(text) > bytesMax;
}
