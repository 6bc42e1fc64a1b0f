import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Closing } from './closings.js';
import type { SessionSocket } from './session-socket.js';

/** How long a connection that we have closed is left, to read what it was sent and to hang up. Milliseconds. */
export const CLOSE_TIME = 2_000;

export interface Line {
  readonly ws: SessionSocket;
  readonly socket: Duplex;
}

/** Says goodbye, behind all that was sent before, and cuts the line of whoever does not answer. */
export function hangUp(line: Line, { code, reason }: Closing): void {
  const { ws } = line;
  ws.close(code, reason);
  // The client's answer comes behind all that it has sent.
  ws.resume();
  const timer = setTimeout(() => {
    cut(line);
  }, CLOSE_TIME);
  ws.once('close', () => {
    clearTimeout(timer);
  });
}

/** With a reset: closed otherwise, the kernel would keep what is not read, up to megabytes, and offer it for minutes. */
export function cut({ ws, socket }: Line): void {
  if (socket instanceof Socket) socket.resetAndDestroy();
  ws.terminate();
}
