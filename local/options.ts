import { Command, InvalidArgumentError, Option } from 'commander';
import { parseCommandLine } from './command-line.ts';
import type { Isolation } from './lambda/lambda.ts';

/** What was asked for on the command line. Port 0 is any free port. */
export interface StartOptions {
  readonly port: number;
  readonly consolePort: number;
  readonly awsPort: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly isolation: Isolation;
  /** A Terraform JSON to boot instead of the pipeline's own. */
  readonly stack?: string;
}

/** Reads the arguments after the script's name; the help text instead when that was asked for. UsageError otherwise. */
export function parseOptions(args: readonly string[]): StartOptions | { readonly help: string } {
  const parsed = parseCommandLine<StartOptions & { var: StartOptions['variables'] }>(startCommand, args);
  if ('help' in parsed) return parsed;
  const { var: variables, ...options } = parsed.options;
  return { ...options, variables };
}

function startCommand(): Command {
  return new Command('npm start --')
    .description('Bundles and synthesizes the pipeline and runs it on this machine, from its Terraform JSON.')
    .addOption(new Option('--port <n>', 'of the API').argParser(port).default(3000))
    .addOption(new Option('--console-port <n>', 'of the console and /metrics').argParser(port).default(3001))
    .addOption(new Option('--aws-port <n>', 'of the AWS endpoint').argParser(port).default(4566))
    .addOption(
      new Option('--var <name=value>', 'a Terraform variable, as terraform apply -var takes it; repeatable')
        .argParser(variable)
        .default({}, 'see infra/variables.ts'),
    )
    .addOption(
      new Option('--isolation <kind>', 'a worker thread for each function, or for each execution environment')
        .choices(['function', 'environment'])
        .default('function'),
    )
    .addOption(new Option('--stack <file>', "boot this Terraform JSON instead of the pipeline's own"))
    .addHelpText('after', '\nTF_VAR_name in the environment sets a variable too. Ctrl-C stops everything.');
}

function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 65_535) return value;
  throw new InvalidArgumentError('Give a port from 0 to 65535');
}

function variable(text: string, earlier: Readonly<Record<string, string>>): Record<string, string> {
  const separator = text.indexOf('=');
  if (separator < 1) throw new InvalidArgumentError('Write it as name=value');
  return { ...earlier, [text.slice(0, separator)]: text.slice(separator + 1) };
}
