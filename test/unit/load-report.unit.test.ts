import { describe, expect, test } from '@jest/globals';
import { Latencies } from '../../load/latencies.ts';
import { REASONS_MAX } from '../../load/limits.ts';
import { floodLine, settleLine, showProgress } from '../../load/progress.ts';
import { reportText } from '../../load/report.ts';
import { exitCode, type Result, toResult } from '../../load/result.ts';
import { Reasons, Tally } from '../../load/tally.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

/** The result of a run of 1,200 users, all accepted and completed unless `happen` adds to it. */
function resultOf(happen: (tally: Tally) => void = () => undefined, about: Partial<Result> = {}): Result {
  const tally = new Tally();
  for (let n = 0; n < 1_200; n += 1) {
    tally.offered += 1;
    tally.accepted += 1;
    tally.startLag.record(1);
    tally.acceptLatency.record(n < 1_150 ? 4 : 80);
    tally.conclude({ kind: 'completed', settlingMs: 150 });
  }
  happen(tally);
  return {
    ...toResult(tally, {
      run: '0f3a9c1d',
      options: {
        ratePerS: 120,
        durationMs: 10_000,
        url: new URL('http://127.0.0.1:3000'),
        arrivals: 'even',
        seed: 1,
        settleTimeoutMs: 60_000,
        sample: 20,
        connections: 1_000,
        idempotencyKey: false,
      },
      sampledOneIn: 20,
      offeredForMs: 10_000,
      interrupted: false,
    }),
    ...about,
  };
}

const accept = (tally: Tally, ...answers: Parameters<Tally['conclude']>[0][]) => {
  for (const answer of answers) {
    tally.offered += 1;
    tally.accepted += 1;
    tally.conclude(answer);
  }
};
const refuse = (tally: Tally) => {
  tally.offered += 3;
  tally.rejected.add('429');
  tally.rejected.add('429');
  tally.errors.add('ECONNRESET');
};

describe('the report', () => {
  test('of a run that kept up, whole', () => {
    expect(`\n${reportText(resultOf())}\n`).toBe(`
run 0f3a9c1d: 120 users/s for 10 s, even arrivals, at http://127.0.0.1:3000/

offered                                1,200   120.0/s over 10 s
accepted                               1,200
completed                              1,200
failed                                     0
pending                                    0
rejected                                   0
errors                                     0

latency, ms                            count       p50       p90       p95       p99       max
accepted (POST answered)               1,200       4.0       4.0       4.0      80.0      80.0
settled (first to last step)           1,200     150.0     150.0     150.0     150.0     150.0
seen settled (1 in 20 polls)               0         -         -         -         -         -

everything accepted settled
`);
  });

  test('names the reasons, by count', () => {
    const text = reportText(
      resultOf((tally) => {
        refuse(tally);
        accept(tally, { kind: 'failed', reason: 'E-mail taken' }, { kind: 'failed', reason: 'E-mail taken' });
        accept(tally, { kind: 'failed', reason: 'Not approved' });
      }),
    );
    expect(text).toMatch(/^rejected +2 {3}429: 2$/m);
    expect(text).toMatch(/^errors +1 {3}ECONNRESET: 1$/m);
    expect(text).toMatch(/^failed because\n {2}E-mail taken +2\n {2}Not approved +1$/m);
  });

  test('says when the generator itself was late', () => {
    const late = resultOf((tally) => {
      for (let n = 0; n < 100; n += 1) tally.startLag.record(250);
    });
    expect(reportText(late)).toMatch(/the generator itself sent requests up to 250 ms late \(p99\)/);
    expect(reportText(resultOf())).not.toMatch(/generator/);
  });

  const pending = { kind: 'pending', retryAfterMs: 1_000 } as const;
  const unanswered = { kind: 'unanswered', reason: '503', retryAfterMs: 1_000 } as const;
  const missing = { kind: 'missing', reason: 'GET answered 404' } as const;
  const elsewhere = { options: { ...resultOf().options, url: new URL('https://api.example.com') } };

  test.each([
    [
      'failed is settled',
      resultOf((t) => accept(t, { kind: 'failed', reason: 'x' })),
      0,
      /^everything accepted settled/,
    ],
    ['rejected is told', resultOf(refuse), 0, /settled, but 3 of 1,203 were not accepted: mostly 429$/],
    [
      'one pending',
      resultOf((t) => accept(t, pending)),
      1,
      /^1 operation is still pending after 1 min: look at http:\/\/127\.0\.0\.1:3001$/,
    ],
    ['many pending', resultOf((t) => accept(t, pending, pending)), 1, /^2 operations are still pending/],
    ['pending elsewhere', resultOf((t) => accept(t, pending), elsewhere), 1, /look at the iterator age/],
    ['unverified', resultOf((t) => accept(t, unanswered, undefined)), 1, /^2 operations are unverified/],
    [
      'wrong',
      resultOf((t) => accept(t, pending, missing)),
      1,
      /^1 operation is accepted but cannot be followed/,
    ],
    ['interrupted', resultOf((t) => accept(t, undefined), { interrupted: true }), 130, /^interrupted/],
  ])('%s: the exit code and the sentence to act on', (_, result, code, sentence) => {
    expect(exitCode(result)).toBe(code);
    expect(reportText(result).split('\n').at(-1)).toMatch(sentence);
  });

  test('of a run in which nothing was accepted', () => {
    const tally = new Tally();
    refuse(tally);
    const { options } = resultOf();
    const about = { run: 'r', options, sampledOneIn: 0, offeredForMs: 10_000, interrupted: false };
    expect(reportText(toResult(tally, about))).toMatch(/nothing was accepted: mostly 429$/);
  });
});

