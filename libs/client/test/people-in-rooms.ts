import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { WebSocket } from 'ws';
import { until } from '../../../apps/gateway/test/until.js';
import { type ConnectionState, RoomChat, type RoomChatOptions } from '../src/index.js';
import { ChatServer } from '../../../apps/workbench/test/chat-server.js';

/** A server of its own, behind proxies that can be cut. */
export let server: ChatServer;
const chats: RoomChat[] = [];

/** The suite that calls this has it from its beginning to its end. */
export function serve(): void {
  beforeAll(async () => {
    server = await ChatServer.start({ RESUME_CHANGES_MAX: '50' });
  }, 60_000);
  afterEach(() => {
    for (const proxy of server.proxies) proxy.mend();
    for (const chat of chats.splice(0)) chat.disconnect();
  });
  afterAll(() => server.stop(), 60_000);
}

/** What an application would show: each message once, as it now is. */
export class Person {
  readonly said: string[] = [];
  readonly resets: number[] = [];
  readonly states: ConnectionState[] = [];
  readonly chat: RoomChat;

  constructor(
    userId: string,
    clanId: string,
    { gateway = 0, ...options }: { gateway?: number } & Partial<RoomChatOptions> = {},
  ) {
    const token = () => server.token(userId, { clanId, name: userId });
    const backoff = { minMs: 50, maxMs: 500 };
    this.chat = new RoomChat({ url: server.url(gateway), httpUrl: server.http, token, backoff, WebSocket, ...options });
    this.chat.on('message', ({ room, message }) => room === 'clan' && this.said.push(message.content));
    this.chat.on('reset', ({ room, messages }) => {
      if (room === 'clan') this.resets.push(messages.length);
    });
    this.chat.on('state', (state) => this.states.push(state));
    chats.push(this.chat);
    this.chat.connect();
  }

  /** Whether the clan is followed. */
  get isThere(): boolean {
    return this.resets.length > 0;
  }

  get shown(): string[] {
    return this.chat.latest('clan').map(({ content }) => content);
  }
}

/** Two in a clan, each at a gateway of their own. */
export async function people(clan: string): Promise<[Person, Person]> {
  const both: [Person, Person] = [new Person(`${clan}-ada`, clan), new Person(`${clan}-bob`, clan, { gateway: 1 })];
  await until('both are there', () => both.every(({ isThere }) => isThere));
  return both;
}
