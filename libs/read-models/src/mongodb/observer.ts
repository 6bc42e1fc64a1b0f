import type { MongoClient } from 'mongodb';
import { ReadModelsUnavailable } from '../store.js';
import { reach } from './reach.js';

/** Is told what was asked of the read models' server, to count it. It must be quick, and not throw. */
export interface ReadModelsObserver {
  /** @param isDone false where the server was away */
  operated(seconds: number, isDone: boolean): void;
  /** A server that was away answers again. */
  reconnected(): void;
}

export type Reach = <T>(operation: () => Promise<T>) => Promise<T>;

/** The same as {@link reach}, and tells of it. */
export const observedReach = (observer: ReadModelsObserver | undefined): Reach => {
  if (!observer) return reach;
  return async (operation) => {
    const beganAt = performance.now();
    const seconds = () => (performance.now() - beganAt) / 1_000;
    try {
      const made = await reach(operation);
      observer.operated(seconds(), true);
      return made;
    } catch (error) {
      observer.operated(seconds(), !(error instanceof ReadModelsUnavailable));
      throw error;
    }
  };
};

/** Of each server that it knows, when one that was away is there again. */
export function tellReconnects(client: MongoClient, observer: ReadModelsObserver): void {
  const away = new Set<string>();
  client.on('serverDescriptionChanged', ({ address, previousDescription: before, newDescription: now }) => {
    if (now.type === 'Unknown' && before.type !== 'Unknown') away.add(address);
    else if (now.type !== 'Unknown' && away.delete(address)) observer.reconnected();
  });
}
