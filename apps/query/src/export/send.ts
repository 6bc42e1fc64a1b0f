import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Begun } from './exports.js';

/**
 * Sends pieces as fast as they are read, and breaks off where nothing of them is, or where the export has to end. That a
 * client leaves, or does not read, is no fault of ours.
 */
export async function send(
  pieces: AsyncIterable<string>,
  response: ServerResponse,
  { end, idle }: Pick<Begun, 'end' | 'idle'>,
): Promise<void> {
  // Of the socket: what the other side takes of a large piece counts too.
  response.setTimeout(idle, () => response.destroy());
  try {
    await pipeline(Readable.from(pieces, { highWaterMark: 1 }), response, { signal: end });
  } catch (error) {
    const hasLeft = String((error as NodeJS.ErrnoException).code).startsWith('ERR_STREAM');
    if (!hasLeft && !end.aborted) throw error;
  }
}
