import type { EventLine } from '#domain';

/** What the metadata of a file is: texts by their names. */
export type Metadata = Readonly<Record<string, string>>;

/** Events as they are written in a file of some format. */
export interface Rows {
  add(line: EventLine): void;
  /** What is to be written by now, once there is enough of it. */
  take(): Uint8Array | null;
  /** The rest of the file. */
  end(metadata: Metadata): Uint8Array;
}
