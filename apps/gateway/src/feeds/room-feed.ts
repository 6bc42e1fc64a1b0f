import { Logger } from '@nestjs/common';
import { GLOBAL_ROOM, type Room } from '#domain';
import type { AskedLive, LiveSubscription } from '#event-store';
import {
  avatarOf,
  enveloped,
  EVERYBODY,
  type RoomDialect,
  type RoomEvent,
  roomFrame,
  roomMessageView,
  type SoftRoomFrame,
} from '#protocol';
import { type Change, decodeUpdate, type Position, positionAfter, type Timeline } from '#projections';
import { type Pinned } from '#read-models';
import { Audience, type FanOut } from './audience.js';
import { ChangePace } from './change-pace.js';
import { Ear, readSignal, roomTopic, type TypingInRoom } from './signals.js';
import type { FollowedTimeline } from './followed-timeline.js';
import type { Hearing } from './hearing.js';
import { RoomCursor } from './room-cursor.js';
import type { Session } from '../socket/session.js';
import { textFrame } from '../socket/text-frame.js';
import { patiently } from '../patiently.js';

/** Before a start that failed is tried again. Milliseconds. */
const RETRY = 250;

const JOINING = { doing: 'joining a room', logger: new Logger('RoomFeed'), pause: RETRY };

export interface RoomFeedParts {
  readonly live: Pick<AskedLive, 'subscribeToRoom' | 'onSignal' | 'flush'>;
  readonly timeline: FollowedTimeline;
  readonly fanOut: FanOut;
  readonly dialect: RoomDialect;
}

/** What tells of each kind of change. */
const events = { message: 'newMessage', reaction: 'newReaction', edit: 'messageChanged' } as const;

/** One room of the room API, as long as this gateway has somebody in it: what happens there, told to its audience. */
export class RoomFeed {
  /** Those who came before it was known where the room stands did so at its start. */
  readonly audience: Audience<Position | null>;
  /** Resolves once nothing that happens from now on is missed. */
  readonly ready: Promise<void>;
  readonly #cursor: RoomCursor;
  readonly #pace = new ChangePace((change) => {
    this.#send('newReaction', change);
  });
  #startedAt: Position | null = null;
  /** Up to where everything was told, or is held. */
  #told: Position = { n: 0, rev: 0 };
  readonly #subscription: LiveSubscription;
  readonly #ear: Ear;
  #stopped = false;

  constructor(
    readonly room: Room,
    private readonly parts: RoomFeedParts,
  ) {
    const place = (): Position | null => this.#cursor.at;
    this.audience = new Audience(parts.fanOut, place, () => {
      this.#ear.check();
    });
    this.#ear = new Ear(
      () => !this.#stopped && this.audience.wants('typing'),
      () =>
        parts.live.onSignal(roomTopic(room), (text) => {
          this.#tellTyping(text);
        }),
    );
    this.#cursor = new RoomCursor(room, {
      changed: (changes, before) => {
        this.#tell(changes, before);
      },
      lostTrack: () => {
        this.#pace.forget();
        this.audience.restart();
      },
    });
    this.#subscription = parts.live.subscribeToRoom(room, (text) => {
      this.#hear(text);
    });
    this.ready = this.#start();
  }

  /** How one of its audience hears it, once it is known where the room stands; null for anybody else. */
  async hearing(session: Session): Promise<Hearing | null> {
    await this.ready;
    const since = this.audience.joinedAt(session) ?? this.#startedAt;
    if (!since || !this.audience.has(session)) return null;
    const changesFrom = this.audience.changesFrom(session);
    const changesSince = changesFrom === undefined ? null : (changesFrom ?? this.#startedAt);
    return {
      ...{ room: this.room, since, changesSince, timeline: this.parts.timeline.current.queries },
      isOn: () => this.audience.has(session),
      frames: (changes, before, topic) => Promise.resolve(this.#frames(session, changes, before, topic)),
    };
  }

  /** One of its audience has asked for other things than before. */
  topicsChanged(session: Session): void {
    this.audience.topicsChanged(session);
  }

  /** Nothing is told any more: the connection to the log was lost, and with it updates and changes of membership. */
  pause(): void {
    this.#cursor.pause();
    this.#pace.pause();
  }

  /** Tells what was missed, and goes on. */
  resume(): void {
    this.#pace.resume();
    this.#cursor.resume();
  }

  /** Goes on in another version of the timeline. */
  move(to: Pinned<Timeline>): Promise<void> {
    return this.#cursor.move(to);
  }

  stop(): void {
    this.#stopped = true;
    this.#cursor.stop();
    this.#pace.forget();
    this.#subscription.stop();
    this.#ear.check();
  }

  #tellTyping(text: string): void {
    const typing = readSignal<TypingInRoom>(text, ['userId', 'name', 'avatar']);
    if (!typing) return;
    const { userId, name, avatar } = typing;
    const frame: SoftRoomFrame = {
      chat: this.room === GLOBAL_ROOM ? 'global' : 'clan',
      event: 'typing',
      user: { _id: userId, name, avatar: avatarOf(avatar) },
    };
    this.audience.tellSoftly('typing', enveloped(this.parts.dialect, frame), 'typing', {
      except: userId,
      isKept: false,
    });
  }

  #hear(text: string): void {
    try {
      const update = decodeUpdate(text);
      if (update?.type === 'room') this.#cursor.accept(update);
    } catch (error) {
      this.#cursor.misheard(error);
    }
  }

  /** Subscribed first, then the position read: what comes in between waits, and is dropped or told by its `rev`. */
  async #start(): Promise<void> {
    await patiently({ ...JOINING, isWanted: () => !this.#stopped }, async () => {
      await this.parts.live.flush();
      const timeline = this.parts.timeline.current;
      this.#startedAt = await timeline.queries.position(this.room);
      this.#cursor.start(timeline, this.#startedAt);
    });
  }

  /** A new message is never held, so it is there before any change of it. */
  #tell(changes: readonly Change[], before: Position): void {
    this.#told = before;
    for (const change of changes) {
      const stood = this.#told;
      this.#told = positionAfter(stood, [change]);
      if (change.kind === 'message') this.#send('newMessage', change);
      else if (change.kind === 'reaction') this.#pace.take(change, stood);
      else {
        this.#pace.amend(change.message);
        this.#send('messageChanged', change);
      }
    }
  }

  /** One that cannot be told keeps no other back, and what is told later has nobody who would catch it. */
  #send(event: RoomEvent, change: Change): void {
    try {
      const frame = this.#frame(event, change, this.#pace.toldUpTo ?? this.#told);
      this.audience.tell(frame, event === 'messageChanged' ? 'changes' : null, change.traceparent);
    } catch (error) {
      this.#cursor.misheard(error);
    }
  }

  #frames({ topics }: Session, changes: readonly Change[], before: Position, topic?: 'changes'): Buffer[] {
    let told = before;
    return changes.flatMap((change) => {
      told = positionAfter(told, [change]);
      const event = events[change.kind];
      const isTold = event === 'messageChanged' ? topics.has('changes') : topic === undefined;
      return isTold ? [textFrame(this.#frame(event, change, told))] : [];
    });
  }

  #frame(event: RoomEvent, { message }: Change, told: Position): string {
    return roomFrame(this.parts.dialect, event, roomMessageView(message, EVERYBODY), told);
  }
}
