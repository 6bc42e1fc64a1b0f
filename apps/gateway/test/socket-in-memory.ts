import { createServer } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import type { WebSocket } from 'ws';
import { socketServer } from '../src/socket/session-socket.js';
import { ChatClient } from './chat-client.js';

export interface SocketInMemory {
  /** The server's end. */
  readonly ws: WebSocket;
  readonly socket: Duplex;
  readonly client: ChatClient;
}

/** A WebSocket whose two ends are in this process: the real protocol, without a port. */
export async function socketInMemory(): Promise<SocketInMemory> {
  const [near, far] = duplexPair();
  // As over a network: in the middle of writing nobody is answered.
  for (const side of [near, far]) {
    const write = side._write.bind(side);
    side._write = (...written) => {
      process.nextTick(write, ...written);
    };
  }
  const server = socketServer(65_536);
  const http = createServer();
  const opened = new Promise<{ ws: WebSocket; socket: Duplex }>((resolve) => {
    http.on('upgrade', (request, socket, head) => {
      server.handleUpgrade(request, socket, head, (ws) => {
        resolve({ ws, socket });
      });
    });
  });
  http.emit('connection', near);
  const client = await ChatClient.connect('ws://memory/', { createConnection: () => far as never });
  return { ...(await opened), client };
}
