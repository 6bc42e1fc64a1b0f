import { setImmediate as nextTurn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  type DomainEvent,
  directRoom,
  joinClan,
  keySequence,
  leaveClan,
  type MembershipState,
  openChat,
  type Room,
} from '#domain';
import {
  type CaughtUp,
  collectionsOf,
  directory,
  type PersonUpdate,
  type Projection,
  type RoomChange,
  ServedTimeline,
  timeline,
  Timeline,
  TIMELINE_FORMAT,
} from '#projections';
import { firstVersion, type Pinned, swapped, withNextVersion, withServingLost } from '#read-models';
import type { Held } from '../../../libs/event-store/test/gates.js';
import { MemoryLogServer } from '../../../libs/event-store/test/memory-log.js';
import { heldReadModels } from '../../../libs/read-models/test/held-read-models.js';
import { FollowedTimeline, type TimelineListener } from '../src/feeds/followed-timeline.js';
import { SteppedFold } from './stepped-fold.js';

const at = '2026-01-01T00:00:00.000Z';

/** Lets time go on, by which everything that needs no longer is done; to be used with jest's timers. */
export const settle = (ms = 20): Promise<void> => jest.advanceTimersByTimeAsync(ms);

/** Lets what needs no longer be done, by no clock that is held either. */
export async function pass(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) {
    await settle(1);
    await nextTurn();
  }
}

/** Lets time go on until a call is there that is held. */
export async function arrived(held: Held): Promise<void> {
  for (let ms = 0; !held.isThere; ms++) {
    if (ms > 50) throw new Error('it was not called');
    await settle(1);
  }
}

/** To be called before the code under test takes the time. What the sockets need of Node itself goes on as ever. */
export const holdTime = (): void => {
  Logger.overrideLogger(false);
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
};

/**
 * Everything that a gateway stands on, in this process's memory: the log, the read models, and what a projector and
 * the surrounding application do, a step at a time.
 */
export class ChatInMemory {
  readonly server = new MemoryLogServer();
  /** The log as the gateway has it, and as everybody else does. */
  readonly log = this.server.connect();
  readonly elsewhere = this.server.connect();
  readonly readModels = heldReadModels();
  readonly served: ServedTimeline = new ServedTimeline(this.readModels);
  readonly nextKey = keySequence(Buffer.alloc(8, 7));
  readonly timeline: SteppedFold<RoomChange>;
  readonly directory: SteppedFold<PersonUpdate>;

  private constructor() {
    this.timeline = this.fold(timeline, 1);
    this.directory = this.fold(directory, 1);
  }

  static async start(): Promise<ChatInMemory> {
    const chat = new ChatInMemory();
    await chat.readModels.versions.replace('timeline', firstVersion(TIMELINE_FORMAT, 1));
    for (const projection of [timeline, directory]) {
      await chat.readModels.projection(projection.name, 1).setUp(collectionsOf(projection));
    }
    return chat;
  }

  get gates() {
    return this.readModels.gates;
  }

  /** A version of a projection that folds the whole log, and is not served. */
  fold<Change>(projection: Projection<Change>, version: number): SteppedFold<Change> {
    const store = this.readModels.projection(projection.name, version);
    const { records } = this.server;
    return new SteppedFold({ projection, version, records, store, live: this.elsewhere.live });
  }

  pinned(version: number): Pinned<Timeline> {
    return {
      version,
      earlier: version > 1 ? [version - 1] : [],
      queries: new Timeline(this.readModels.projection('timeline', version)),
    };
  }

  /** From now on the next version of the timeline is served. */
  async swap(format = TIMELINE_FORMAT): Promise<void> {
    const { versions } = this.readModels;
    const next = withNextVersion((await versions.read('timeline'))!, format);
    await versions.replace('timeline', next);
    await versions.replace('timeline', swapped(next, next.building!));
  }

  /** The read models are lost: an empty version of this number is folded in their place. */
  async empty(number: number): Promise<void> {
    const { versions } = this.readModels;
    await versions.replace('timeline', withServingLost((await versions.read('timeline'))!, TIMELINE_FORMAT, number));
  }

  /** The timeline as the feeds of a gateway follow it. */
  follow(
    listener: Partial<TimelineListener> = {},
    isCaughtUp: CaughtUp = () => Promise.resolve(true),
  ): FollowedTimeline {
    const { moved = () => Promise.resolve(), ended = () => undefined } = listener;
    const followed = new FollowedTimeline(this.served, isCaughtUp, { moved, ended });
    followed.start();
    return followed;
  }

  append(event: DomainEvent): number {
    const stored = this.server.append(event);
    if (stored === 'conflict') throw new Error('nothing was expected');
    return stored.seq;
  }

  /** A message, by whoever is the first in the room; answers with its id. */
  say(room: Room, content: string, senderId = room.split(':')[1] ?? '1'): string {
    const messageId = this.nextKey();
    const sender = { id: senderId, name: `name of ${senderId}`, avatar: null };
    this.append({ type: 'MessageCreated', room, id: `msg.${messageId}`, at, messageId, sender, content });
    return messageId;
  }

  react(room: Room, messageId: string, emoji: string, userId = '1'): void {
    const id = `react.${this.nextKey()}`;
    this.append({ type: 'ReactionAdded', room, id, at, messageId, userId, userName: `name of ${userId}`, emoji });
  }

  /** Another content for a message, by who said it; with null it is taken back. */
  edit(room: Room, messageId: string, content: string | null, userId = '1'): void {
    const fact = { room, id: `edit.${this.nextKey()}`, at, messageId, userId };
    this.append(
      content === null
        ? { type: 'MessageDeleted', ...fact, senderId: userId }
        : { type: 'MessageEdited', ...fact, content },
    );
  }

  /** Somebody has seen a direct chat up to message `n`. */
  seen(room: Room, userId: string, n: number): void {
    this.append({ type: 'MessagesSeen', room, id: `seen.${this.nextKey()}`, at, userId, n });
  }

  /** Opens the direct chat of two people; answers with its room and id. */
  open(by: string, receiver: string): { readonly room: Room; readonly chatId: number } {
    const decision = openChat({ key: this.nextKey(), at, by, receiver }, null);
    if ('refusal' in decision) throw new Error(decision.refusal.message);
    return { room: directRoom(by, receiver), chatId: this.append(decision.event!) };
  }

  /** As the surrounding application does it; null takes somebody out of `from`. */
  move(userId: string, clanId: string | null, from: MembershipState = null): void {
    const context = { key: this.nextKey(), at, userId };
    const decision =
      clanId === null
        ? leaveClan({ ...context, clanId: from?.clanId ?? '' }, from)
        : joinClan({ ...context, clanId }, from);
    if ('event' in decision) this.append(decision.event!);
  }

  rename(userId: string, name: string, avatar: string | null = null): void {
    const room = `user:${userId}` as Room;
    this.append({ type: 'ProfileChanged', room, id: `profile.${this.nextKey()}`, at, userId, name, avatar });
  }
}
