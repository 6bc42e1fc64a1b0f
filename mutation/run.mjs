// npm run mutate -- FOLDER [FILE …]: makes small mistakes in the sources of a folder, or in these files of it, one at a
// time, and runs the unit suites of the folder on each. Those that nobody noticed are listed.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';

const SCORE = 85;

/** Of these folders only what its unit suites can run: the rest is run on servers, or by the simulation. */
const PURE = {
  'libs/event-store': 'chats,event-headers,log-record,log-unavailable,people,recently-used,subjects',
  'libs/projections': 'directory,projection,replay,room-changes,round,sharing,stats,timeline',
  'libs/read-models': '!(index),memory/*',
};
const [folder, ...files] = process.argv.slice(2).map((path) => path.replace(/\/$/, ''));
if (!folder) {
  console.error('which folder? For example: npm run mutate -- libs/domain');
  process.exit(2);
}

const mutants = await new Stryker({
  mutate: files.length > 0 ? files : [`${folder}/src/${PURE[folder] ? `{${PURE[folder]}}` : '**/*'}.ts`],
  ignorePatterns: ['/dist', '/docs', '/deploy', '/.parley'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  jest: {
    configFile: 'jest.unit.config.js',
    config: { testMatch: [`<rootDir>/${folder}/**/*.spec.ts`] },
    enableFindRelatedTests: false,
  },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // Loops without end are counted out; this is for what waits without end, on a busy machine too.
  timeoutMS: 60_000,
  plugins: ['@stryker-mutator/jest-runner', './mutation/ignored.mjs'],
  ignorers: ['expressions-of-sets'],
  reporters: ['progress-append-only'],
  thresholds: { high: 100, low: SCORE, break: SCORE },
  warnings: { slow: false },
}).runMutationTest();

const inOneLine = (text) => text.replace(/\s+/g, ' ').slice(0, 100);

function before({ fileName, location: { start, end } }) {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.join('\n');
}

const counts = {};
for (const { status } of mutants) counts[status] = (counts[status] ?? 0) + 1;
const unnoticed = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
for (const mutant of unnoticed) {
  const { fileName, location, replacement, status } = mutant;
  const never = status === 'NoCoverage' ? '  (never run)' : '';
  console.log(
    `${relative('.', fileName)}:${location.start.line}  ${inOneLine(before(mutant))}  →  ${inOneLine(replacement)}${never}`,
  );
}
const noticed = (counts.Killed ?? 0) + (counts.Timeout ?? 0);
const score = (100 * noticed) / (noticed + unnoticed.length);
console.log(
  `${folder}: ${noticed} of ${noticed + unnoticed.length} mistakes noticed, ${score.toFixed(1)} %; ${SCORE} % are wanted`,
);
