import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  clanRoom,
  directRoom,
  type DomainEvent,
  GLOBAL_ROOM,
  keySequence,
  type MessageCreated,
  type Room,
  roomIds,
  userRoom,
  RetryableError,
} from '#domain';
import { type EventLog } from '#event-store';
import { posted, profile } from '../../chatctl/test/system-under-test.js';
import { oneOf } from '../../workbench/src/seeded-random.js';

const EVENTS_PER_SECOND = 600;
const TICK_MS = 25;
/** So many of the last messages are reacted to and sent once more. */
const RECENT = 400;

export const clans = Array.from({ length: 40 }, (_, i) => clanRoom(String(i)));
export const chats = Array.from({ length: 30 }, (_, i) => directRoom(String(i), String(100 + i)));
const people = Array.from({ length: 60 }, (_, i) => String(i));
const emojis = ['👍', '🎉', '😂', '🤔'];

const nextKey = keySequence(randomBytes(8));
/** On one of three days. */
const time = (i: number): string => `2026-03-0${1 + (i % 3)}T12:00:00.000Z`;

/** Appends events of every type, in many rooms of which one is hot, until it is stopped. */
export class Load {
  appended = 0;
  /** The ids of the messages that the log took, by room. */
  readonly messages = new Map<Room, Set<string>>();
  /** `<projection> <sequence>` of every event that cannot be folded. */
  readonly unfoldable: string[] = [];
  private readonly recent: MessageCreated[] = [];
  private stopping = false;
  private running: Promise<void> | null = null;

  constructor(
    private readonly log: Pick<EventLog, 'append'>,
    private readonly random: () => number,
    /** While this does not hold, it pauses. */
    private readonly mayGoOn: () => boolean,
  ) {}

  start(): void {
    this.running = this.run();
    // It surfaces where it is stopped.
    this.running.catch(() => undefined);
  }

  /** Resolves once everything is in the log. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  /** One of each kind that is put aside: a body, a fact and a name that are not what they must be. */
  async appendUnfoldable(): Promise<void> {
    const faulty: [DomainEvent, string[]][] = [
      [{ ...posted(clans[0]!, 'by no id'), messageId: 'none' }, ['timeline', 'stats']],
      [posted(directRoom('1', '1000'), 'before its chat'), ['timeline']],
      [profile(people[0]!, ''), ['timeline', 'directory', 'stats']],
    ];
    for (const [event, projections] of faulty) {
      const seq = await this.append(event);
      this.unfoldable.push(...projections.map((projection) => `${projection} ${seq}`));
    }
  }

  private async run(): Promise<void> {
    await Promise.all(chats.map((room) => this.append(opened(room))));
    const startedAt = performance.now();
    let begun = 0;
    while (!this.stopping) {
      await sleep(TICK_MS);
      const due = Math.floor(((performance.now() - startedAt) * EVENTS_PER_SECOND) / 1_000);
      // Where it cannot keep up it does not make up for it in one go.
      const events = Array.from({ length: Math.min(due - begun, 100) }, () => this.next());
      begun = due;
      if (!this.mayGoOn()) continue;
      await Promise.all(
        events.map(async (event) => {
          await this.append(event);
          if (event.type === 'MessageCreated') this.keep(event);
        }),
      );
    }
  }

  /** @returns its sequence; the same event is sent again where it is not known whether the log took it */
  private async append(event: DomainEvent): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        const stored = await this.log.append(event);
        if (stored === 'conflict') throw new Error('conflict');
        this.appended++;
        return stored.seq;
      } catch (error) {
        if (!(error instanceof RetryableError) || attempt === 3) throw error;
      }
    }
  }

  private keep(message: MessageCreated): void {
    const ofRoom = this.messages.get(message.room) ?? new Set();
    this.messages.set(message.room, ofRoom.add(message.messageId));
    this.recent.push(message);
    if (this.recent.length > RECENT) this.recent.shift();
  }

  private next(): DomainEvent {
    const { random, recent } = this;
    const dice = random();
    if (dice < 0.4 || recent.length < 10) return this.message(GLOBAL_ROOM);
    if (dice < 0.58) return this.message(oneOf(random, clans));
    if (dice < 0.68) return this.message(oneOf(random, chats));
    if (dice < 0.83) return this.reaction(oneOf(random, recent));
    if (dice < 0.88) return this.seen(oneOf(random, chats));
    if (dice < 0.92) return this.retry(oneOf(random, recent));
    if (dice < 0.96) return profile(oneOf(random, people), `name ${this.appended}`);
    return this.membership(oneOf(random, people));
  }

  private message(room: Room): MessageCreated {
    const { random, appended } = this;
    const key = nextKey();
    const id = oneOf(random, room.startsWith('direct:') ? roomIds(room) : people);
    return {
      type: 'MessageCreated',
      room,
      id: `msg.${key}`,
      at: time(appended),
      messageId: key,
      sender: { id, name: `person ${id}`, avatar: null },
      content: `message ${key}`,
      ...(random() < 0.3 && { clientId: key }),
    };
  }

  /** What a client sends once more that had no answer: within the log's window for duplicates, or after it. */
  private retry(message: MessageCreated): DomainEvent {
    if (message.clientId === undefined || this.random() < 0.5) return message;
    return { ...message, id: `msg.${nextKey()}` };
  }

  private reaction({ room, messageId }: MessageCreated): DomainEvent {
    const { random, appended } = this;
    const userId = oneOf(random, people);
    const fact = { room, id: `react.${nextKey()}`, at: time(appended), messageId, userId };
    if (random() < 0.2) return { type: 'ReactionRemoved', ...fact };
    return { type: 'ReactionAdded', ...fact, userName: `person ${userId}`, emoji: oneOf(random, emojis) };
  }

  private seen(room: Room): DomainEvent {
    const { random, appended } = this;
    const n = Math.max(1, this.messages.get(room)?.size ?? 0);
    const userId = oneOf(random, roomIds(room));
    return { type: 'MessagesSeen', room, id: `seen.${nextKey()}`, at: time(appended), userId, n };
  }

  private membership(userId: string): DomainEvent {
    const { random, appended } = this;
    const fact = { room: userRoom(userId), id: `member.${nextKey()}`, at: time(appended), userId };
    const clanId = String(Math.floor(random() * 40));
    if (random() < 0.3) return { type: 'MemberLeft', ...fact, clanId };
    return { type: 'MemberJoined', ...fact, clanId, leftClanId: null };
  }
}

function opened(room: Room): DomainEvent {
  const users = roomIds(room) as [string, string];
  return { type: 'ChatCreated', room, id: `chat.${nextKey()}`, at: time(0), by: users[0], users };
}
