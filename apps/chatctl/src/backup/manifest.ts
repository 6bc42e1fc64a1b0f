import type { BackedUpStream } from '#event-store';

/** What a folder is whole with: it is written last. */
export const MANIFEST = 'parley.json';
/** What the `nats` command line has beside a snapshot. */
export const META = 'backup.json';

/** One stream of a backup. */
export interface ManifestStream {
  readonly name: string;
  /** Of its snapshot, within its folder, which has its name. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Of what is beside it. */
  readonly metaSha256: string;
  readonly messages: number;
  readonly lastSeq: number;
}

/** What a backup says of itself. */
export interface Manifest {
  /** Of this file: 1. */
  readonly format: number;
  readonly of: 'log' | 'keys';
  /** The same for the log and the keys that were backed up together. */
  readonly id: string;
  /** ISO 8601. What was acknowledged before it began is in it. */
  readonly begunAt: string;
  readonly endedAt: string;
  readonly nats: string;
  /** How many keys of people there were. */
  readonly keys: number;
  readonly streams: readonly ManifestStream[];
}

/** A stream as it lies in a backup, checked. */
export interface StoredStream {
  readonly stream: BackedUpStream;
  /** The file of its snapshot. */
  readonly path: string;
  readonly bytes: number;
}
