/** `npm run load`: floods the API and reports. Progress goes to standard error, the report to standard output. */
import { randomBytes } from 'node:crypto';
import { UsageError } from '../local/command-line.ts';
import { HttpApi } from './api.ts';
import { monotonicClock } from './clock.ts';
import { formatDuration } from './duration.ts';
import { type LoadOptions, parseOptions } from './options.ts';
import { reportText } from './report.ts';
import { exitCode } from './result.ts';
import { runLoad } from './run.ts';

/** A well-formed id that no operation has: version 7, made in the first millisecond of 1970. */
const UNKNOWN_OPERATION = '00000000-0000-7000-8000-000000000000';

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2));
  if ('help' in parsed) {
    process.stdout.write(parsed.help);
    return 0;
  }
  const interruption = new AbortController();
  // Again and again: npm passes on the Ctrl-C that the terminal has sent already.
  process.on('SIGINT', () => interruption.abort());
  const api = new HttpApi(parsed.url, parsed.connections);
  try {
    await probe(api, parsed, interruption.signal);
    if (interruption.signal.aborted) return 130;
    const run = randomBytes(4).toString('hex');
    const { ratePerS, durationMs, url } = parsed;
    process.stderr.write(
      `run ${run}: ${ratePerS} users/s for ${formatDuration(durationMs)} at ${url.href} (Ctrl-C ends it)\n`,
    );
    const result = await runLoad(parsed, {
      api,
      clock: monotonicClock,
      run,
      progress: process.stderr,
      signal: interruption.signal,
    });
    process.stdout.write(`\n${reportText(result)}\n`);
    return exitCode(result);
  } finally {
    await api.close();
  }
}

/** An API that can be flooded says 404 to an operation that nobody made. */
async function probe(api: HttpApi, { url }: LoadOptions, signal: AbortSignal): Promise<void> {
  const answer = await api.getOperation(UNKNOWN_OPERATION, signal);
  if (answer.kind === 'missing' || signal.aborted) return;
  const what = 'reason' in answer ? answer.reason : 'an operation';
  throw new UsageError(
    `${url.href} does not answer as the API should (${what}); start it with npm start, or name it with --url`,
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`load: ${error.message}\n`);
  process.exitCode = 2;
}
