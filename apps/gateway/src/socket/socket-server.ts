import { WebSocketServer } from 'ws';

/** How long a connection that either side has closed is left, to read what it was sent and to hang up. Milliseconds. */
const CLOSE_TIME = 2_000;

/** Speaks WebSocket on sockets that it is handed, with frames of so many bytes at most. */
export function socketServer(frameBytes: number): WebSocketServer {
  // `closeTimeout` counts also where a close frame stands behind a full buffer, and never leaves.
  const options = { noServer: true, clientTracking: false, maxPayload: frameBytes, closeTimeout: CLOSE_TIME };
  return new WebSocketServer(options);
}
