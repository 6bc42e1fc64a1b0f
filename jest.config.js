import unit from './jest.unit.config.js';

/** All suites, on servers that they share. */
export default {
  ...unit,
  testPathIgnorePatterns: [],
  // Servers and processes take their time to start where the machine is busy with other suites. No test promises less:
  // what is to be done within a time is measured by the test.
  testTimeout: 120_000,
  maxWorkers: 2,
  // Each suite leaves something of its modules behind: a worker that has run some dozens is begun anew, before collecting
  // its garbage keeps suites waiting for seconds. jest asks after each suite, and may have to begin the next one again.
  workerIdleMemoryLimit: '1GB',
  testSequencer: '<rootDir>/jest.sequencer.cjs',
  globalSetup: '<rootDir>/dist/apps/workbench/test/global-setup.js',
  globalTeardown: '<rootDir>/dist/apps/workbench/test/global-teardown.js',
};
