import type { Served } from '#read-models';
import { NotReady } from './health.js';

/** A check of the health: there is a version of the projection that this release can read. */
export const servedCheck = (served: Served<unknown>) => async (): Promise<void> => {
  await served.pin().catch((cause: unknown) => {
    throw new NotReady(cause instanceof Error ? cause.message : String(cause), { cause });
  });
};
