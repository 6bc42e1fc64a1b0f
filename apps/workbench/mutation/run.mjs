// npm run mutate -- FOLDER [FILE …]: makes small mistakes in the sources of a folder, or in these files of it, one at a
// time, and runs the unit suites of the folder on each. Those that nobody noticed are listed.
import { Stryker } from '@stryker-mutator/core';
import unit from '../../../jest.unit.config.js';
import { isTried } from './suite-by-suite.mjs';

const SCORE = 85;

/** Of these folders only what its unit suites can run: the rest is run on servers, or by the simulation. */
const PURE = {
  'apps/gateway': '!(main|settings|gateway.module),{socket,feeds,commands,presence,in-mail}/!(command),socket-io/texts',
  'apps/query': 'in-turn,asyncapi/*,export/{exports,person-lines},log/{log-lines,readings},operations/rebuilds',
  'apps/standalone': 'chat-line,welcome,break-it/{faults,life}',
  'libs/event-store': 'event-headers,log-record,outcomes,people,revoked-tokens,subjects',
  'libs/http': 'health.controller',
  'libs/platform':
    '{connecting,fair-queue,http-errors,line-limit,logging,shutdown,tokens,webhook,word-filter}' +
    ',role,metrics/{lag-figures,metrics}',
  'libs/projections':
    '{timeline,directory,stats}/*,room-then/room-fold,live-update,projection' +
    ',engine/{lags,pauses,progress,replay,round,sharing,traced-round}',
  'libs/read-models': '!(index),memory/*',
  'libs/settings': 'config,rows/*',
};
const [folder, ...files] = process.argv.slice(2).map((path) => path.replace(/\/$/, ''));
if (!folder) {
  console.error('which folder? For example: npm run mutate -- libs/domain');
  process.exit(2);
}

const mutants = await new Stryker({
  mutate: files.length > 0 ? files : [`${folder}/src/${PURE[folder] ? `{,${PURE[folder]}}` : '**/*'}.ts`],
  ignorePatterns: ['/dist', '/.parley'],
  testRunner: 'jest-suite-by-suite',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  jest: {
    configFile: 'jest.unit.config.js',
    config: {
      testMatch: [`<rootDir>/${folder}/**/*.spec.ts`],
      testEnvironment: './apps/workbench/mutation/until-a-failure.mjs',
      // Of a mistake by which something never comes, each test of it waits as long.
      testTimeout: 10_000,
      moduleNameMapper: {
        ...unit.moduleNameMapper,
        '^fast-check$': '<rootDir>/apps/workbench/mutation/fast-check.mjs',
      },
    },
  },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // What a run leaves behind in Jest's contexts is never freed.
  maxTestRunnerReuse: 20,
  // Loops without end are counted out; this is for what waits without end, on a busy machine too.
  timeoutMS: 15_000,
  plugins: ['@stryker-mutator/jest-runner', './apps/workbench/mutation/plugins.mjs'],
  ignorers: ['expressions-of-sets', 'descriptions', 'names-of-loggers'],
  reporters: ['progress-append-only', 'unnoticed'],
  thresholds: { high: 100, low: SCORE, break: null },
  warnings: { slow: false },
}).runMutationTest();

const tried = mutants.filter(isTried);
const count = (...wanted) => tried.filter(({ status }) => wanted.includes(status)).length;
const noticed = count('Killed', 'Timeout');
const all = noticed + count('Survived', 'NoCoverage');
console.log(
  `${folder}: ${noticed} of ${all} mistakes noticed, ${((100 * noticed) / all).toFixed(1)} %; ${SCORE} % are wanted`,
);
if (noticed < (all * SCORE) / 100) process.exitCode = 1;
