import { TestEnvironment } from 'jest-environment-node';

/** Of a suite in which a test has failed no other is run: each may wait in vain for what a mistake took away. */
export default class UntilAFailure extends TestEnvironment {
  #hasFailed = false;

  handleTestEvent({ name, test }) {
    if (name === 'test_fn_failure' || name === 'hook_failure') this.#hasFailed = true;
    if (name === 'test_start' && this.#hasFailed) test.mode = 'skip';
  }
}
