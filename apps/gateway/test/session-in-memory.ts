import { keySequence } from '#domain';
import { loadConfig } from '#platform';
import { Closings } from '../src/closings.js';
import { DIRECT_CHAT, type Endpoint } from '../src/endpoint.js';
import { Gate } from '../src/gate.js';
import { Person } from '../src/person.js';
import { Session, type SessionParts } from '../src/session.js';
import { TokenBuckets } from '../src/token-bucket.js';
import type { ChatClient } from './chat-client.js';
import { socketInMemory } from './socket-in-memory.js';

const { limits } = loadConfig(
  { JWT_SECRET: 'a secret for tests, 32 bytes long', NATS_URL: 'nats://not-used', MONGODB_URL: 'mongodb://not-used' },
  'gateway',
);

export interface SessionInMemory {
  readonly session: Session;
  readonly client: ChatClient;
}

/** A connection as the gateway has it, and its client. */
export async function sessionInMemory(
  endpoint: Endpoint = DIRECT_CHAT,
  parts: Partial<SessionParts> = {},
): Promise<SessionInMemory> {
  const { ws, socket, client } = await socketInMemory();
  const person = new Person('1');
  const session = new Session({
    ...{ endpoint, person, expiresAt: Infinity, socket, ws, limits, gate: new Gate(), closings: new Closings() },
    ...{ frames: new TokenBuckets({ perSecond: 1_000, burst: 1_000 }), newKey: keySequence(Buffer.alloc(8)), ...parts },
  });
  return { session, client };
}
