import { TestEnvironment } from 'jest-environment-node';

/** Of a suite in which a test has failed no other is run: each may wait in vain for what a mistake took away. */
export default class UntilAFailure extends TestEnvironment {
  #hasFailed = false;

  handleTestEvent({ name, test }) {
    if (name === 'test_fn_failure' || name === 'hook_failure') this.#hasFailed = true;
    // Those that a hook before all of them failed for have failed: skipped, they would say that nothing was noticed.
    if (name === 'test_start' && this.#hasFailed && test.errors.length === 0) test.mode = 'skip';
  }
}
