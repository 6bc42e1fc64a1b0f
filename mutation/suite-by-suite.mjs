import { commonTokens, tokens } from '@stryker-mutator/api/plugin';
import { strykerPlugins as jestPlugins } from '@stryker-mutator/jest-runner';

/**
 * Stryker's runner for Jest loads every suite of the folder for each mistake, which takes longer than all their tests.
 * This loads only those whose tests run it, one at a time until one notices. So that a test says which suite it is of,
 * its id begins with it.
 */
class SuiteBySuite {
  constructor(jest) {
    this.jest = jest;
  }

  async init() {
    await this.jest.init();
    this.all = this.jest.jestConfig.testMatch;
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
    return { ...result, tests, mutantCoverage: { static: always, perTest: Object.fromEntries(covered) } };
  }

  async mutantRun(options) {
    // What runs while suites are loaded: any of them may notice it.
    if (!options.testFilter) return this.run(this.all, options);
    const suites = Map.groupBy(options.testFilter, (id) => id.split('\n', 1)[0]);
    let result;
    for (const [suite, ids] of [...suites].sort(([, a], [, b]) => b.length - a.length)) {
      const testFilter = ids.map((id) => id.slice(suite.length + 1));
      result = await this.run([suite], { ...options, testFilter });
      if (result.status !== 'survived') break;
    }
    return result;
  }

  run(testMatch, options) {
    this.jest.jestConfig.testMatch = testMatch;
    return this.jest.mutantRun(options);
  }
}

export function suiteBySuite(injector) {
  return new SuiteBySuite(jestPlugins[0].factory(injector));
}
suiteBySuite.inject = tokens(commonTokens.injector);
