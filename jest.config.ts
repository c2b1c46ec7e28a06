import type { Config } from 'jest';

const config: Config = {
  testMatch: ['<rootDir>/test/**/*.(unit|contract|infra|e2e|faults|browser).test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  setupFiles: ['<rootDir>/test/helpers/environment.ts'],
  testTimeout: 30_000,
  maxWorkers: 2,
};

export default config;
