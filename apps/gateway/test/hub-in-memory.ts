import { type Endpoint, ROOM_CHAT } from '../src/socket/endpoint.js';
import { Hub } from '../src/feeds/hub.js';
import type { PersonFeed } from '../src/feeds/person-feed.js';
import type { SessionParts } from '../src/socket/session.js';
import type { GatewaySettings } from '../src/settings.js';
import { ChatInMemory, settle } from './chat-in-memory.js';
import { sessionInMemory, type SessionInMemory } from './session-in-memory.js';
import { settings } from './sessions-on-sockets.js';

/** A gateway without its doors, on a chat in memory. */
export class HubInMemory {
  private constructor(
    readonly chat: ChatInMemory,
    readonly hub: Hub,
  ) {}

  static async begin(changes: Partial<GatewaySettings> = {}): Promise<HubInMemory> {
    const chat = await ChatInMemory.start();
    const { log, served, nextKey } = chat;
    const hub = new Hub(log, served, { ...settings, ...changes }, nextKey, () => Promise.resolve(true));
    hub.onApplicationBootstrap();
    await settle(0);
    return new HubInMemory(chat, hub);
  }

  get connection() {
    return this.chat.log.connection;
  }

  /** A connection as the reception lets it in. */
  async join(
    userId: string,
    clanId?: string,
    endpoint: Endpoint = ROOM_CHAT,
    parts: Partial<SessionParts> = {},
  ): Promise<SessionInMemory & { readonly feed: PersonFeed }> {
    const feed = this.hub.hold(userId);
    await Promise.all([feed.prepare(endpoint, clanId === undefined ? {} : { clanId }), settle()]);
    const joined = await sessionInMemory({ endpoint, person: feed.person, barrier: this.hub.barrier, ...parts });
    this.hub.add(joined.session, feed);
    return { ...joined, feed };
  }

  /** Everything said by now is folded and told. */
  async tell(): Promise<void> {
    await this.chat.timeline.run();
    await settle();
  }
}
