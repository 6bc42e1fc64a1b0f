import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Session } from '../src/socket/session.js';
import type { ChatClient } from './chat-client.js';
import { type GivenParts, sessionOn } from './sessions-on-sockets.js';
import { socketInMemory } from './socket-in-memory.js';

export interface SessionInMemory {
  readonly session: Session;
  /** The server's end. */
  readonly ws: WebSocket;
  readonly socket: Duplex;
  readonly client: ChatClient;
}

/** A connection as a gateway has it, and its client, both in this process. */
export async function sessionInMemory(parts: GivenParts = {}): Promise<SessionInMemory> {
  const { client, ...on } = await socketInMemory();
  return { session: sessionOn(on, parts), ...on, client };
}
