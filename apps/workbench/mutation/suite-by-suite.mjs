import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { commonTokens, tokens } from '@stryker-mutator/api/plugin';
import { strykerPlugins as jestPlugins } from '@stryker-mutator/jest-runner';

/** So many suites are asked of a mistake. With fewer than all it is sooner known, and more may be left unnoticed. */
const NEAREST = Number(process.env.NEAREST ?? Infinity);
/** One mistake in so many is tried. */
const EVERY = Number(process.env.EVERY ?? 1);

export const isTried = ({ id }) => Number(id) % EVERY === 0;

/** Which suite runs which mistakes, for the processes after the first. */
const COVERAGE = 'coverage-of-suites.json';
const AROUND = 10;

/**
 * Stryker's runner for Jest loads every suite of the folder for each mistake, which takes longer than all their tests.
 * This loads only those whose tests run it, one at a time until one notices. So that a test says which suite it is of,
 * its id begins with it.
 */
class SuiteBySuite {
  texts = {};

  constructor(jest) {
    this.jest = jest;
  }

  async init() {
    await this.jest.init();
    const { testMatch, testPathIgnorePatterns } = this.jest.jestConfig;
    const isOther = new RegExp(testPathIgnorePatterns.join('|'));
    this.all = globSync(testMatch.map((glob) => glob.replace('<rootDir>', process.cwd()))).filter(
      (suite) => !isOther.test(suite),
    );
  }

  capabilities() {
    return this.jest.capabilities();
  }

  async dryRun(options) {
    const result = await this.jest.dryRun(options);
    if (result.status !== 'complete') return result;
    const { static: always, perTest } = result.mutantCoverage;
    const tests = result.tests.map((test) => ({ ...test, id: `${test.fileName}\n${test.id}` }));
    const covered = tests.map(({ id, name }) => [id, perTest[name] ?? {}]);
    writeFileSync(COVERAGE, JSON.stringify(countsOf(covered)));
    return { ...result, tests, mutantCoverage: { static: always, perTest: Object.fromEntries(covered) } };
  }

  async mutantRun(options) {
    if (!isTried(options.activeMutant)) return { status: 'error', errorMessage: 'it is left out' };
    let result;
    let asked = 0;
    for (const { suite, testFilter } of this.whoMayNotice(options)) {
      this.jest.jestConfig.testMatch = [suite];
      result = await this.jest.mutantRun({ ...options, testFilter });
      if (result.status !== 'survived') break;
      // One that has nothing to do with the file runs no test.
      if (result.nrOfTests > 0 && ++asked >= NEAREST) break;
    }
    return result;
  }

  /** The nearest first: named after the file, or importing it; then those with the most tests that run the mistake. */
  whoMayNotice({ testFilter, sandboxFileName, activeMutant }) {
    // Without a filter it is run while suites are loaded or set up as well: any of them may notice it.
    const suites = testFilter ? bySuite(testFilter) : this.all.map((suite) => ({ suite, testFilter }));
    const unit = basename(sandboxFileName, '.ts');
    const nearness = ({ suite }) => {
      const text = this.textOf(suite);
      // Whole systems are run in memory as well: they take longest, and all of them run everything.
      if (/\.e2e\.spec\.js|chat-under-test\.js/.test(text)) return -1;
      return 2 * basename(suite).startsWith(unit) + text.includes(`/${unit}.js'`);
    };
    const tests = (one) => one.testFilter?.length ?? this.testsAround(activeMutant, one.suite);
    return suites.sort((a, b) => nearness(b) - nearness(a) || tests(b) - tests(a));
  }

  /** In how many tests of a suite what stands next to a mistake is run: they are numbered as they stand in their file. */
  testsAround({ id }, suite) {
    this.coverage ??= JSON.parse(readFileSync(COVERAGE, 'utf8'));
    const counts = this.coverage[suite] ?? {};
    return Array.from({ length: 2 * AROUND + 1 }, (_, i) => counts[Number(id) - AROUND + i] ?? 0).reduce(
      (a, b) => a + b,
    );
  }

  textOf(suite) {
    return (this.texts[suite] ??= readFileSync(suite, 'utf8'));
  }
}

/** By suite, and mistake: in how many of its tests it is run. */
function countsOf(covered) {
  const suites = {};
  for (const [id, mutants] of covered) {
    const counts = (suites[id.split('\n', 1)[0]] ??= {});
    for (const mutant of Object.keys(mutants)) counts[mutant] = (counts[mutant] ?? 0) + 1;
  }
  return suites;
}

const bySuite = (ids) =>
  Array.from(
    Map.groupBy(ids, (id) => id.split('\n', 1)[0]),
    ([suite, ofSuite]) => ({ suite, testFilter: ofSuite.map((id) => id.slice(suite.length + 1)) }),
  );

export function suiteBySuite(injector) {
  return new SuiteBySuite(jestPlugins[0].factory(injector));
}
suiteBySuite.inject = tokens(commonTokens.injector);
