import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from './context.ts';
import { RuntimeError } from './error-payload.ts';

export type Handler = (event: unknown, context: Context) => unknown;

const EXTENSIONS = ['', '.js', '.mjs', '.cjs'];
/** A handler that declares so many parameters asks for the callback that nodejs24.x no longer passes. */
const PARAMETERS_WITH_CALLBACK = 3;

/** Imports `<directory/>file.export<.nested>` below `taskRoot`; throws a RuntimeError, or what the module threw. */
export async function loadHandler(taskRoot: string, name: string): Promise<Handler> {
  const { file, exportPath } = parseHandlerName(name);
  const handler = exportOf(await importModule(path.join(taskRoot, file)), exportPath);
  if (handler === undefined || handler === null) {
    throw new RuntimeError('HandlerNotFound', `${name} is undefined or not exported`);
  }
  if (!isHandler(handler)) throw new RuntimeError('HandlerNotFound', `${name} is not a function`);
  if (handler.length >= PARAMETERS_WITH_CALLBACK) {
    throw new RuntimeError(
      'CallbackHandlerDeprecated',
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ' +
        'Make the handler async, or return its result.',
    );
  }
  return handler;
}

function parseHandlerName(name: string): { file: string; exportPath: string[] } {
  const directory = path.dirname(name);
  const [module, ...exportPath] = path.basename(name).split('.');
  if (name.includes('..') || !module || exportPath.length === 0 || exportPath.includes('')) {
    throw new RuntimeError('MalformedHandlerName', `'${name}' is not a valid handler name`);
  }
  return { file: path.join(directory, module), exportPath };
}

async function importModule(pathWithoutExtension: string): Promise<unknown> {
  const file = EXTENSIONS.map((extension) => pathWithoutExtension + extension).find(isFile);
  if (!file) {
    const module = path.basename(pathWithoutExtension);
    throw new RuntimeError('ImportModuleError', `Error: Cannot find module '${module}'`);
  }
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new RuntimeError('UserCodeSyntaxError', String(error), { cause: error });
    }
    if (isModuleNotFound(error)) throw new RuntimeError('ImportModuleError', String(error), { cause: error });
    throw error;
  }
}

const isFile = (file: string): boolean => existsSync(file) && statSync(file).isFile();

function isModuleNotFound(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND';
}

/** A CommonJS module shows all of its exports only under `default`. */
function exportOf(module: unknown, exportPath: readonly string[]): unknown {
  return valueAt(module, exportPath) ?? valueAt(module, ['default', ...exportPath]);
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}
