import pTimeout from 'p-timeout';
import { ReadModelsUnavailable } from '#read-models';

/**
 * What is read for a command, by the moment it is given up.
 * @param deadline on the monotonic clock
 * @throws ReadModelsUnavailable where it does not come in time
 */
export const readInTime = <T>(deadline: number, read: Promise<T>): Promise<T> =>
  pTimeout(read, {
    milliseconds: Math.max(1, deadline - performance.now()),
    fallback: () => {
      throw new ReadModelsUnavailable('the read model did not answer in time');
    },
  });
