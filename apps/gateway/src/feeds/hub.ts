import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import pMap from 'p-map';
import { encodeId } from '#domain';
import { type AskedLog, EventLog, type LiveSubscription, LogUnavailable } from '#event-store';
import { CLOSE } from '#protocol';
import { type CaughtUp, ServedTimeline, type Timeline } from '#projections';
import { type Pinned } from '#read-models';
import { DirectFeed } from './direct-feed.js';
import { FanOut } from './audience.js';
import { FollowedTimeline } from './followed-timeline.js';
import { CommandBarrier } from '../commands/command-barrier.js';
import { PersonFeed } from './person-feed.js';
import type { PersonFeedParts } from './person-feed-parts.js';
import { DIRECT_CHAT } from '../socket/endpoint.js';
import { KeepAlive } from '../socket/keep-alive.js';
import { Presence } from '../presence/presence.js';
import { Rooms } from './rooms.js';
import type { Session } from '../socket/session.js';
import { CAUGHT_UP, COMMAND_KEYS, type GatewaySettings, SETTINGS } from '../settings.js';
import { sleep } from '../patiently.js';

/** How many people are read of at the same time. */
const AT_ONCE = 256;
/** The same where each of their chats takes some questions. */
const MOVED_AT_ONCE = 16;
/** How often it is looked whether events are stored, where nobody here says anything. Milliseconds. */
const LOOK = 3_000;
/** Before the log is asked again that failed to answer. Milliseconds. */
const RETRY = 500;

/** Where gateways answer that somebody has a connection of the direct API; nobody listens where they have none. */
export const onlineTopic = (userId: string): string => `online.${encodeId(userId)}`;

interface Held {
  readonly feed: PersonFeed;
  readonly online: LiveSubscription | null;
  holders: number;
}

