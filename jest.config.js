import unit from './jest.unit.config.js';

/** All suites, on servers that they share. */
export default {
  ...unit,
  testPathIgnorePatterns: [],
  maxWorkers: 2,
  globalSetup: '<rootDir>/dist/apps/standalone/test/global-setup.js',
  globalTeardown: '<rootDir>/dist/apps/standalone/test/global-teardown.js',
};
