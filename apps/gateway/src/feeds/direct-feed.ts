import { Logger } from '@nestjs/common';
import type { Room } from '#domain';
import { directFrame, directMessageView } from '#protocol';
import type { ChatPosition, Change, RoomUpdate, Timeline } from '#projections';
import type { Pinned } from '#read-models';
import { Audience } from './audience.js';
import type { FanOut } from './fan-out.js';
import type { FollowedTimeline } from './followed-timeline.js';
import { RoomCursor } from './room-cursor.js';
import { sleep } from '../sleep.js';

/** Before the read model is asked again that failed to answer. Milliseconds. */
const RETRY = 250;

const logger = new Logger('DirectFeed');

interface FollowedChat {
  readonly cursor: RoomCursor;
  /** 0 until it is known; nothing is told before. */
  chatId: number;
}

/** Where the chats stood when they were read of. */
interface Baseline {
  readonly timeline: Pinned<Timeline>;
  readonly positions: ReadonlyMap<Room, ChatPosition>;
}

/**
 * All direct chats of one person, told to their connections of the direct API. Of thousands few are in use: only one in
 * which something happens gets a cursor, which begins at the baseline.
 */
export class DirectFeed {
  readonly audience: Audience;
  /** Those in which something has happened since the baseline. */
  readonly #chats = new Map<Room, FollowedChat>();
  #baseline: Baseline | null = null;
  /** The version that the chats are being moved to. */
  #next: Pinned<Timeline> | null = null;
  #ready: Promise<void> | null = null;
  /** Updates that came before the baseline was there. */
  #waiting: RoomUpdate[] = [];
  #stopped = false;

  constructor(
    private readonly userId: string,
    private readonly timeline: FollowedTimeline,
    fanOut: FanOut,
  ) {
    this.audience = new Audience(fanOut);
  }

  /** How many chats have a cursor. */
  get inUse(): number {
    return this.#chats.size;
  }

  /** Resolves once nothing that happens from now on is missed. The person's subject is subscribed by then. */
  ready(): Promise<void> {
    return (this.#ready ??= this.#start());
  }

  accept(update: RoomUpdate): void {
    if (!this.#ready) return;
    if (!this.#baseline) this.#waiting.push(update);
    else this.#chat(update.room).cursor.accept(update);
  }

  /** After the connection was lost: reads which chats went on meanwhile, new ones too, and what happened in them. */
  async catchUp(): Promise<void> {
    if (!this.#ready) return;
    await this.#ready;
    const read = await this.#read(() => this.timeline.current);
    const revs = new Map(read?.positions.map(({ room, rev }) => [room, rev]));
    for (const [room, rev] of revs) if (rev !== this.#baseline!.positions.get(room)?.rev) this.#chat(room);
    for (const [room, { cursor }] of this.#chats) cursor.missed(revs.get(room));
  }

  /** Goes on in another version of the timeline. */
  async move(to: Pinned<Timeline>): Promise<void> {
    if (!this.#ready) return;
    await this.#ready;
    this.#next = to;
    const moved = [...this.#chats.values()].map(({ cursor }) => cursor.move(to));
    const read = await this.#read(() => to);
    if (!read || !this.#baseline) return;
    const before = this.#baseline.positions;
    const positions = byRoom(read.positions);
    // One that stands elsewhere in that version, or has another last event there, is for a cursor to look at.
    for (const [room, position] of before) {
      if (!isSame(positions.get(room), position)) moved.push(this.#chat(room).cursor.move(to));
    }
    this.#baseline = { timeline: to, positions };
    this.#next = null;
    // Of a chat that only this version has, nobody may have heard.
    for (const room of positions.keys()) if (!before.has(room) && !this.#chats.has(room)) this.#open(room);
    await Promise.all(moved);
  }

  stop(): void {
    this.#stopped = true;
    for (const { cursor } of this.#chats.values()) cursor.stop();
  }

  async #start(): Promise<void> {
    const read = await this.#read(() => this.timeline.current);
    if (!read) return;
    this.#baseline = { timeline: read.timeline, positions: byRoom(read.positions) };
    for (const update of this.#waiting.splice(0)) this.accept(update);
  }

  #chat(room: Room): FollowedChat {
    const known = this.#chats.get(room);
    if (known) return known;
    const { timeline, positions } = this.#baseline!;
    const position = positions.get(room);
    return position ? this.#wake(timeline, position) : this.#open(room);
  }

  #wake(timeline: Pinned<Timeline>, { room, chatId, n, rev }: ChatPosition): FollowedChat {
    const chat = this.#follow(room, chatId);
    chat.cursor.start(timeline, { n, rev });
    if (this.#next) void chat.cursor.move(this.#next);
    return chat;
  }

  /** One that the baseline does not know was opened later: it is followed from its beginning. */
  #open(room: Room): FollowedChat {
    const chat = this.#follow(room);
    void this.#begin(room, chat);
    return chat;
  }

  /** Updates wait in the cursor until the chat's id is known. */
  async #begin(room: Room, chat: FollowedChat): Promise<void> {
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
  #read(from: () => Pinned<Timeline>) {
    return this.#patiently(async () => {
      const timeline = from();
      return { timeline, positions: await timeline.queries.chatPositions(this.userId) };
    });
  }

  #follow(room: Room, chatId = 0): FollowedChat {
    const chat: FollowedChat = {
      chatId,
      cursor: new RoomCursor(room, {
        changed: (changes) => {
          this.#tell(changes, chat.chatId);
        },
        lostTrack: () => {
          this.audience.restart();
        },
      }),
    };
    if (this.#stopped) chat.cursor.stop();
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
        logger.warn(`reading chats: ${error instanceof Error ? error.message : String(error)}`);
        await sleep(RETRY);
      }
    }
    return null;
  }
}

const byRoom = (positions: readonly ChatPosition[]) => new Map(positions.map((position) => [position.room, position]));

const isSame = (one: ChatPosition | undefined, other: ChatPosition): boolean =>
  one?.rev === other.rev && one.seq === other.seq;
