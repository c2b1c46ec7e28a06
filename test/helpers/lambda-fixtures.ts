import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { strToU8, type Zippable, zipSync } from 'fflate';
import { type Clock, systemClock } from '../../local/clock.ts';
import { ACCOUNT_ID } from '../../local/gateway/call.ts';
import type { FunctionConfiguration, InvokeOptions, Isolation } from '../../local/lambda/lambda.ts';
import { LambdaFunctions } from '../../local/lambda/lambda-functions.ts';

export interface LogEntry {
  readonly functionName: string;
  readonly requestId: string | undefined;
  readonly line: string;
}

type Overrides = Partial<Omit<FunctionConfiguration, 'codeZipPath' | 'layerZipPaths'>> & {
  readonly files?: Readonly<Record<string, string>>;
  readonly layers?: readonly Readonly<Record<string, string>>[];
};

const REGION = 'eu-central-1';
const UNIX = 3;
const MODE_0644 = 0o644 << 16;

export const arnOf = (functionName: string): string =>
  `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${functionName}`;

/**
 * Source of a handler that says `started <event.name>`, waits until the file `event.gate` exists (see `createGate`),
 * and answers how often its module was called.
 */
export const GATED = `
  import { existsSync } from 'node:fs';
  let calls = 0;
  export const handler = async ({ name, gate }) => {
    calls += 1;
    console.log('started ' + name);
    while (gate && !existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 2));
    return { name, calls };
  };`;

/** Local Lambda with functions made from source text, and all that it logged and observed. */
export class LambdaFixture {
  readonly lambda: LambdaFunctions;
  readonly log: LogEntry[] = [];
  readonly ended: { functionName: string; outcome: string; durationMs: number }[] = [];
  readonly environmentsStarted: { functionName: string; initMs: number }[] = [];
  readonly #directory: Promise<string>;
  readonly #logWaiters = new Set<() => void>();
  #count = 0;

  constructor(isolation: Isolation, clock: Clock = systemClock) {
    this.#directory = mkdtemp(path.join(tmpdir(), 'shardbound-test-'));
    this.lambda = new LambdaFunctions({
      isolation,
      clock,
      hostEnvironment: ({ functionName }) => ({ AWS_ACCESS_KEY_ID: `ASIA-${functionName}` }),
      log: (functionName, requestId, line) => {
        this.log.push({ functionName, requestId, line });
        for (const check of this.#logWaiters) check();
      },
      observer: {
        invocationEnded: (functionName, outcome, durationMs) =>
          this.ended.push({ functionName, outcome, durationMs }),
        environmentStarted: (functionName, initMs) => this.environmentsStarted.push({ functionName, initMs }),
      },
    });
  }

  /** Zips `source` as `index.mjs` (and `files` beside it), registers it, returns the function's name. */
  async register(source: string, overrides: Overrides = {}): Promise<string> {
    this.#count += 1;
    const { files = {}, layers = [], functionName = `function-${this.#count}`, ...configuration } = overrides;
    const codeZipPath = await this.#zip(`${functionName}.zip`, { 'index.mjs': source, ...files });
    const layerZipPaths = await Promise.all(
      layers.map((layer, index) => this.#zip(`${functionName}-layer-${index}.zip`, layer)),
    );
    this.lambda.register({
      functionName,
      functionArn: arnOf(functionName),
      version: '7',
      handler: 'index.handler',
      runtime: 'nodejs24.x',
      timeoutMs: 20_000,
      memoryMb: 128,
      roleArn: `arn:aws:iam::${ACCOUNT_ID}:role/${functionName}`,
      environment: {},
      logGroupName: `/aws/lambda/${functionName}`,
      codeZipPath,
      layerZipPaths,
      ...configuration,
    });
    return functionName;
  }

  /** The handler's result, or the error object under `error`. */
  async call(functionName: string, event: unknown = {}, options: InvokeOptions = {}): Promise<unknown> {
    const { payload, functionError } = await this.lambda.invoke(functionName, JSON.stringify(event), options);
    return functionError ? { error: JSON.parse(payload) } : JSON.parse(payload);
  }

  /** Resolves when the function has written such a line so many times; the test's own timeout is the deadline. */
  logged(functionName: string, text: string, times = 1): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        const entries = this.log.filter((e) => e.functionName === functionName && e.line.includes(text));
        if (entries.length < times) return;
        this.#logWaiters.delete(check);
        resolve();
      };
      this.#logWaiters.add(check);
      check();
    });
  }

  /** A file that a handler can wait for; `open` makes it. */
  async createGate(): Promise<{ path: string; open: () => Promise<void> }> {
    this.#count += 1;
    const gate = path.join(await this.#directory, `gate-${this.#count}`);
    return { path: gate, open: () => writeFile(gate, '') };
  }

  async close(): Promise<void> {
    await this.lambda.close();
    await rm(await this.#directory, { recursive: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #zip(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const entries: Zippable = {};
    for (const [file, content] of Object.entries(files)) {
      entries[file] = [strToU8(content), { os: UNIX, attrs: MODE_0644 }];
    }
    const zipPath = path.join(await this.#directory, name);
    await writeFile(zipPath, zipSync(entries));
    return zipPath;
  }
}
