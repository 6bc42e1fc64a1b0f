import type { Room } from '#domain';
import { decodeUpdate, type RoomUpdate } from '#projections';
import { DirectFeed } from '../src/feeds/direct-feed.js';
import { FanOut } from '../src/feeds/audience.js';
import type { ChatClient } from './chat-client.js';
import { ChatInMemory, settle } from './chat-in-memory.js';
import { sessionInMemory } from './session-in-memory.js';

/** The feed of person 1's direct chats, subscribed, and somebody who listens to it. */
export class FollowedChats {
  private constructor(
    readonly chat: ChatInMemory,
    readonly feed: DirectFeed,
    readonly client: ChatClient,
  ) {}

  static async begin(): Promise<FollowedChats> {
    const chat = await ChatInMemory.start();
    const feed = new DirectFeed('1', {
      ...{ timeline: chat.follow(), fanOut: new FanOut(), live: chat.log.live, opened: () => undefined },
    });
    chat.log.live.subscribeToUser('1', (text) => {
      feed.accept(decodeUpdate(text) as RoomUpdate);
    });
    const { session, client } = await sessionInMemory();
    feed.audience.add(session);
    await settle();
    return new FollowedChats(chat, feed, client);
  }

  get gates() {
    return this.chat.gates;
  }

  /** What was told: the chat and the text. */
  get told(): string[] {
    return this.client.frames.map(({ data }) => {
      const { chat_id, message } = data as { chat_id: number; message: string };
      return `${chat_id}: ${message}`;
    });
  }

  async ready(): Promise<void> {
    void this.feed.ready();
    await settle();
  }

  /** The other side says something; it is written and told. */
  async say(room: Room, ...contents: string[]): Promise<void> {
    await this.write(room, ...contents);
    this.chat.timeline.tell();
    await settle();
  }

  /** The same, and nobody is told. */
  async miss(room: Room, ...contents: string[]): Promise<void> {
    await this.write(room, ...contents);
    this.chat.timeline.untold();
  }

  private async write(room: Room, ...contents: string[]): Promise<void> {
    for (const content of contents) this.chat.say(room, content);
    this.chat.timeline.fold();
    await this.chat.timeline.write();
  }
}
