import type { Moderates, Refused } from '#domain';
import type { AckData } from '#protocol';
import type { Person } from '../feeds/person.js';
import type { Attempts } from './attempts.js';

/** Who asks for something, over one connection. */
export interface Caller {
  readonly person: Person;
  /** By their token. */
  readonly moderates: Moderates;
  /** False once the connection has ended: nobody waits for what comes of it. */
  readonly isOpen: boolean;
  readonly attempts: Attempts;
  /** Resolves once the log may be asked for them. @throws LogUnavailable where that would be in vain */
  admit(): Promise<void>;
}

/** What was made of a frame: what its ack says, and the frame that its document answers it with, if any. */
export interface Done {
  readonly ack: AckData;
  readonly answer?: { readonly event: string; readonly data: unknown };
}

export type Outcome = Refused | Done;
