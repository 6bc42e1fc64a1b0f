import type { Stage } from './stage.js';

/** A fault that is brought about on purpose, on servers of its own, and what is seen of it. */
export interface Drill {
  /** One line, for the list. */
  readonly about: string;
  /** Whether only root can bring it about. */
  readonly needsRoot?: boolean;
  /** After so many seconds it has failed. */
  readonly limitSeconds: number;
  /** Says what it does, and {@link Stage.check}s what must hold. */
  play(stage: Stage): Promise<void>;
}
