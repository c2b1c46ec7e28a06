import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { unzipSync } from 'fflate';
import type { FunctionConfiguration } from './lambda.ts';
import { LAYERS_MAX, UNZIPPED_BYTES_MAX } from './limits.ts';

/** What `/var/task`, `/opt` and `/var/runtime` are on Lambda. */
export interface FunctionDirectories {
  readonly taskRoot: string;
  readonly optRoot: string;
  readonly runtimeRoot: string;
}

/** The runtime's file in `runtimeRoot`. */
export const RUNTIME_FILE = 'index.mjs';

/**
 * Bundles the runtime to one JavaScript file. Node could run its TypeScript as it is, but the compiler that strips
 * the types would be loaded into every worker: 40 ms and 10 MB more per cold start.
 */
export async function buildRuntime(runtimeRoot: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL('./node-runtime/main.ts', import.meta.url))],
    outfile: path.join(runtimeRoot, RUNTIME_FILE),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'silent',
  });
}

/** Unzips a function's code into `<directory>/task` and its layers, in their order, over one another into `opt`. */
export async function unpackFunction(
  configuration: FunctionConfiguration,
  directory: string,
  runtimeRoot: string,
): Promise<FunctionDirectories> {
  const { functionName, codeZipPath, layerZipPaths } = configuration;
  if (layerZipPaths.length > LAYERS_MAX) throw new Error(`${functionName}: more than ${LAYERS_MAX} layers`);
  const taskRoot = path.join(directory, 'task');
  const optRoot = path.join(directory, 'opt');
  await mkdir(taskRoot, { recursive: true });
  await mkdir(path.join(optRoot, 'nodejs/node_modules'), { recursive: true });
  let unzippedBytes = await unzip(codeZipPath, taskRoot, UNZIPPED_BYTES_MAX);
  for (const layerZipPath of layerZipPaths) {
    unzippedBytes += await unzip(layerZipPath, optRoot, UNZIPPED_BYTES_MAX - unzippedBytes);
  }
  // Node looks for packages in every folder above the importing file, but never in NODE_PATH for ES modules.
  await symlink(path.join(optRoot, 'nodejs/node_modules'), path.join(directory, 'node_modules'));
  return { taskRoot, optRoot, runtimeRoot };
}

/** Returns the bytes written; throws when they are more than `bytesMax` or a name leads out of `directory`. */
async function unzip(zipPath: string, directory: string, bytesMax: number): Promise<number> {
  let bytes = 0;
  const entries = unzipSync(await readFile(zipPath), {
    filter: ({ originalSize }) => {
      bytes += originalSize;
      if (bytes > bytesMax) throw new Error(`${zipPath}: over ${UNZIPPED_BYTES_MAX} bytes unzipped`);
      return true;
    },
  });
  for (const [name, content] of Object.entries(entries)) {
    const file = path.join(directory, name);
    if (!file.startsWith(directory + path.sep))
      throw new Error(`${zipPath}: ${name} leads out of the archive`);
    if (name.endsWith('/')) continue;
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return bytes;
}
