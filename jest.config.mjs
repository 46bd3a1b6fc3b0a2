import { availableParallelism } from 'node:os';

/**
 * Jest runs the TypeScript sources as native ES modules; `tsc --noEmit` is what checks their types. Many tests wait more
 * than they compute, so there are more workers than cores.
 */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } } }],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  testTimeout: 30_000,
  maxWorkers: 2 * availableParallelism(),
};