describe('latencies', () => {
  test('are kept to three digits from microseconds to an hour', () => {
    for (const ms of [0.005, 1.23, 49.8, 3_600_000]) {
      const latencies = new Latencies();
      latencies.record(ms);
      expect(Math.abs(latencies.percentiles().p50Ms - ms)).toBeLessThanOrEqual(ms / 1_000);
    }
  });

  test('no percentile is above the maximum, and a negative latency is none', () => {
    const latencies = new Latencies();
    for (const ms of [-5, 1_026.3, 1_026.31]) latencies.record(ms);
    const { count, p99Ms, maxMs } = latencies.percentiles();
    expect(count).toBe(3);
    expect(p99Ms).toBeLessThanOrEqual(maxMs);
  });
});

test('reasons are counted apart up to a limit, and never lost', () => {
  const reasons = new Reasons();
  for (let n = 0; n < REASONS_MAX + 5; n += 1) reasons.add(`reason ${n}`);
  reasons.add('reason 0');
  expect(reasons.list()).toHaveLength(REASONS_MAX + 1);
  expect(reasons.list().slice(0, 2)).toEqual([
    { reason: 'other', count: 5 },
    { reason: 'reason 0', count: 2 },
  ]);
  expect(reasons.total).toBe(REASONS_MAX + 6);
});

describe('progress', () => {
  const tally = new Tally();
  tally.offered = 1_803;
  tally.accepted = 1_795;
  tally.completed = 78;
  tally.failed = 2;
  for (let n = 0; n < 5; n += 1) tally.rejected.add('429');

  test('during the flood and after it', () => {
    expect(floodLine(tally, 90, 12_000)).toBe(
      '12 s left  offered 1,803  accepted 1,795  settled 80 of 90 sampled  in flight 3  rejected 5',
    );
    expect(floodLine(tally, 90, -1)).toMatch(/^waiting for the last answers {2}/);
    expect(settleLine(tally, 59_000)).toBe(
      '59 s left at most  settled 80 of 1,795 accepted  offered 1,803  rejected 5',
    );
  });

  async function shown(isTTY: boolean, forMs: number): Promise<string[]> {
    const clock = new VirtualClock(0);
    const over = new AbortController();
    const written: string[] = [];
    const stream = { isTTY, columns: 10, write: (text: string) => written.push(text) };
    const done = showProgress(stream, clock, () => `at ${clock.now()} of it all`, over.signal);
    await clock.advance(forMs);
    over.abort();
    await done;
    return written;
  }

  test('rewrites one line of a terminal, cut to its width, and clears it at the end', async () => {
    const clear = '\r\x1b[2K';
    expect(await shown(true, 300)).toEqual([`${clear}at 0 of i`, `${clear}at 200 of`, clear]);
  });

  test('elsewhere is a plain line every five seconds', async () => {
    expect(await shown(false, 11_000)).toEqual(['at 5000 of it all\n', 'at 10000 of it all\n']);
  });
});
