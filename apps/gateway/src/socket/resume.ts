import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { DirectChats, EventLog } from '#event-store';
import { type Change, type Position, positionAfter, type Timeline } from '#projections';
import type { FrameOf, KnownPosition, Resumed, ResumeData, ResumedRoom } from '#protocol';
import type { Done } from '../commands/command.js';
import { readInTime } from '../commands/read-in-time.js';
import type { Hearing } from '../feeds/hearing.js';
import { Hub } from '../feeds/hub.js';
import { type GatewaySettings, SETTINGS } from '../settings.js';
import { type ResumeOutcome, Traffic } from '../traffic.js';
import { ROOM_CHAT } from './endpoint.js';
import { Lists } from './lists.js';
import type { Session } from './session.js';
import { SharedFrames } from './shared-frames.js';

/** How many changes are made into frames together: between two parts, others have their turn. */
const PART = 100;

/** How long it is waited for where a room stands. Milliseconds. */
const PATIENCE = 4_500;

/** Of a room: where a client stands, from where on it is told everything but changes, and changes too. */
type Stretch = readonly [from: Position, to: Position, last: Position];

/** How long it is known which log it is: between two there is a projector that begins anew, which takes longer. */
const LOG_AGE = 1_000;

const DIRECT = /^direct:([1-9][0-9]{0,15})$/;

const outcomeOf = (room: ResumedRoom): ResumeOutcome =>
  room.recovered ? 'recovered' : 'to' in room ? 'not_recovered' : 'not_found';

/**
 * Tells a client that was away what it missed. A connection hears a room from the position on at which it came into it,
 * without holes; so what it lacks is what lies between the position that the client knows and that one, and nothing has
 * to be held back meanwhile, or is told twice.
 */
@Injectable()
export class Resume {
  /** Who was cut off together has missed the same, and a room tells it to everybody in the same words. */
  private readonly shared = new WeakMap<Timeline, SharedFrames>();
  private log: { readonly askedAt: number; readonly name: Promise<string | null> } | null = null;

  constructor(
    @Inject(Hub) private readonly hub: Pick<Hub, 'person'>,
    @Inject(DirectChats) private readonly chats: Pick<DirectChats, 'ofPerson'>,
    @Inject(Lists) private readonly lists: Pick<Lists, 'send'>,
    @Inject(SETTINGS) private readonly settings: Pick<GatewaySettings, 'resumeChangesMax'>,
    @Inject(Traffic) private readonly traffic: Pick<Traffic, 'resumed'>,
    @Inject(EventLog) private readonly events: Pick<EventLog, 'restoredAt'>,
  ) {}

  /** One room after the other. @throws RetryableError: then the client knows no more than before */
  async of(session: Session, { rooms, log: knownLog }: ResumeData): Promise<Done> {
    await session.admit();
    const log = await this.nameOfLog();
    const isSameLog = log === (knownLog ?? null);
    const resumed: [name: string, ResumedRoom][] = [];
    for (const [name, known] of Object.entries(rooms)) {
      if (!session.isOpen) break;
      const room = await this.room(session, name, known, isSameLog);
      this.traffic.resumed[outcomeOf(room)]++;
      resumed.push([name, room]);
    }
    const answer: FrameOf<typeof Resumed> = {
      event: 'resumed',
      data: { rooms: Object.fromEntries(resumed), ...(log !== null && { log }) },
    };
    return { ack: {}, answer };
  }

  /**
   * Null where it was never restored from a backup. Else positions of before may be of what the backup lacks, and once
   * the room has come as far again they look like any other.
   */
  private nameOfLog(): Promise<string | null> {
    const now = performance.now();
    if (!this.log || now - this.log.askedAt > LOG_AGE) {
      const name = this.events.restoredAt().then((restoredAt) => (restoredAt === 0 ? null : String(restoredAt)));
      this.log = { askedAt: now, name };
      name.catch(() => (this.log = null));
    }
    return this.log.name;
  }

