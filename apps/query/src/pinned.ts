import { httpFault, HttpRefusal } from '#platform';
import { NotServed, type Served } from '#read-models';

/**
 * The queries on a projection as it is served, for the surrounding application: where there is nothing to ask, it is told
 * what to do, which is not for people's eyes.
 */
export async function pinned<Queries>(served: Served<Queries>): Promise<Queries> {
  try {
    return (await served.pin()).queries;
  } catch (error) {
    if (error instanceof NotServed) throw new HttpRefusal(503, [httpFault('UNAVAILABLE', error.message)]);
    throw error;
  }
}
