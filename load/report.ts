import { formatDuration } from './duration.ts';
import type { Percentiles } from './latencies.ts';
import { START_LAG_NOTICE_MS } from './limits.ts';
import { type Result, total } from './result.ts';
import type { ReasonCount } from './tally.ts';

const LABEL_WIDTH = 34;
const NUMBER_WIDTH = 10;

/** The final table and what to make of it, as text. */
export function reportText(result: Result): string {
  return [
    [heading(result)],
    counts(result),
    failures(result),
    latencies(result),
    [...startLagNotice(result), closingSentence(result)],
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function heading({ run, options }: Result): string {
  const { arrivals, ratePerS, durationMs, seed, url } = options;
  const pace = arrivals === 'even' ? 'even arrivals' : `Poisson arrivals of seed ${seed}`;
  return `run ${run}: ${count(ratePerS)} users/s for ${formatDuration(durationMs)}, ${pace}, at ${url.href}`;
}

function counts(result: Result): string[] {
  const perS = (result.offered / result.offeredForMs) * 1_000;
  const rows: [string, number, string][] = [
    ['offered', result.offered, `${perS.toFixed(1)}/s over ${formatDuration(result.offeredForMs)}`],
    ['accepted', result.accepted, ''],
    ['completed', result.completed, ''],
    ['failed', result.failed, ''],
    ['pending', result.pending, ''],
    ['rejected', total(result.rejected), byReason(result.rejected)],
    ['errors', total(result.errors), byReason(result.errors)],
  ];
  // Told only when there is something to tell: in a sound run nobody needs to learn what they mean.
  if (result.unverified > 0) {
    const why = result.interrupted
      ? 'accepted, and not looked at any more'
      : 'accepted, and then no answer about it';
    rows.push(['unverified', result.unverified, why]);
  }
  if (result.wrong.length > 0) rows.push(['wrong', total(result.wrong), byReason(result.wrong)]);
  return rows.map(([label, n, note]) =>
    `${label.padEnd(LABEL_WIDTH)}${count(n).padStart(NUMBER_WIDTH)}   ${note}`.trimEnd(),
  );
}

function failures({ failedReasons }: Result): string[] {
  if (failedReasons.length === 0) return [];
  const rows = failedReasons.map(
    ({ reason, count: n }) => `${`  ${reason}`.padEnd(LABEL_WIDTH)}${count(n).padStart(NUMBER_WIDTH)}`,
  );
  return ['failed because', ...rows];
}

function latencies(result: Result): string[] {
  const columns = ['count', 'p50', 'p90', 'p95', 'p99', 'max'];
  const seen = result.sampledOneIn === 0 ? 'none polls' : `1 in ${count(result.sampledOneIn)} polls`;
  return [
    'latency, ms'.padEnd(LABEL_WIDTH) + columns.map((name) => name.padStart(NUMBER_WIDTH)).join(''),
    latencyRow('accepted (POST answered)', result.acceptLatency),
    latencyRow('settled (first to last step)', result.settling),
    latencyRow(`seen settled (${seen})`, result.seenSettled),
  ];
}

function latencyRow(label: string, latency: Percentiles): string {
  const values = [latency.p50Ms, latency.p90Ms, latency.p95Ms, latency.p99Ms, latency.maxMs];
  const cells = latency.count === 0 ? values.map(() => '-') : values.map((ms) => ms.toFixed(1));
  return (
    label.padEnd(LABEL_WIDTH) + [count(latency.count), ...cells].map((s) => s.padStart(NUMBER_WIDTH)).join('')
  );
}

function startLagNotice({ startLag }: Result): string[] {
  if (startLag.p99Ms < START_LAG_NOTICE_MS) return [];
  const lateMs = startLag.p99Ms.toFixed(0);
  return [
    `the generator itself sent requests up to ${lateMs} ms late (p99), which the latencies include: this machine is busy`,
  ];
}

/** One sentence that says how it went and what to do next. */
function closingSentence(result: Result): string {
  const { accepted, offered, pending, unverified } = result;
  const wrong = total(result.wrong);
  if (result.interrupted) return 'interrupted: the numbers are as far as they were known by then';
  if (wrong > 0) return `${operations(wrong)} accepted but cannot be followed: the API breaks its contract`;
  if (pending > 0) {
    const timeout = formatDuration(result.options.settleTimeoutMs);
    return `${operations(pending)} still pending after ${timeout}: look at ${whereToLook(result)}`;
  }
  if (unverified > 0) return `${operations(unverified)} unverified: the API stopped answering, see its log`;
  if (accepted === 0)
    return `nothing was accepted: ${offered === 0 ? 'nothing was offered' : mainRefusal(result)}`;
  const refused = offered - accepted;
  if (refused > 0) {
    return `everything accepted settled, but ${count(refused)} of ${count(offered)} were not accepted: ${mainRefusal(result)}`;
  }
  return 'everything accepted settled';
}

function operations(n: number): string {
  return n === 1 ? '1 operation is' : `${count(n)} operations are`;
}

function mainRefusal({ rejected, errors }: Result): string {
  const [most] = [...rejected, ...errors].sort((a, b) => b.count - a.count);
  return most ? `mostly ${most.reason}` : 'no reason known';
}

/** The console of a local cloud at its default port; a deployed API has none. */
function whereToLook({ options }: Result): string {
  const { hostname } = options.url;
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
    ? 'http://127.0.0.1:3001'
    : "the iterator age of the pipeline's streams and its failure bucket";
}

function byReason(reasons: readonly ReasonCount[]): string {
  return reasons.map(({ reason, count: n }) => `${reason}: ${count(n)}`).join(', ');
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
