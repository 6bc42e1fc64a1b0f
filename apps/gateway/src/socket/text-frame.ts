import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DirectList } from '#protocol';

const FINAL_TEXT = 0x81;

/** What a server sends before a text of so many bytes (RFC 6455, section 5.2): final, unmasked, uncompressed. */
export function textHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = FINAL_TEXT;
  if (header.length === 2) {
    header[1] = length;
  } else if (header.length === 4) {
    header[1] = 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return header;
}

/** A WebSocket text frame. Framed once, the same bytes go to every socket; frames one after the other are one write. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = textHeader(length);
  const frame = Buffer.allocUnsafe(header.length + length);
  header.copy(frame);
  frame.write(text, header.length);
  return frame;
}

/** A list, part by part. A part is read only when it is asked for. */
export type Parts = AsyncIterable<readonly unknown[]>;

/** A text frame `{event, data: […]}`, in pieces to be written together; between two parts others have their turn. */
export async function listFrame(event: DirectList['event'], parts: Parts): Promise<Buffer[]> {
  const pieces = [Buffer.from(`{"event":${JSON.stringify(event)},"data":[`)];
  for await (const part of parts) {
    const items = JSON.stringify(part).slice(1, -1);
    if (items !== '') pieces.push(Buffer.from(pieces.length === 1 ? items : `,${items}`));
    await nextTurn();
  }
  pieces.push(Buffer.from(']}'));
  return [textHeader(lengthOf(pieces)), ...pieces];
}

export const lengthOf = (pieces: readonly Buffer[]): number => pieces.reduce((sum, { length }) => sum + length, 0);