/** Everybody who is connected to this gateway, their connections and the rooms they are in. */
@Injectable()
export class Hub implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly barrier = new CommandBarrier();
  readonly sessions: ReadonlySet<Session>;
  readonly #sessions = new Set<Session>();
  readonly #people = new Map<string, Held>();
  /** Of all of them. */
  readonly #feedParts: PersonFeedParts;
  readonly #fanOut = new FanOut();
  readonly #rooms: Rooms;
  readonly #keepAlive: KeepAlive;
  readonly #timeline: FollowedTimeline;
  readonly #logger = new Logger(Hub.name);
  readonly #stops: (() => void)[] = [];
  /** Counts the interruptions: a recovery from an earlier one gives up. */
  #interruption = 0;

  constructor(
    @Inject(EventLog) private readonly log: AskedLog,
    @Inject(ServedTimeline) served: ServedTimeline,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
    @Inject(COMMAND_KEYS) newKey: () => string,
    @Inject(CAUGHT_UP) caughtUp: CaughtUp,
    @Inject(Presence) private readonly presence: Pick<Presence, 'came' | 'left' | 'moved'>,
  ) {
    this.sessions = this.#sessions;
    const { dialect } = settings.roomChat;
    this.#timeline = new FollowedTimeline(served, caughtUp, {
      moved: (to) => this.#move(to),
      ended: (reason) => {
        this.#sendAway(reason);
      },
    });
    this.#rooms = new Rooms({ live: log.live, timeline: this.#timeline, fanOut: this.#fanOut, dialect });
    const moved = (userId: string): void => {
      this.presence.moved(userId);
    };
    const directParts = { timeline: this.#timeline, live: log.live, fanOut: this.#fanOut, opened: moved };
    this.#feedParts = {
      ...{ log, rooms: this.#rooms, newKey, moved },
      direct: (userId) => new DirectFeed(userId, directParts),
    };
    this.#keepAlive = new KeepAlive(this.#sessions);
  }

  onApplicationBootstrap(): void {
    this.#keepAlive.start();
    this.#timeline.start();
    const looks = setInterval(() => void this.log.hindrance(), LOOK);
    this.#stops.push(
      this.log.live.onInterrupted((phase) => {
        if (phase === 'lost') this.#lost();
        else void this.#recover();
      }),
      // A server that is cut off from the others keeps its connections, and what was told elsewhere did not come over them.
      this.log.onHindrance((hindrance) => {
        this.barrier.doubt(hindrance === null ? null : (userId) => this.#reread(userId));
        if (hindrance === null) void this.#recover();
      }),
      this.log.keyring.onRefused((userId) => this.person(userId)?.end(CLOSE.internal)),
      () => {
        clearInterval(looks);
      },
    );
  }

  onApplicationShutdown(): void {
    this.#keepAlive.stop();
    this.#timeline.stop();
    for (const stop of this.#stops) stop();
    for (const { feed } of this.#people.values()) feed.stop();
    this.#people.clear();
  }

  /** How many feeds are held, which is nothing once nobody is connected. */
  get held(): { readonly people: number; readonly rooms: number; readonly sessions: number } {
    return { people: this.#people.size, rooms: this.#rooms.size, sessions: this.#sessions.size };
  }

  /** The person's feed, or null where they are not connected here. */
  person(userId: string): PersonFeed | null {
    return this.#people.get(userId)?.feed ?? null;
  }

  /** How many open connections each person has here. */
  connections(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { person, isOpen } of this.#sessions) {
      if (isOpen) counts.set(person.userId, (counts.get(person.userId) ?? 0) + 1);
    }
    return counts;
  }

  /** Why there is nothing to be told here, or null. */
  get hindrance(): string | null {
    if (this.#timeline.hindrance !== null) return this.#timeline.hindrance;
    if (this.barrier.state === 'open') return null;
    return 'the log was away, and who is in which clan is read again: wait, and see that NATS is up';
  }

  /** Holds a person's feed, until {@link release}. */
  hold(userId: string): PersonFeed {
    let entry = this.#people.get(userId);
    if (!entry) {
      entry = this.#newPerson(userId);
      this.#people.set(userId, entry);
    }
    entry.holders++;
    return entry.feed;
  }

  release(feed: PersonFeed): void {
    const entry = this.#people.get(feed.userId);
    if (entry?.feed !== feed || --entry.holders > 0) return;
    this.#people.delete(feed.userId);
    entry.online?.stop();
    feed.stop();
  }

  #newPerson(userId: string): Held {
    const feed = new PersonFeed(userId, this.#feedParts);
    // Only in-mail asks.
    const asked = this.settings.inMail.url !== undefined;
    return { feed, online: asked ? this.#answerFor(feed) : null, holders: 0 };
  }

  #answerFor(feed: PersonFeed): LiveSubscription {
    return this.log.live.answer(onlineTopic(feed.userId), () => (feed.connections(DIRECT_CHAT) > 0 ? ['yes'] : []));
  }

  /** A connection that holds its person's feed; both are let go of once it is over. */
  add(session: Session, feed: PersonFeed): void {
    this.#sessions.add(session);
    feed.add(session);
    this.presence.came(session);
    session.whenOver(this.#over);
  }

  readonly #over = (session: Session): void => {
    this.presence.left(session);
    this.#sessions.delete(session);
    // It held its feed until now, so that is the one there is; none where all were let go of, at the end.
    const feed = this.person(session.person.userId);
    if (!feed) return;
    feed.remove(session);
    this.release(feed);
  };

  #lost(): void {
    this.#interruption++;
    this.barrier.shut();
    this.#rooms.pause();
  }

  /** What is so of somebody is asked of the log before they do anything. @throws LogUnavailable */
  async #reread(userId: string): Promise<void> {
    await this.log.whenLed();
    const isKnown = await this.person(userId)?.refresh();
    if (isKnown === false) throw new LogUnavailable('what is so of them is not known here any more');
  }

  /** Who is in which clan is read again from the log before anything is told or accepted. */
  async #recover(): Promise<void> {
    const interruption = ++this.#interruption;
    this.#rooms.pause();
    this.barrier.hold();
    for (let unread = this.#feeds(); ;) {
      unread = await this.#refresh(unread);
      if (interruption !== this.#interruption) return;
      if (unread.length === 0) break;
      // What waited is told that it was in vain; who comes now waits for the next attempt.
      this.barrier.shut();
      await sleep(RETRY);
      if (interruption !== this.#interruption) return;
      this.barrier.hold();
    }
    this.#rooms.resume();
    this.barrier.open();
    await this.#forEverybody('their chats', (feed) => feed.catchUp());
  }

  /** @returns those who could not be read for the moment */
  async #refresh(feeds: readonly PersonFeed[]): Promise<PersonFeed[]> {
    const unread: PersonFeed[] = [];
    let reason = '';
    const refresh = async (feed: PersonFeed): Promise<void> => {
      try {
        await feed.refresh();
      } catch (error) {
        unread.push(feed);
        reason = String(error);
      }
    };
    await pMap(feeds, refresh, { concurrency: AT_ONCE });
    if (unread.length > 0) this.#logger.warn(`reading memberships again: ${unread.length} to go, ${reason}`);
    return unread;
  }

  /** Everybody goes on in another version of the timeline. */
  async #move(to: Pinned<Timeline>): Promise<void> {
    await this.#rooms.move(to);
    await this.#forEverybody('their chats in another version', (feed) => feed.move(to), MOVED_AT_ONCE);
  }

  /** To other gateways, of the release that can read what is served; this one is not ready any more. */
  #sendAway(reason: string): void {
    if (this.#sessions.size === 0) return;
    this.#logger.error(`${reason}; ${this.#sessions.size} connections are closed`);
    for (const session of this.#sessions) session.sendAway();
  }

  #feeds(): PersonFeed[] {
    return [...this.#people.values()].map(({ feed }) => feed);
  }

  /**
   * Not all at the same moment, or the servers would get a question for everybody, or for every chat. Who has trouble has
   * it alone.
   */
  async #forEverybody(what: string, work: (feed: PersonFeed) => Promise<void>, concurrency = AT_ONCE): Promise<void> {
    const workAlone = async (feed: PersonFeed): Promise<void> => {
      try {
        await work(feed);
      } catch (error) {
        this.#logger.error(`${what}, of user ${JSON.stringify(feed.userId)}: ${String(error)}`);
      }
    };
    await pMap(this.#feeds(), workAlone, { concurrency });
  }
}
