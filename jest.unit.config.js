/** The unit suites: no servers, no processes, seconds. `.int`, `.e2e` and `.sim` suites are named by what they need. */
export default {
  testMatch: ['<rootDir>/{apps,libs}/**/*.spec.ts'],
  testPathIgnorePatterns: ['\\.(int|e2e|sim)\\.spec\\.ts$'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
  resolver: '<rootDir>/jest.resolver.cjs',
  moduleNameMapper: {
    '^#client$': '<rootDir>/libs/client/src/node.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testTimeout: 20_000,
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/libs/client/dist/', '<rootDir>/.stryker-tmp/'],
  // More than there are cores, as a rule: many suites wait for something now and then.
  maxWorkers: 4,
};
