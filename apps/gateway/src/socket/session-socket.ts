import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocketServer } from 'ws';
import type { Closing } from './closings.js';

/** What a session uses of a WebSocket; another kind of connection does the same in its own way. */
export interface SessionSocket {
  readonly readyState: number;
  readonly OPEN: number;
  readonly isPaused: boolean;
  on(event: 'message', listener: (data: RawData, binary: boolean) => void): unknown;
  on(event: 'ping' | 'pong', listener: () => void): unknown;
  /** Comes once, with the client's code, 1006 where it gave none. */
  on(event: 'close', listener: (code: number) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
  close(code: number, reason: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  ping(): void;
  pong(): void;
}

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

/**
 * What ws is told of those that it closes by itself, as over a frame that it does not take: it waits for 30 s else. It
 * counts also where a close frame stands behind a full buffer, and never leaves.
 */
export const LETS_GO = { closeTimeout: CLOSE_TIME + 500 } as const;

/** Speaks WebSocket on sockets that it is handed, with frames of so many bytes at most. */
export function socketServer(frameBytes: number): WebSocketServer {
  const options = { noServer: true, clientTracking: false, maxPayload: frameBytes, ...LETS_GO };
  return new WebSocketServer(options);
}