  private async room(
    session: Session,
    name: string,
    known: KnownPosition | null,
    isSameLog: boolean,
  ): Promise<ResumedRoom> {
    const { person } = session;
    const from = known && { n: known.n, rev: known.rev };
    const hearing = await this.hearing(session, name);
    const isSameClan = name !== 'clan' || known?.clan_id === undefined || known.clan_id === person.clanId;
    const to = hearing && from && isSameClan && isSameLog ? await this.goOn(session, hearing, from) : null;
    if (from && to && hearing?.isOn()) return { from, to, recovered: true };
    // They may have come into another clan meanwhile.
    const standing = hearing?.isOn() ? hearing : await this.hearing(session, name);
    return standing ? { from, to: standing.since, recovered: false } : { recovered: false, code: 'not_found' };
  }

  /** Who may hear what is asked at this moment. */
  private async hearing(session: Session, name: string): Promise<Hearing | null> {
    const { userId } = session.person;
    const feed = this.hub.person(userId);
    if (session.endpoint === ROOM_CHAT) {
      if (!feed || (name !== 'global' && name !== 'clan')) return null;
      // Of a clan that they have just come into it may not be known yet where it stands.
      return readInTime(performance.now() + PATIENCE, feed.hearing(session, name));
    }
    const [, id] = DIRECT.exec(name) ?? [];
    const chat = id === undefined ? null : await this.chats.ofPerson(userId, Number(id));
    return (chat && feed?.hearingChat(session, chat.room, chat.seq)) ?? null;
  }

  /** @returns up to where the connection knows everything, or null where nothing was told */
  private async goOn(session: Session, hearing: Hearing, from: Position): Promise<Position | null> {
    const { room, since, changesSince, timeline } = hearing;
    const missed = since.rev - from.rev;
    // Heard of at another gateway, or on this very connection.
    if (missed < 0 && (await timeline.changeAt(room, from)) === null) return null;
    if (missed === 0 && from.n !== since.n) return null;
    const to = missed < 0 ? from : since;
    const late = changesSince && changesSince.rev > to.rev ? changesSince : null;
    const last = late ?? to;
    if (last.rev === from.rev) return to;
    if (last.rev - from.rev > this.settings.resumeChangesMax) return null;
    const known = { upTo: null as Position | null };
    const make = () => this.frames(hearing, [from, to, last]);
    const shared = session.endpoint === ROOM_CHAT ? this.sharedIn(timeline) : null;
    // Edits are told only to those who have asked for them.
    const places = [from, to, last].flatMap(({ n, rev }) => [n, rev]);
    const key = [room, ...places, session.topics.has('changes')].join(' ');
    await this.lists.send(session, async () => {
      const frames = await (shared ? shared.of(key, make) : make());
      if (!frames) return [];
      known.upTo = to;
      return hearing.isOn() ? frames : [];
    });
    return known.upTo;
  }

  private sharedIn(timeline: Timeline): SharedFrames {
    const shared = this.shared.get(timeline) ?? new SharedFrames();
    this.shared.set(timeline, shared);
    return shared;
  }

  /**
   * All that was missed up to `to`, and from there to `last` what is told only to those who have asked for changes, since
   * the connection had not yet. Null where the room never stood there.
   */
  private async frames(hearing: Hearing, [from, to, last]: Stretch): Promise<Buffer[] | null> {
    const { room, timeline } = hearing;
    const between = (one: Position, other: Position) =>
      one.rev === other.rev ? [] : timeline.changesBetween(room, one, other);
    const [all, late] = [await between(from, to), await between(to, last)];
    if (!all || !late) return null;
    const told = await this.inParts(all, from, (part, before) => hearing.frames(part, before));
    return [...told, ...(await this.inParts(late, to, (part, before) => hearing.frames(part, before, 'changes')))];
  }

  private async inParts(
    changes: readonly Change[],
    from: Position,
    make: (part: readonly Change[], before: Position) => Promise<Buffer[]>,
  ): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    let before = from;
    for (let i = 0; i < changes.length; i += PART) {
      const part = changes.slice(i, i + PART);
      frames.push(...(await make(part, before)));
      before = positionAfter(before, part);
      await nextTurn();
    }
    return frames;
  }
}
