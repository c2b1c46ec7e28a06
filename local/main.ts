/** `npm start`: bundles, synthesizes and boots the pipeline on this machine, and stops it on Ctrl-C. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Cloud, startCloud } from './cloud.ts';
import { UsageError } from './command-line.ts';
import { parseOptions, type StartOptions } from './options.ts';
import { TerraformError } from './terraform/terraform-error.ts';

const SYNTH = fileURLToPath(new URL('../infra/main.ts', import.meta.url));
const STACK = fileURLToPath(new URL('../cdktf.out/stacks/shardbound/cdk.tf.json', import.meta.url));

async function main(): Promise<void> {
  const parsed = parseOptions(process.argv.slice(2));
  if ('help' in parsed) {
    process.stdout.write(parsed.help);
    return;
  }
  const startedAtMs = performance.now();
  const interrupted = interruption();
  if (parsed.stack === undefined) await synthesize();
  const cloud = await boot(parsed);
  process.stdout.write(greeting(cloud, (performance.now() - startedAtMs) / 1_000));
  await interrupted;
  process.stdout.write('\nStopping …\n');
  await cloud.stop();
  process.stdout.write('Stopped.\n');
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = () => {
      count += 1;
      // npm passes on the Ctrl-C that the terminal has sent already, so the second of three may be the same one.
      if (count > 2) process.exit(130);
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

/** In a process of its own: the local cloud knows the pipeline by the JSON alone. */
async function synthesize(): Promise<void> {
  process.stdout.write('Bundling and synthesizing …\n');
  const child = spawn(process.execPath, [SYNTH], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new UsageError('the stack could not be synthesized; npm run synth says why');
}

async function boot({ port, consolePort, awsPort, variables, isolation, stack = STACK }: StartOptions) {
  try {
    return await startCloud({
      stack,
      variables,
      environment: process.env,
      isolation,
      ports: { api: port, console: consolePort, aws: awsPort },
      log: (source, line) => process.stdout.write(`[${source}] ${line}\n`),
    });
  } catch (error) {
    if (error instanceof TerraformError) throw new UsageError(error.message, { cause: error });
    if (isBusyPort(error)) {
      const advice = 'stop what uses it, or choose others with --port, --console-port and --aws-port';
      throw new UsageError(`port ${error.port} is in use: ${advice}`, { cause: error });
    }
    throw error;
  }
}

function isBusyPort(error: unknown): error is Error & { port: number } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function greeting({ urls, stack }: Cloud, seconds: number): string {
  const shards = stack.streams.reduce((sum, { shardCount }) => sum + shardCount, 0);
  return `
Ready after ${seconds.toFixed(1)} s: ${stack.functions.length} functions, ${stack.streams.length} streams with ${shards} shards.

  API           ${urls.api}
  console       ${urls.console}   (/metrics for Prometheus)
  AWS endpoint  ${urls.aws}   (any credentials; e.g. aws --endpoint-url ${urls.aws} kinesis list-streams)

Try:

  curl -i ${urls.api}/users -H 'content-type: application/json' -d '{"name":"Ada Lovelace","email":"ada@example.com"}'

then curl the Location it answers with. Ctrl-C stops everything.

`;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`start: ${error.message}\n`);
  process.exitCode = 2;
}
