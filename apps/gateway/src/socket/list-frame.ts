import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DirectEvent } from '#protocol';
import { textHeader } from './text-frame.js';

/** A list, part by part. A part is read only when it is asked for. */
export type Parts = AsyncIterable<readonly unknown[]>;

/** A text frame `{event, data: […]}`, in pieces to be written together; between two parts others have their turn. */
export async function listFrame(event: DirectEvent, parts: Parts): Promise<Buffer[]> {
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
