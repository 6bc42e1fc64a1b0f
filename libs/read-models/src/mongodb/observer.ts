import { ReadModelsUnavailable } from '../store.js';
import { reach } from './reach.js';

/** Is told what was asked of the read models' server, to count it. It must be quick, and not throw. */
export interface ReadModelsObserver {
  /** @param isDone false where the server was away */
  operated(seconds: number, isDone: boolean): void;
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
