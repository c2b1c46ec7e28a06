import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from '@jest/globals';
import { type Cloud, type CloudOptions, startCloud } from '../../local/cloud.ts';

const POLL_MS = 50;

export interface TestCloud {
  readonly cloud: Cloud;
  /** Everything the functions and the cloud said. */
  readonly lines: string[];
  stop(): Promise<void>;
}

/** Synthesizes the pipeline as `npm run synth` does, into a folder of its own; resolves to the JSON's path. */
async function synthesize(): Promise<{ stack: string; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'shardbound-test-'));
  await promisify(execFile)(process.execPath, ['infra/main.ts', '--out', directory]);
  return {
    stack: join(directory, 'stacks/shardbound/cdk.tf.json'),
    remove: () => rm(directory, { recursive: true }),
  };
}

/** Synthesizes once for a test file; the path is there when its tests run. */
export function useStack(): { readonly path: string } {
  const stack = { path: '' };
  let remove = async () => {};
  beforeAll(async () => {
    ({ stack: stack.path, remove } = await synthesize());
  });
  afterAll(() => remove());
  return stack;
}

/** Writes a changed copy of a stack beside it, so that its zips are found. */
export async function alteredStack(
  stack: string,
  name: string,
  alter: (json: TerraformJson) => void,
): Promise<string> {
  const json = JSON.parse(await readFile(stack, 'utf8')) as TerraformJson;
  alter(json);
  const path = stack.replace(/cdk\.tf\.json$/, `${name}.tf.json`);
  await writeFile(path, JSON.stringify(json));
  return path;
}

export interface TerraformJson {
  readonly resource: Record<string, Record<string, Record<string, unknown>>>;
}

/** Boots a synthesized stack on free ports. */
export async function startTestCloud(
  options: Partial<CloudOptions> & Pick<CloudOptions, 'stack'>,
): Promise<TestCloud> {
  const lines: string[] = [];
  const cloud = await startCloud({
    variables: {},
    environment: {},
    isolation: 'function',
    ports: { api: 0, console: 0, aws: 0 },
    log: (source, line) => lines.push(`[${source}] ${line}`),
    ...options,
  });
  return { cloud, lines, stop: () => cloud.stop() };
}

/** Asks until the answer is there, or fails with what was waited for when `withinMs` have passed. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 20_000,
): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadlineMs) throw new Error(`waited ${withinMs} ms for ${what}`);
    await delay(POLL_MS);
  }
}
