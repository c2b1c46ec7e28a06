import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { strFromU8, unzipSync } from 'fflate';
import { run, type Synthesized, synthesize } from './synthesized.ts';

const FUNCTION_ZIP_BYTES_MAX = 16_384;
const RUNTIME_PATH = 'nodejs/node_modules/@shardbound/runtime/';

let first: Synthesized;
let second: Synthesized;
let workDirectory: string;
beforeAll(async () => {
  workDirectory = mkdtempSync(join(tmpdir(), 'shardbound-layer-'));
  first = await synthesize();
  second = await synthesize({ TZ: 'Asia/Kathmandu' });
});
afterAll(() => {
  rmSync(workDirectory, { recursive: true });
  first.remove();
  second.remove();
});

function zips(stack: Synthesized): string[] {
  return readdirSync(stack.directory).filter((name) => name.endsWith('.zip'));
}

function unzip(name: string): Record<string, Uint8Array> {
  return unzipSync(readFileSync(join(first.directory, name)));
}

/** Unix mode of every entry, from the zip's central directory: 38 bytes into each of its headers. */
function modes(zip: Buffer): number[] {
  const found: number[] = [];
  for (let at = zip.indexOf('PK\x01\x02'); at >= 0; at = zip.indexOf('PK\x01\x02', at + 4)) {
    found.push(zip.readUInt32LE(at + 38) >>> 16);
  }
  return found;
}

test('a second synth, in another time zone, writes the same bytes', () => {
  expect(zips(first)).toHaveLength(7);
  expect(zips(second)).toEqual(zips(first));
  for (const name of [...zips(first), 'cdk.tf.json']) {
    const [one, other] = [first, second].map((stack) => readFileSync(join(stack.directory, name)));
    expect([name, one?.equals(other ?? Buffer.alloc(0))]).toEqual([name, true]);
  }
});

test('file modes in the zips are 0644 whatever the umask', () => {
  for (const name of zips(first)) {
    expect(new Set(modes(readFileSync(join(first.directory, name))))).toEqual(new Set([0o644]));
  }
});

test('Terraform sees a change of code by the hash of the zip', () => {
  const functions = Object.values(first.resource['aws_lambda_function'] ?? {});
  const layers = Object.values(first.resource['aws_lambda_layer_version'] ?? {});
  expect(functions).toHaveLength(6);
  for (const { filename, source_code_hash } of [...functions, ...layers]) {
    const zip = readFileSync(join(first.directory, String(filename)));
    expect(source_code_hash).toBe(createHash('sha256').update(zip).digest('base64'));
  }
});

test('a function is one small file that leaves the runtime to its layer', () => {
  for (const name of zips(first).filter((zip) => zip !== 'runtime-layer.zip')) {
    const bytes = readFileSync(join(first.directory, name)).length;
    expect([name, bytes < FUNCTION_ZIP_BYTES_MAX]).toEqual([name, true]);
    expect(Object.keys(unzip(name))).toEqual(['index.mjs']);
    expect(strFromU8(unzip(name)['index.mjs'] ?? new Uint8Array())).toMatch(
      /from ["']@shardbound\/runtime\//,
    );
  }
});

test('the layer needs nothing but Node, and every entry point of it loads', async () => {
  const files = Object.entries(unzip('runtime-layer.zip'));
  const imported = files
    .filter(([path]) => path.endsWith('.js'))
    .flatMap(([, content]) => [
      ...strFromU8(content).matchAll(/(?:^|[;}])(?:import|export)[^'"();]*?["']([^"']+)["']/g),
    ])
    .map(([, specifier = '']) => specifier)
    .filter((specifier) => !specifier.startsWith('.'));
  const foreign = imported.filter((name) => !builtinModules.includes(name.replace(/^node:/, '')));
  expect(imported.length).toBeGreaterThan(0);
  expect(foreign).toEqual([]);

  for (const [path, content] of files) {
    const target = join(workDirectory, path.replace(/^nodejs\//, ''));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  const entries = files
    .map(([path]) => path.slice(RUNTIME_PATH.length))
    .filter((path) => /^[\w-]+\.js$/.test(path))
    .map((path) => path.replace('.js', ''));
  expect(entries).toContain('events');
  const source = entries.map((entry) => `await import('@shardbound/runtime/${entry}');`).join('\n');
  writeFileSync(join(workDirectory, 'load.mjs'), source);
  const { code, stderr } = await run(process.execPath, ['load.mjs'], {
    cwd: workDirectory,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
