import { WebSocketServer } from 'ws';
import { CLOSE_TIME } from './hang-up.js';

/** Speaks WebSocket on sockets that it is handed, with frames of so many bytes at most. */
export function socketServer(frameBytes: number): WebSocketServer {
  // `closeTimeout` is for those whom ws closes by itself, over a frame that it does not take. It counts also where a
  // close frame stands behind a full buffer, and never leaves.
  const options = { noServer: true, clientTracking: false, maxPayload: frameBytes, closeTimeout: CLOSE_TIME + 500 };
  return new WebSocketServer(options);
}
