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
