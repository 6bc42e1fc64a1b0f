import { Logger } from '@nestjs/common';
import type { Room } from '#domain';
import { directFrame, directMessageView } from '#protocol';
import type { Change, Pinned, RoomUpdate, Timeline } from '#read-models';
import { Audience } from './audience.js';
import type { FanOut } from './fan-out.js';
import type { FollowedTimeline } from './followed-timeline.js';
import { RoomCursor } from './room-cursor.js';
import { sleep } from './sleep.js';

/** Before the read model is asked again that failed to answer. Milliseconds. */
const RETRY = 250;

interface FollowedChat {
  readonly cursor: RoomCursor;
  /** 0 until it is known; nothing is told before. */
  chatId: number;
}

/** All direct chats of one person, told to their connections of the direct API. */
export class DirectFeed {
  readonly audience: Audience;
  readonly #logger = new Logger(DirectFeed.name);
  readonly #chats = new Map<Room, FollowedChat>();
  #ready: Promise<void> | null = null;
  /** Updates that came before the baseline was there. */
  #waiting: RoomUpdate[] | null = [];
  #stopped = false;

  constructor(
    private readonly userId: string,
    private readonly timeline: FollowedTimeline,
    fanOut: FanOut,
  ) {
    this.audience = new Audience(fanOut);
  }

  /** Resolves once nothing that happens from now on is missed. The person's subject is subscribed by then. */
  ready(): Promise<void> {
    return (this.#ready ??= this.#start());
  }

  accept(update: RoomUpdate): void {
    if (!this.#ready || this.#stopped) return;
    if (this.#waiting) this.#waiting.push(update);
    else this.#chat(update.room).cursor.accept(update);
  }

  pause(): void {
    for (const { cursor } of this.#chats.values()) cursor.pause();
  }

  /** After the connection was lost: reads which chats went on meanwhile, new ones too, and what happened in them. */
  async resume(): Promise<void> {
    if (!this.#ready || this.#stopped) return;
    await this.#ready;
    const read = await this.#inbox();
    const revs = new Map(read?.entries.map(({ room, rev }) => [room, rev]));
    for (const room of revs.keys()) this.#chat(room);
    for (const [room, { cursor }] of this.#chats) cursor.resume(revs.get(room));
  }

  /** Goes on in another version of the timeline. */
  async move(to: Pinned<Timeline>): Promise<void> {
    await this.#ready;
    if (this.#stopped) return;
    await Promise.all([...this.#chats.values()].map(({ cursor }) => cursor.move(to)));
    // Of a chat that only this version has, nobody may have heard.
    const entries = await this.#patiently(() => to.queries.chatPositions(this.userId));
    for (const { room } of entries ?? []) this.#chat(room);
  }

  stop(): void {
    this.#stopped = true;
    for (const { cursor } of this.#chats.values()) cursor.stop();
  }

  async #start(): Promise<void> {
    const read = await this.#inbox();
    for (const { room, chatId, n, rev } of read?.entries ?? []) {
      const chat = this.#follow(room);
      chat.chatId = chatId;
      chat.cursor.start(read!.timeline, { n, rev });
    }
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const update of waiting) this.accept(update);
  }

  /** A chat that the baseline did not know was opened later: it is followed from its beginning. */
  #chat(room: Room): FollowedChat {
    const known = this.#chats.get(room);
    if (known) return known;
    const chat = this.#follow(room);
    void this.#open(room, chat);
    return chat;
  }

  /** Updates wait in the cursor until the chat's id is known. */
  async #open(room: Room, chat: FollowedChat): Promise<void> {
    const read = await this.#patiently(async () => {
      const timeline = this.timeline.current;
      const entry = await timeline.queries.entry(this.userId, room);
      // Told of by the next version of the timeline, which is about to be followed.
      if (!entry) throw new Error(`the chat ${room} is not in version ${timeline.version} yet`);
      return { timeline, chatId: entry.chatId };
    });
    if (!read) return;
    chat.chatId = read.chatId;
    chat.cursor.start(read.timeline, { n: 0, rev: 0 }, true);
  }

  /** Null once it is stopped. */
  #inbox() {
    return this.#patiently(async () => {
      const timeline = this.timeline.current;
      return { timeline, entries: await timeline.queries.chatPositions(this.userId) };
    });
  }

  #follow(room: Room): FollowedChat {
    const chat: FollowedChat = {
      chatId: 0,
      cursor: new RoomCursor(room, {
        changed: (changes) => {
          this.#tell(changes, chat.chatId);
        },
        lostTrack: () => {
          this.audience.restart();
        },
      }),
    };
    this.#chats.set(room, chat);
    return chat;
  }

  #tell(changes: readonly Change[], chatId: number): void {
    for (const { kind, message } of changes) {
      if (kind !== 'message') continue;
      this.audience.tell(directFrame('response_message', directMessageView(message, chatId, null)));
    }
  }

  async #patiently<T>(read: () => Promise<T>): Promise<T | null> {
    while (!this.#stopped) {
      try {
        return await read();
      } catch (error) {
        this.#logger.warn(`reading chats: ${error instanceof Error ? error.message : String(error)}`);
        await sleep(RETRY);
      }
    }
    return null;
  }
}
