import type { Person } from '../feeds/person.js';
import type { Attempts } from './attempts.js';

/** Who asks for something, over one connection. */
export interface Caller {
  readonly person: Person;
  /** False once the connection has ended: nobody waits for what comes of it. */
  readonly isOpen: boolean;
  readonly attempts: Attempts;
  /** Resolves once the log may be asked for them. @throws LogUnavailable where that would be in vain */
  admit(): Promise<void>;
}
