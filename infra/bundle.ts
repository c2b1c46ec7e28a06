import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { type BuildOptions, build, type OutputFile } from 'esbuild';
import { type Artifact, artifactOf, zipFiles } from './zip.ts';

const ROOT = resolve(import.meta.dirname, '..');
const RUNTIME_SOURCE = join(ROOT, 'layers/runtime/src');
/** Where Node finds the package once Lambda has unpacked the layer into /opt. */
const RUNTIME_PATH = 'nodejs/node_modules/@shardbound/runtime';

/** Every function and the file that exports its `handler`. */
const FUNCTION_SOURCES = {
  'operation-create': 'functions/operation-service/operation-create.ts',
  'operation-get': 'functions/operation-service/operation-get.ts',
  'operation-update': 'functions/operation-service/operation-update.ts',
  'user-create': 'functions/user-service/user-create.ts',
  'user-create-response': 'functions/user-service/user-create-response.ts',
  'user-approve': 'functions/approval-service/user-approve.ts',
} as const;

export type FunctionName = keyof typeof FUNCTION_SOURCES;

export interface Artifacts {
  readonly layer: Artifact;
  readonly functions: ReadonlyMap<FunctionName, Artifact>;
}

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'silent',
};

/** Builds the layer and the six functions into zips in `directory`; the same sources give the same bytes. */
export async function bundle(directory: string): Promise<Artifacts> {
  await mkdir(directory, { recursive: true });
  const names = Object.keys(FUNCTION_SOURCES) as FunctionName[];
  const [layer, ...functions] = await Promise.all([
    writeArtifact(directory, 'runtime-layer.zip', await bundleRuntime()),
    ...names.map(async (name) => writeArtifact(directory, `${name}.zip`, await bundleFunction(name))),
  ]);
  return { layer, functions: new Map(names.map((name, index) => [name, present(functions[index])])) };
}

/** One readable file: what the Lambda console shows is what runs. The runtime stays outside, in its layer. */
async function bundleFunction(name: FunctionName): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles = [] } = await build({
    ...COMMON,
    entryPoints: [FUNCTION_SOURCES[name]],
    outfile: 'index.mjs',
    external: ['@shardbound/runtime/*'],
  });
  return new Map([['index.mjs', present(outputFiles[0]).contents]]);
}

/**
 * The runtime with everything it needs, the AWS SDK included: the copy in Lambda's managed runtime differs
 * from Region to Region and changes without notice. Code splitting lets a function load only the entry
 * points it imports, while what entry points share exists once.
 */
async function bundleRuntime(): Promise<ReadonlyMap<string, Uint8Array>> {
  const outdir = join(ROOT, 'dist');
  const { outputFiles = [] } = await build({
    ...COMMON,
    entryPoints: await runtimeEntryPoints(),
    outdir,
    splitting: true,
    chunkNames: 'chunks/[hash]',
    minify: true,
    mainFields: ['module', 'main'],
    // Bundled CommonJS still calls require for Node's own modules, and an ES module has none.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  });
  const inLayer = (file: OutputFile) => `${RUNTIME_PATH}/${relative(outdir, file.path)}`;
  const files = new Map(outputFiles.map((file) => [inLayer(file), file.contents]));
  files.set(`${RUNTIME_PATH}/package.json`, Buffer.from(RUNTIME_PACKAGE));
  return files;
}

const RUNTIME_PACKAGE = JSON.stringify({
  name: '@shardbound/runtime',
  type: 'module',
  exports: { './*': './*.js' },
});

async function runtimeEntryPoints(): Promise<string[]> {
  const names = await readdir(RUNTIME_SOURCE);
  return names
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(RUNTIME_SOURCE, basename(name)));
}

async function writeArtifact(
  directory: string,
  fileName: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Artifact> {
  const zip = zipFiles(files);
  await writeFile(join(directory, fileName), zip);
  return artifactOf(fileName, zip);
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('esbuild wrote no output');
  return value;
}
