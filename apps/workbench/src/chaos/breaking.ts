import type { EventLog, LogOptions } from '#event-store';
import type { ReadModels } from '#read-models';
import type { ServersApart } from '../apart/servers-apart.js';
import type { KindReport } from './episodes.js';
import type { Evidence } from './evidence.js';
import type { Front } from './front.js';
import type { Finding } from './invariants/finding.js';

/** What is broken, and what is to be said of it at the end. */
export interface Breaking {
  readonly made: ReadonlyMap<string, number>;
  readonly failures: readonly string[];
  start(): void;
  /** Afterwards everything runs, but for `failures`. */
  stop(): Promise<void>;
  /** The checkout whose roles run at the end; this one's by default. */
  readonly checkout?: string | undefined;
  judge(evidence: Evidence): { readonly kinds: readonly KindReport[]; readonly findings: readonly Finding[] };
}

export interface Watched {
  readonly log: EventLog;
  readonly ofLog: Omit<LogOptions, 'name'>;
  readonly readModels: ReadModels;
  readonly servers: ServersApart;
  /** Before the query side. */
  readonly queryFront: Front;
}
