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

const ENOUGH = 1 << 18;

/** Lines of text; what is known of the file is in its manifest alone. */
export class TextRows implements Rows {
  constructor(
    private text: string,
    private readonly row: (line: EventLine) => string,
  ) {}

  add(line: EventLine): void {
    this.text += this.row(line);
  }

  take(): Uint8Array | null {
    return this.text.length < ENOUGH ? null : this.rest();
  }

  end(): Uint8Array {
    return this.rest();
  }

  private rest(): Uint8Array {
    const bytes = Buffer.from(this.text);
    this.text = '';
    return bytes;
  }
}
