import { expect, test } from '@jest/globals';
import { runSynth } from './synthesized.ts';

test('--help shows the options', async () => {
  const { code, stdout } = await runSynth(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('--out <dir>');
});

test.each([[['--oout', 'x']], [['--out']], [['x']]])(
  '%j is refused in one line with exit code 2',
  async (args) => {
    const { code, stdout, stderr } = await runSynth(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^synth: .+\(--help shows the options\)\n$/);
  },
);

test('a folder that cannot be written is an error in one line with exit code 1', async () => {
  const { code, stderr } = await runSynth(['--out', '/dev/null/x']);
  expect(code).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
