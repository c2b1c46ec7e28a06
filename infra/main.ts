import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { App } from 'cdktn';
import { bundle } from './bundle.ts';
import { ShardboundStack } from './stack.ts';

const USAGE = `Usage: npm run synth -- [--out <dir>]

Bundles the layer and the functions and writes the stack as Terraform JSON:
<dir>/stacks/shardbound/cdk.tf.json, with the zips beside it.

  --out <dir>  where to write (default: cdktf.out in this repository)
  --help       show this
`;

const DEFAULT_OUT = resolve(import.meta.dirname, '../cdktf.out');

/** Exit codes: 0 done, 1 the stack could not be built, 2 the command line is wrong. */
async function main(argv: string[]): Promise<number> {
  let options: { out?: string; help?: boolean };
  try {
    options = parseArgs({
      args: argv,
      options: { out: { type: 'string' }, help: { type: 'boolean' } },
    }).values;
  } catch (error) {
    console.error(`synth: ${firstLine(error)} (--help shows the options)`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const out = resolve(options.out ?? DEFAULT_OUT);
  try {
    await synthesize(out);
  } catch (error) {
    console.error(`synth: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  console.log(`Wrote ${join(out, 'stacks/shardbound/cdk.tf.json')}`);
  return 0;
}

async function synthesize(out: string): Promise<void> {
  const artifacts = await bundle(join(out, 'stacks/shardbound'));
  // Stack traces would put the paths of this machine into the JSON.
  const app = new App({ outdir: out, stackTraces: false });
  new ShardboundStack(app, artifacts);
  app.synth();
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/[.\n]/, 1)[0] ?? message;
}

process.exitCode = await main(process.argv.slice(2));
