import { Logger } from '@nestjs/common';
import { type Room, roomIds } from '#domain';
import type { AskedLive } from '#event-store';
import { type SoftDirectFrame, userNumberOf } from '#protocol';
import type { ChatPosition, Position, RoomUpdate, Timeline } from '#projections';
import type { Pinned } from '#read-models';
import { Audience, type FanOut } from './audience.js';
import { chatFrames } from './chat-frames.js';
import { type DirectSignal, Ear, personTopic, readSignal } from './signals.js';
import type { FollowedTimeline } from './followed-timeline.js';
import type { Hearing } from './hearing.js';
import { RoomCursor } from './room-cursor.js';
import type { Session } from '../socket/session.js';
import { textFrame } from '../socket/text-frame.js';
import { patiently } from '../patiently.js';

/** Before the read model is asked again that failed to answer. Milliseconds. */
const RETRY = 250;

const READING = { doing: 'reading chats', logger: new Logger('DirectFeed'), pause: RETRY };

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

/** Where the chats stood at some moment: those with a cursor at their cursors, the others at the baseline. */
interface Standing {
  readonly baseline: Baseline['positions'];
  readonly inUse: ReadonlyMap<Room, Position>;
}

export interface DirectFeedParts {
  readonly timeline: FollowedTimeline;
  readonly fanOut: FanOut;
  readonly live: Pick<AskedLive, 'onSignal'>;
  /** There is one more chat than before. */
  readonly opened: (userId: string) => void;
}

const BEGINNING: Position = { n: 0, rev: 0 };

/**
 * All direct chats of one person, told to their connections of the direct API. Of thousands few are in use: only one in
 * which something happens gets a cursor, which begins at the baseline.
 */
export class DirectFeed {
  /** Nobody is in it before {@link ready}. */
  readonly audience: Audience<Standing | null>;
  /** Those in which something has happened since the baseline. */
  readonly #chats = new Map<Room, FollowedChat>();
  #baseline: Baseline | null = null;
  /** The version that the chats are being moved to. */
  #next: Pinned<Timeline> | null = null;
  #ready: Promise<void> | null = null;
  /** Updates that came before the baseline was there. */
  #waiting: RoomUpdate[] = [];
  readonly #ear: Ear;
  #stopped = false;

  constructor(
    private readonly userId: string,
    private readonly parts: DirectFeedParts,
  ) {
    const standing = (): Standing | null => this.#standing();
    this.audience = new Audience(parts.fanOut, standing, () => {
      this.#ear.check();
    });
    this.#ear = new Ear(
      () => !this.#stopped && (this.audience.wants('typing') || this.audience.wants('seen')),
      () =>
        parts.live.onSignal(personTopic(userId), (text) => {
          this.#tellSignal(text);
        }),
    );
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

  /** How one of its audience hears a chat of this person's; null for anybody else. */
  hearing(session: Session, room: Room, chatId: number): Hearing | null {
    const joined = this.audience.joinedAt(session);
    if (!joined) return null;
    const timeline = this.parts.timeline.current.queries;
    const changesFrom = this.audience.changesFrom(session);
    const changesSince = changesFrom ? standsAt(changesFrom, room) : null;
    return {
      ...{ room, timeline, since: standsAt(joined, room), changesSince },
      isOn: () => this.audience.has(session),
      frames: async (changes, before, only) => {
        const messages = changes.map(({ message }) => message);
        const receiptOf = await timeline.receipts(room, messages);
        return chatFrames(changes, before, { chatId, viewer: this.userId }, receiptOf)
          .filter(({ topic }) => (topic === null ? only === undefined : session.topics.has(topic)))
          .map(({ text }) => textFrame(text));
      },
    };
  }

  #standing(): Standing | null {
    if (!this.#baseline) return null;
    const inUse = new Map([...this.#chats].map(([room, { cursor }]) => [room, cursor.at ?? BEGINNING]));
    return { baseline: this.#baseline.positions, inUse };
  }

  /** After the connection was lost: reads which chats went on meanwhile, new ones too, and what happened in them. */
  async catchUp(): Promise<void> {
    if (!this.#ready) return;
    await this.#ready;
    const read = await this.#read(() => this.parts.timeline.current);
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

  /** One of its audience has asked for other things than before. */
  topicsChanged(session: Session): void {
    this.audience.topicsChanged(session);
  }

  /** Those with whom there is a chat, as far as is known. */
  get partners(): string[] {
    const rooms = new Set([...(this.#baseline?.positions.keys() ?? []), ...this.#chats.keys()]);
    return [...rooms].map((room) => roomIds(room).find((userId) => userId !== this.userId)!);
  }

  #tellSignal(text: string): void {
    const signal = readSignal<DirectSignal>(text, ['type', 'chatId', 'userId']);
    const userNumber = signal && userNumberOf(signal.userId);
    if (!signal || userNumber === null) return;
    const [chat_id, user_id] = [signal.chatId, userNumber];
    switch (signal.type) {
      case 'typing': {
        const frame: SoftDirectFrame = { event: 'typing', data: { chat_id, user_id } };
        this.audience.tellSoftly('typing', JSON.stringify(frame), 'typing', { isKept: false });
        return;
      }
      case 'seen': {
        const frame: SoftDirectFrame = { event: 'seen', data: { chat_id, user_id, n: signal.n, seen_at: signal.at } };
        this.audience.tellSoftly('seen', JSON.stringify(frame), `seen ${chat_id}`, { isKept: true });
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#ear.stop();
    for (const { cursor } of this.#chats.values()) cursor.stop();
  }

  async #start(): Promise<void> {
    const read = await this.#read(() => this.parts.timeline.current);
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
      const timeline = this.parts.timeline.current;
      const entry = await timeline.queries.entry(this.userId, room);
      // Told of by the next version of the timeline, which is about to be followed.
      if (!entry) throw new Error(`the chat ${room} is not in version ${timeline.version} yet`);
      return { timeline, chatId: entry.chatId };
    });
    if (!read) return;
    chat.chatId = read.chatId;
    chat.cursor.start(read.timeline, BEGINNING, true);
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
        changed: (changes, before) => {
          const shown = { chatId: chat.chatId, viewer: this.userId };
          for (const { text, topic, traceparent } of chatFrames(changes, before, shown)) {
            this.audience.tell(text, topic, traceparent);
          }
        },
        lostTrack: () => {
          this.audience.restart();
        },
      }),
    };
    if (this.#stopped) chat.cursor.stop();
    this.#chats.set(room, chat);
    if (chatId === 0) this.parts.opened(this.userId);
    return chat;
  }

  #patiently<T>(read: () => Promise<T>): Promise<T | null> {
    return patiently({ ...READING, isWanted: () => !this.#stopped }, read);
  }
}

/** A chat that was not known then was opened later, and is told from its beginning. */
function standsAt({ inUse, baseline }: Standing, room: Room): Position {
  const { n, rev } = inUse.get(room) ?? baseline.get(room) ?? BEGINNING;
  return { n, rev };
}

const byRoom = (positions: readonly ChatPosition[]) => new Map(positions.map((position) => [position.room, position]));

const isSame = (one: ChatPosition | undefined, other: ChatPosition): boolean =>
  one?.rev === other.rev && one.seq === other.seq;
