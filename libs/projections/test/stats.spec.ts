import { describe, expect, it } from '@jest/globals';
import {
  clanRoom,
  commandKey,
  directRoom,
  type DomainEvent,
  encodeEvent,
  GLOBAL_ROOM,
  partitionOf,
  type Room,
  userRoom,
} from '#domain';
import type { LogRecord } from '#event-store';
import { type DocumentStore, memoryReadModels } from '#read-models';
import { Stats, stats, statsCollections } from '../src/index.js';
import { foldRound } from '../src/engine/round.js';

const chat = directRoom('1', '2');
const monday = '2026-01-05';
const tuesday = '2026-01-06';

type What = 'post' | 'react' | 'unreact' | 'see' | 'open' | 'join' | 'leave' | 'rename';

/** What somebody did: an event of the kind, in a room where it concerns one and not the person alone. */
function did(what: What, userId: string, room: Room = GLOBAL_ROOM, day = monday, time = '12:00:00.000'): DomainEvent {
  const key = commandKey(userId, room, what + day + time);
  const fact = { room, at: `${day}T${time}Z` };
  const own = { ...fact, room: userRoom(userId), userId };
  switch (what) {
    case 'post': {
      const sender = { id: userId, name: 'Ada', avatar: null };
      return { type: 'MessageCreated', ...fact, id: `msg.${key}`, messageId: key, sender, content: 'hi' };
    }
    case 'react':
      return { type: 'ReactionAdded', ...fact, id: `react.${key}`, messageId: key, userId, userName: 'A', emoji: '👍' };
    case 'unreact':
      return { type: 'ReactionRemoved', ...fact, id: `react.${key}`, messageId: key, userId };
    case 'see':
      return { type: 'MessagesSeen', ...fact, id: `seen.${key}`, userId, n: 1 };
    case 'open':
      return { type: 'ChatCreated', ...fact, id: `chat.${key}`, by: userId, users: ['1', '2'] };
    case 'join':
      return { type: 'MemberJoined', ...own, id: `member.${key}`, clanId: '3', leftClanId: null };
    case 'leave':
      return { type: 'MemberLeft', ...own, id: `member.${key}`, clanId: '3' };
    case 'rename':
      return { type: 'ProfileChanged', ...own, id: `profile.${key}`, name: 'Ada', avatar: null };
  }
}

/** The events as the log has them, at 1, 2, 3 … */
const recorded = (events: readonly DomainEvent[]): LogRecord[] =>
  events.map((event, i) => {
    const { type, version, body, room } = encodeEvent(event);
    const kind = event.id.split('.')[0]!;
    return { seq: i + 1, partition: partitionOf(room), room, kind, id: event.id, type, version, body, at: 0 };
  });

async function open(): Promise<DocumentStore> {
  const store = memoryReadModels().projection('stats', 1);
  await store.setUp(statsCollections);
  return store;
}

async function foldAll(events: readonly DomainEvent[]): Promise<DocumentStore> {
  const store = await open();
  const round = await foldRound(stats, store, new Map(), recorded(events));
  for (const [collection, writes] of round.writes) await store.write(collection, writes);
  return store;
}

const nothing = {
  messages: 0,
  reactionsAdded: 0,
  reactionsRemoved: 0,
  edits: 0,
  deletions: 0,
  seenMarks: 0,
  chatsOpened: 0,
  joins: 0,
  leaves: 0,
  profileChanges: 0,
};

describe('the stats', () => {
  it('count what happened in each room on each day, and who did any of it', async () => {
    const queries = new Stats(
      await foldAll([
        did('post', '1'),
        did('post', '2'),
        did('react', '1'),
        did('unreact', '1'),
        did('post', '1', clanRoom('3')),
        did('post', '1', GLOBAL_ROOM, tuesday),
        did('open', '1', chat),
        did('post', '1', chat),
        did('see', '2', chat),
      ]),
    );
    expect(await queries.days(GLOBAL_ROOM, monday, tuesday)).toMatchObject([
      { day: monday, counts: { ...nothing, messages: 2, reactionsAdded: 1, reactionsRemoved: 1 }, activeUsers: 2 },
      { day: tuesday, counts: { ...nothing, messages: 1 }, activeUsers: 1 },
    ]);
    expect(await queries.days(chat, monday, monday)).toMatchObject([
      { counts: { ...nothing, messages: 1, chatsOpened: 1, seenMarks: 1 }, activeUsers: 2 },
    ]);
    expect(await queries.days(clanRoom('3'), monday, tuesday)).toHaveLength(1);
  });

  it('count what concerns one person in the room of that person', async () => {
    const queries = new Stats(await foldAll([did('join', '7'), did('rename', '7'), did('leave', '7')]));
    expect(await queries.days(userRoom('7'), monday, monday)).toMatchObject([
      { counts: { ...nothing, joins: 1, leaves: 1, profileChanges: 1 }, activeUsers: 1 },
    ]);
    expect(await queries.days(clanRoom('3'), monday, monday)).toEqual([]);
  });

  it('are told nobody', () => {
    expect(stats.announce([], 1)).toEqual([]);
  });

  it('begin a day at midnight UTC, in whatever order its events come', async () => {
    const queries = new Stats(
      await foldAll([
        did('post', '1', GLOBAL_ROOM, tuesday, '00:00:00.000'),
        did('post', '1', GLOBAL_ROOM, monday, '23:59:59.999'),
        did('post', '2', GLOBAL_ROOM, tuesday, '00:00:00.001'),
      ]),
    );
    const days = await queries.days(GLOBAL_ROOM, monday, tuesday);
    expect(days.map(({ day, counts, activeUsers }) => [day, counts.messages, activeUsers])).toEqual([
      [monday, 1, 1],
      [tuesday, 2, 2],
    ]);
  });
});
