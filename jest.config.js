import unit from './jest.unit.config.js';

/** All suites, on servers that they share. */
export default {
  ...unit,
  testPathIgnorePatterns: [],
  maxWorkers: 2,
  globalSetup: '<rootDir>/dist/apps/workbench/test/global-setup.js',
  globalTeardown: '<rootDir>/dist/apps/workbench/test/global-teardown.js',
};
