import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ResourceLimits } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { environmentVariables, logStreamName } from './environment-variables.ts';
import { buildRuntime, type FunctionDirectories, unpackFunction } from './function-package.ts';
import { FunctionWorker, type LogLine } from './function-worker.ts';
import type { FunctionConfiguration, Isolation } from './lambda.ts';
import { OLD_GENERATION_SHARE, YOUNG_GENERATION_SHARE } from './limits.ts';

export interface WorkerFactorySettings {
  readonly isolation: Isolation;
  readonly clock: Clock;
  readonly newId: () => string;
  /** What only the host knows: the role's credentials, the AWS endpoint. Asked at each start. */
  readonly hostEnvironment: (configuration: FunctionConfiguration) => Readonly<Record<string, string>>;
}

/** Makes workers from the zips, which it unpacks once, into a temporary directory that `close` removes. */
export class WorkerFactory {
  readonly #settings: WorkerFactorySettings;
  #root: Promise<string> | undefined;
  readonly #directories = new Map<string, Promise<FunctionDirectories>>();

  constructor(settings: WorkerFactorySettings) {
    this.#settings = settings;
  }

  async start(configuration: FunctionConfiguration, log: LogLine): Promise<FunctionWorker> {
    const { isolation, clock, newId, hostEnvironment } = this.#settings;
    const directories = await this.#directoriesOf(configuration);
    const stream = logStreamName(clock.now(), configuration.version, newId());
    const variables = environmentVariables(
      configuration,
      directories,
      stream,
      hostEnvironment(configuration),
    );
    return new FunctionWorker({
      isolation,
      runtimeRoot: directories.runtimeRoot,
      variables,
      resourceLimits: isolation === 'environment' ? memoryLimits(configuration.memoryMb) : {},
      timeoutMs: configuration.timeoutMs,
      clock,
      log,
    });
  }

  /** Call it when all workers have ended. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#directories.values());
    const root = await this.#root;
    if (root !== undefined) await rm(root, { recursive: true, force: true });
  }

  #directoriesOf(configuration: FunctionConfiguration): Promise<FunctionDirectories> {
    const directories = this.#directories.get(configuration.functionName) ?? this.#unpack(configuration);
    this.#directories.set(configuration.functionName, directories);
    return directories;
  }

  async #unpack(configuration: FunctionConfiguration): Promise<FunctionDirectories> {
    this.#root ??= createRoot();
    const root = await this.#root;
    const directory = path.join(root, 'functions', configuration.functionName);
    return unpackFunction(configuration, directory, runtimeRootIn(root));
  }
}

async function createRoot(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'shardbound-lambda-'));
  await buildRuntime(runtimeRootIn(root));
  return root;
}

const runtimeRootIn = (root: string): string => path.join(root, 'runtime');

/** One of the two alone would not be a limit: the young generation grows beside the old one. */
function memoryLimits(memoryMb: number): ResourceLimits {
  return {
    maxOldGenerationSizeMb: Math.floor(memoryMb * OLD_GENERATION_SHARE),
    maxYoungGenerationSizeMb: Math.ceil(memoryMb * YOUNG_GENERATION_SHARE),
  };
}
