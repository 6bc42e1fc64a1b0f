import { type Endpoint, ROOM_CHAT } from '../src/socket/endpoint.js';
import { DirectChats } from '#event-store';
import { RetryableError } from '#domain';
import { type ResumeData, type SubscribeData, UNAVAILABLE } from '#protocol';
import { Hub } from '../src/feeds/hub.js';
import { Lists } from '../src/socket/lists.js';
import { Resume } from '../src/socket/resume.js';
import type { PersonFeed } from '../src/feeds/person-feed.js';
import type { Done } from '../src/commands/command.js';
import type { Session } from '../src/socket/session.js';
import { Subscriptions } from '../src/socket/subscriptions.js';
import type { GatewaySettings } from '../src/settings.js';
import { ChatInMemory, settle } from './chat-in-memory.js';
import { sessionInMemory, type SessionInMemory } from './session-in-memory.js';
import { type GivenParts, handlersOf, settings } from './sessions-on-sockets.js';
import { Presence } from '../src/presence/presence.js';
import { Traffic } from '../src/traffic.js';

/** A gateway without its doors, on a chat in memory. */
export class HubInMemory {
  private constructor(
    readonly chat: ChatInMemory,
    readonly hub: Hub,
    readonly presence: Presence,
    readonly log: ChatInMemory['log'],
    private readonly resumption: Resume,
  ) {}

  static async begin(changes: Partial<GatewaySettings> = {}): Promise<HubInMemory> {
    const chat = await ChatInMemory.start();
    return HubInMemory.on(chat, chat.log, changes);
  }

  /** One more gateway of this chat. */
  static async on(
    chat: ChatInMemory,
    log = chat.server.connect(),
    changes: Partial<GatewaySettings> = {},
  ): Promise<HubInMemory> {
    const all = { ...settings, ...changes };
    const presence = new Presence(log, all);
    const hub = new Hub(log, chat.served, all, chat.nextKey, () => Promise.resolve(true), presence);
    hub.onApplicationBootstrap();
    presence.onApplicationBootstrap();
    await settle(0);
    return new HubInMemory(
      chat,
      hub,
      presence,
      log,
      new Resume(hub, new DirectChats(log), new Lists(all), all, new Traffic(), log),
    );
  }

  get connection() {
    return this.log.connection;
  }

  /** A connection as the reception lets it in. */
  async join(
    userId: string,
    clanId?: string,
    endpoint: Endpoint = ROOM_CHAT,
    parts: GivenParts = {},
  ): Promise<SessionInMemory & { readonly feed: PersonFeed }> {
    const feed = this.hub.hold(userId);
    await Promise.all([feed.prepare(endpoint, clanId === undefined ? {} : { clanId }), settle()]);
    const joined = await sessionInMemory({ endpoint, person: feed.person, barrier: this.hub.barrier, ...parts });
    this.hub.add(joined.session, feed);
    const subscriptions = new Subscriptions(this.hub, this.presence);
    joined.session.serve(
      handlersOf({
        resume: ({ data }) => this.resume(joined.session, data as ResumeData),
        subscribe: ({ data }) => Promise.resolve(subscriptions.set(joined.session, (data as SubscribeData).to)),
      }),
    );
    return { ...joined, feed };
  }

  /** It is refused for the moment where something is away. */
  private async resume(session: Session, data: ResumeData): Promise<Done | undefined> {
    try {
      return await this.resumption.of(session, data);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      session.refuse(UNAVAILABLE);
      return undefined;
    }
  }

  /** Everything said by now is folded and told. */
  async tell(): Promise<void> {
    await this.chat.timeline.run();
    await settle();
  }
}
