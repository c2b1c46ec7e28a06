import { Command, InvalidArgumentError, Option } from 'commander';
import { parseCommandLine, UsageError } from '../local/command-line.ts';
import { formatDuration, parseDuration } from './duration.ts';
import {
  CONNECTIONS_DEFAULT,
  CONNECTIONS_MAX,
  DURATION_MAX_MS,
  RATE_MAX_PER_S,
  SETTLE_TIMEOUT_MAX_MS,
  USERS_MAX,
} from './limits.ts';
import type { Arrivals } from './schedule.ts';

/** What was asked for on the command line. */
export interface LoadOptions {
  readonly ratePerS: number;
  readonly durationMs: number;
  readonly url: URL;
  readonly arrivals: Arrivals;
  readonly seed: number;
  readonly settleTimeoutMs: number;
  /** Poll one operation in this many; 0 is none. */
  readonly sample: number;
  readonly connections: number;
  readonly idempotencyKey: boolean;
}

/** Reads the arguments after the script's name; the help text instead when that was asked for. UsageError otherwise. */
export function parseOptions(args: readonly string[]): LoadOptions | { readonly help: string } {
  const parsed = parseCommandLine<CommandLine>(loadCommand, args);
  if ('help' in parsed) return parsed;
  const { rate, duration, settleTimeout, ...rest } = parsed.options;
  if ((rate * duration) / 1_000 > USERS_MAX) {
    throw new UsageError(`--rate times --duration must not exceed ${USERS_MAX} users; lower one of them`);
  }
  return { ...rest, ratePerS: rate, durationMs: duration, settleTimeoutMs: settleTimeout };
}

type CommandLine = Omit<LoadOptions, 'ratePerS' | 'durationMs' | 'settleTimeoutMs'> & {
  readonly rate: number;
  readonly duration: number;
  readonly settleTimeout: number;
};

function loadCommand(): Command {
  const option = (flags: string, description: string) => new Option(flags, description);
  return new Command('npm run load --')
    .description(
      'Offers users to the pipeline at a fixed rate, whether or not it keeps up, and says how it went.',
    )
    .addOption(
      option('--rate <users per second>', 'how many users are offered each second')
        .argParser(numberBetween(0.01, RATE_MAX_PER_S))
        .default(100),
    )
    .addOption(
      option('--duration <time>', 'how long, such as 500ms, 10s or 2m')
        .argParser(durationBetween(1, DURATION_MAX_MS))
        .default(10_000, '10s'),
    )
    .addOption(
      option('--url <url>', 'the API')
        .argParser(httpUrl)
        .default(new URL('http://127.0.0.1:3000'), 'http://127.0.0.1:3000'),
    )
    .addOption(
      option('--arrivals <kind>', 'evenly spaced, or random as independent clients are')
        .choices(['even', 'poisson'])
        .default('even'),
    )
    .addOption(
      option('--seed <n>', 'of poisson arrivals: the same seed is the same schedule')
        .argParser(integerBetween(0, 2 ** 31 - 1))
        .default(1),
    )
    .addOption(
      option('--settle-timeout <time>', 'how long after the flood everything accepted may take to settle')
        .argParser(durationBetween(0, SETTLE_TIMEOUT_MAX_MS))
        .default(60_000, '60s'),
    )
    .addOption(
      option('--sample <n>', 'poll one operation in n as a client does, 0 for none')
        .argParser(integerBetween(0, USERS_MAX))
        .default(20),
    )
    .addOption(
      option('--connections <n>', 'most connections for POSTs')
        .argParser(integerBetween(1, CONNECTIONS_MAX))
        .default(CONNECTIONS_DEFAULT),
    )
    .addOption(
      // Off by default: the flood never retries, so a key would only add its own write to what is measured.
      option('--idempotency-key', 'send an Idempotency-Key with each POST (one more write per user)').default(
        false,
      ),
    )
    .addHelpText('after', `\n${AFTER_HELP}`);
}

const AFTER_HELP = `Ends with 0 when everything accepted settled, 1 when something did not, 2 when it could not
start, 130 when interrupted (Ctrl-C prints what is known by then).`;

function numberBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a number from ${min} to ${max}`);
  };
}

function integerBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}`);
  };
}

function durationBetween(minMs: number, maxMs: number): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
    throw new InvalidArgumentError(
      `Give a time with its unit, such as 500ms, 10s or 2m, from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
    );
  };
}

function httpUrl(text: string): URL {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '' && url.hash === '') {
    return url;
  }
  throw new InvalidArgumentError('Give the URL of the API, such as http://127.0.0.1:3000');
}
