import { ReadModelsUnavailable } from '#read-models';
import { within } from '../within.js';

/**
 * What is read for a command, by the moment it is given up.
 * @param deadline on the monotonic clock
 * @throws ReadModelsUnavailable where it does not come in time
 */
export const readInTime = <T>(deadline: number, read: Promise<T>): Promise<T> =>
  within(deadline - performance.now(), read, () => new ReadModelsUnavailable('the read model did not answer in time'));
