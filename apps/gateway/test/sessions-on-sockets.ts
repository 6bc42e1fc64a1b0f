import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { keySequence, MODERATES_NOTHING } from '#domain';
import { loadConfig } from '#settings';
import { Closings } from '../src/socket/closings.js';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import { CommandBarrier } from '../src/commands/command-barrier.js';
import { Person } from '../src/feeds/person.js';
import {
  type FrameHandler,
  type FrameHandlers,
  Session,
  type SessionParts,
  type SharedParts,
} from '../src/socket/session.js';
import type { GatewaySettings } from '../src/settings.js';
import { socketServer } from '../src/socket/session-socket.js';
import { TokenBuckets } from '../src/socket/token-bucket.js';
import { Traffic } from '../src/traffic.js';
import { ChatClient } from './chat-client.js';

export const settings: GatewaySettings = loadConfig(
  {
    JWT_SECRET: 'a secret for tests, 32 bytes long',
    ENCRYPTION: 'off',
    NATS_URL: 'nats://not-used',
    MONGODB_URL: 'mongodb://not-used',
  },
  'gateway',
);

/** What a test gives a connection of its own. */
export type GivenParts = Partial<SessionParts & SharedParts>;

/** What frames are for in a test; what a handler throws, the test shall see. */
export const handlersOf = (byEvent: Readonly<Record<string, FrameHandler>>): FrameHandlers => ({
  byEvent: new Map(Object.entries(byEvent)),
  failed: (error) => {
    throw error;
  },
});

/** A connection as a gateway has it. */
export function sessionOn(on: Pick<SessionParts, 'socket' | 'ws'>, parts: GivenParts): Session {
  const all: SessionParts & SharedParts = {
    ...{ endpoint: DIRECT_CHAT, person: new Person('1'), moderates: MODERATES_NOTHING, ...on },
    ...{ expiresAt: Infinity, isRevoked: () => false, token: { userId: '1', scope: null, jti: null, issuedAt: null } },
    ...{ limits: settings.limits, frames: new TokenBuckets({ perSecond: 1_000, burst: 1_000 }) },
    ...{
      barrier: new CommandBarrier(),
      allowance: { spend: () => undefined },
      newKey: keySequence(Buffer.alloc(8)),
      closings: new Closings(new Traffic()),
      traffic: new Traffic(),
    },
    ...parts,
  };
  return new Session(all, all);
}

/** Connections as a gateway has them, and their clients, on sockets of the machine: how they end is as it really is. */
export class SessionsOnSockets {
  readonly #http = createServer();
  readonly #sockets = socketServer(settings.limits.frameBytes);
  readonly #both: { readonly session: Session; readonly client: ChatClient }[] = [];

  async start(): Promise<void> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
  }

  async connect(parts: GivenParts = {}): Promise<{ session: Session; client: ChatClient }> {
    const opened = new Promise<Session>((resolve) => {
      this.#http.once('upgrade', (request, socket: Duplex, head) => {
        this.#sockets.handleUpgrade(request, socket, head, (ws) => {
          resolve(sessionOn({ socket, ws }, parts));
        });
      });
    });
    const { port } = this.#http.address() as AddressInfo;
    const client = await ChatClient.connect(`ws://127.0.0.1:${port}/`);
    const both = { session: await opened, client };
    this.#both.push(both);
    return both;
  }

  /** Cuts those there are, at both ends: one that is not read does not notice that its client has gone. */
  cut(): void {
    for (const { session, client } of this.#both.splice(0)) {
      session.terminate();
      client.ws.terminate();
    }
  }

  stop(): void {
    this.#http.close();
  }
}
