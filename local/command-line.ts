import { type Command, CommanderError } from 'commander';

/** The command line cannot be run. The message is one line that says what to do. */
export class UsageError extends Error {}

/** Reads the arguments after the script's name by the command that `make` makes; the help text instead when asked for. */
export function parseCommandLine<Options extends object>(
  make: () => Command,
  args: readonly string[],
): { readonly options: Options } | { readonly help: string } {
  let help = '';
  const command = make()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        help += text;
      },
      writeErr: () => undefined,
    })
    .helpOption('--help', 'show this and end');
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { help };
    const oneLine = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    throw new UsageError(`${oneLine}; --help lists the options`, { cause: error });
  }
  return { options: command.opts<Options>() };
}
