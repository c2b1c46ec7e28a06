import { describe, expect, test } from '@jest/globals';
import { formatDuration, parseDuration } from '../../load/duration.ts';
import { parseOptions } from '../../load/options.ts';
import { UsageError } from '../../local/command-line.ts';

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(['', '10', 's', '-1s', '1 s', '1d', '1e3s', '10s10s', 'Infinitys'])('%p is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each([
    [4, '4 ms'],
    [7_540, '7.5 s'],
    [42_000, '42 s'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [5_400_000, '1 h 30 min'],
  ])('%d ms reads %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('the command line', () => {
  test('has defaults that aim at the local cloud', () => {
    expect(parseOptions([])).toEqual({
      ratePerS: 100,
      durationMs: 10_000,
      url: new URL('http://127.0.0.1:3000'),
      arrivals: 'even',
      seed: 1,
      settleTimeoutMs: 60_000,
      sample: 20,
      connections: 1_000,
      idempotencyKey: false,
    });
  });

  test('takes every option', () => {
    const args =
      '--rate 2.5 --duration 2m --url https://api.example.com/prod --arrivals poisson --seed 7 ' +
      '--settle-timeout 500ms --sample 0 --connections 3 --idempotency-key';
    expect(parseOptions(args.split(' '))).toEqual({
      ratePerS: 2.5,
      durationMs: 120_000,
      url: new URL('https://api.example.com/prod'),
      arrivals: 'poisson',
      seed: 7,
      settleTimeoutMs: 500,
      sample: 0,
      connections: 3,
      idempotencyKey: true,
    });
  });

  test.each([
    ['--rat 5', /unknown option '--rat'/],
    ['--rate', /argument missing/],
    ['--rate many', /a number from 0\.01 to 100000/],
    ['--rate 0', /a number from/],
    ['--rate -5', /a number from/],
    ['--rate 1e9', /a number from/],
    ['--duration 10', /a time with its unit, such as 500ms, 10s or 2m, from 1 ms to 24 h/],
    ['--duration 25h', /from 1 ms to 24 h/],
    ['--url ftp://127.0.0.1', /the URL of the API, such as http/],
    ['--url 127.0.0.1:3000', /the URL of the API, such as http/],
    ['--url http://me@127.0.0.1', /the URL of the API, such as http/],
    ['--arrivals weekly', /even, poisson/],
    ['--seed 0.5', /a whole number/],
    ['--sample -1', /a whole number/],
    ['--rate 100000 --duration 1h', /must not exceed 2000000 users; lower one of them/],
    ['--rate 5 please', /too many arguments/],
  ])('%s is refused in one line that says what to do', (line, expected) => {
    const parse = () => parseOptions(line.split(' '));
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(expected);
    expect(parse).not.toThrow(/\n/);
  });

  test('--help is the whole help, with the exit codes', () => {
    const parsed = parseOptions(['--help']);
    expect(parsed).toHaveProperty(
      'help',
      expect.stringMatching(/--settle-timeout[\s\S]*130 when interrupted/),
    );
  });
});
