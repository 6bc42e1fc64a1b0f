import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { eventOfLine, type ToldEvent, UnreadableEvent } from '#domain';
import { plain } from '../output.js';
import { UsageError } from '../usage.js';

/** What is to be played is not what `chatctl replay` prints: the message says which line, and why. */
export class NotRecorded extends Error {
  override readonly name = 'NotRecorded';
}

/** An event of a recording, and how far that is in it. */
export interface RecordedLine extends ToldEvent {
  /** Up to the end of its line. */
  readonly bytes: number;
}

/** In bytes. @throws UsageError where there is no such file */
export function sizeOf(path: string): number {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file?.isFile()) return file.size;
  throw new UsageError(
    `${path} is ${file ? 'no file' : 'not there'}: name one that \`chatctl replay\` made, or - for standard input`,
  );
}

/** The same as {@link eventsOf}, of a file. */
export const eventsIn = (path: string): AsyncGenerator<RecordedLine, void> => eventsOf(createReadStream(path));

/**
 * The events of a recording: lines as `chatctl replay` prints them, in the order of the log that they are from, each once.
 * @throws NotRecorded
 */
export async function* eventsOf(input: NodeJS.ReadableStream): AsyncGenerator<RecordedLine, void> {
  let [line, bytes, lastSeq] = [0, 0, 0];
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line += 1;
    bytes += Buffer.byteLength(text) + 1;
    if (text === '') continue;
    const told = toldBy(text, line);
    const { seq } = told;
    if (seq <= lastSeq)
      throw new NotRecorded(`line ${line} is event ${seq}, behind event ${lastSeq}: sort them by seq, each once`);
    lastSeq = seq;
    yield { ...told, bytes };
  }
}

function toldBy(text: string, line: number): ToldEvent {
  try {
    return eventOfLine(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof UnreadableEvent)) throw error;
    const reason = error instanceof SyntaxError ? 'it is not JSON' : plain(error.message);
    throw new NotRecorded(
      `line ${line} is none that \`chatctl replay\` of this release or an older one prints: ${reason}`,
      { cause: error },
    );
  }
}
