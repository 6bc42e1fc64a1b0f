import type { ServerOptions } from './connection.js';

export interface LogOptions extends ServerOptions {
  readonly stream: string;
  /** The first token of every subject. */
  readonly prefix: string;
  /** On how many servers each stream is kept, at least; by default on one. */
  readonly replicas?: number;
  /** The longest life of a token, for which a revocation is remembered where nobody says until when. */
  readonly tokenMaxAgeSeconds?: number;
  /** Whether each event is synced to the disk before it is answered: then those that wait go together. Not by default. */
  readonly synced?: boolean;
  /**
   * What is appended is sent so long after what was sent last, ms, and at once after a quiet moment: each write wakes the
   * server, this process by its answer, and whoever reads the log, whatever is in it. 0 by default: for who appends one
   * after the other, it would be a wait for each.
   */
  readonly appendEveryMs?: number;
  /** Whether much of the log is read by a thread of its own: for a process that does little else meanwhile. */
  readonly readsApart?: boolean;
  /** Without it nothing is sealed that is stored, and nothing sealed can be read. */
  readonly encryption?: EncryptionOptions;
}

export interface EncryptionOptions {
  /** 32 bytes each: the first one is in use, the others are of before. */
  readonly masterKeys: readonly Uint8Array[];
  /** Whether what is stored from now on is sealed. */
  readonly seals: boolean;
}

export interface AppendOptions {
  /** The last sequence of this kind in this room, 0 for none: where it is another one, that is a conflict. */
  readonly expectedLast?: number;
  /** When it is given up, on the monotonic clock: 4.5 s from now by default. */
  readonly deadline?: number;
}
