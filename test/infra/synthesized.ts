import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

const OUTPUT_BYTES_MAX = 64 << 20;

type Block = Readonly<Record<string, unknown>>;

/** A synthesized stack in a folder of its own. */
export interface Synthesized {
  /** Holds cdk.tf.json and the zips. */
  readonly directory: string;
  readonly json: string;
  /** Resources by type, then by name. */
  readonly resource: Readonly<Record<string, Readonly<Record<string, Block>>>>;
  remove(): void;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the synthesizer as a person would: a process of its own, because the CDK does not load inside jest. */
export async function runSynth(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  return run(process.execPath, ['infra/main.ts', ...args], { cwd: ROOT, env: { ...process.env, ...env } });
}

export async function synthesize(env: NodeJS.ProcessEnv = {}): Promise<Synthesized> {
  const out = mkdtempSync(join(tmpdir(), 'shardbound-synth-'));
  const { code, stderr } = await runSynth(['--out', out], env);
  if (code !== 0) throw new Error(`synth failed: ${stderr}`);
  const directory = join(out, 'stacks/shardbound');
  const json = readFileSync(join(directory, 'cdk.tf.json'), 'utf8');
  const { resource } = JSON.parse(json) as Pick<Synthesized, 'resource'>;
  return { directory, json, resource, remove: () => rmSync(out, { recursive: true }) };
}

/** Runs a command to its end, whatever its exit code. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<CommandResult> {
  return new Promise((resolvePromise, reject) => {
    execFile(command, args, { ...options, maxBuffer: OUTPUT_BYTES_MAX }, (error, stdout, stderr) => {
      const code = error?.code ?? 0;
      if (typeof code === 'number') resolvePromise({ code, stdout, stderr });
      else reject(error);
    });
  });
}

/** A Terraform reference as it stands in the JSON. */
export function ref(path: string): string {
  return `\${${path}}`;
}
