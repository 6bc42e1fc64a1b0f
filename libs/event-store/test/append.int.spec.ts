import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ChatCreated,
  clanRoom,
  commandKey,
  directRoom,
  joinClan,
  leaveClan,
  type MembershipEvent,
  openChat,
  type RecordedEvent,
  userRoom,
} from '#domain';
import { Chats, type EventLog, People } from '../src/index.js';
import { LogUnderTest, message, nextKey } from './log-under-test.js';

let test: LogUnderTest;
let log: EventLog;
const at = '2025-06-23T13:03:15.778Z';

beforeAll(async () => {
  test = await LogUnderTest.create();
  log = await test.open();
});
afterAll(() => test.remove());

const chatOf = (last: RecordedEvent | null) => (last?.type === 'ChatCreated' ? last : null);
const memberOf = (last: RecordedEvent | null) =>
  last?.type === 'MemberJoined' ? { clanId: last.clanId } : last?.type === 'MemberLeft' ? { clanId: null } : null;

describe('append', () => {
  it('stores an event that comes back whole, by its sequence and as the last of its kind', async () => {
    const room = clanRoom('whole');
    const event = message(room, 'Grüße 🫡\nüber zwei Zeilen');
    const outcome = await log.append(event);
    if (outcome === 'conflict') throw new Error(outcome);
    expect(outcome.duplicate).toBe(false);
    const recorded = { ...event, seq: outcome.seq };
    expect(await log.at(outcome.seq)).toEqual(recorded);
    expect(await log.last(room, 'msg')).toEqual(recorded);
    expect(await log.last(room, 'react')).toBeNull();
    expect(await log.at(1_000_000)).toBeNull();
    for (const nothing of [0, -1, 1.5, Number.NaN]) expect(await log.at(nothing)).toBeNull();
  });

  it('stores the same event once, and answers with the first sequence', async () => {
    const event = message(clanRoom('twice'), 'once');
    const first = await log.append(event);
    expect(await log.append(event)).toEqual({ ...(first as object), duplicate: true });
  });

  it('takes the same command key in another room or kind for another event', async () => {
    const key = nextKey();
    const outcomes = [
      await log.append(message(clanRoom('one'), 'x', key)),
      await log.append(message(clanRoom('other'), 'x', key)),
      await log.append({
        type: 'ReactionRemoved',
        room: clanRoom('one'),
        id: `react.${key}`,
        at,
        messageId: key,
        userId: '7',
      }),
    ];
    for (const outcome of outcomes) expect(outcome).toMatchObject({ duplicate: false });
  });

  it('refuses an event whose expectation does not hold, in its own room and kind only', async () => {
    const room = clanRoom('expecting');
    const first = await log.append(message(room, 'first'), 0);
    if (first === 'conflict') throw new Error(first);
    expect(await log.append(message(room, 'none expected'), 0)).toBe('conflict');
    expect(await log.append(message(clanRoom('quiet'), 'elsewhere'), 0)).toMatchObject({ duplicate: false });
    const second = await log.append(message(room, 'second'), first.seq);
    expect(second).toMatchObject({ duplicate: false });
    expect(await log.append(message(room, 'stale'), first.seq)).toBe('conflict');
  });

  it('keeps the order of one caller over many in flight, and has each once', async () => {
    const room = clanRoom('many');
    const outcomes = await Promise.all(Array.from({ length: 3_000 }, (_, i) => log.append(message(room, String(i)))));
    const seqs = outcomes.map((outcome) => (outcome === 'conflict' ? 0 : outcome.seq));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(new Set(seqs).size).toBe(3_000);
  });

  it('says which of too many it did not even try', async () => {
    const room = clanRoom('flood');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10_000 }, (_, i) => log.append(message(room, String(i)))),
    );
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(10_000 - 512 - 8_192);
    expect(refused[0]).toMatchObject({ reason: { name: 'LogUnavailable', retryable: true } });
  });

  it('refuses an id that would end its header', async () => {
    const event = { ...message(clanRoom('header'), 'x'), id: 'msg.1\r\nNats-Rollup: sub' };
    await expect(log.append(event)).rejects.toThrow(RangeError);
  });
});

describe('decide', () => {
  it('lets exactly one of 20 at the same time open a chat; the others read it', async () => {
    const room = directRoom('3', '11');
    const others = await Promise.all(Array.from({ length: 4 }, () => test.open()));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        others[i % 4]!.decide<ChatCreated>(room, 'chat', (last) =>
          openChat({ key: nextKey(), at, by: i % 2 ? '3' : '11', receiver: i % 2 ? '11' : '3' }, chatOf(last)),
        ),
      ),
    );
    const made = outcomes.flatMap((outcome) => ('event' in outcome && outcome.event ? [outcome.event] : []));
    expect(made).toHaveLength(1);
    for (const outcome of outcomes) {
      if ('refusal' in outcome) throw new Error(outcome.refusal.message);
      expect((outcome.event ?? outcome.last)?.seq).toBe(made[0]?.seq);
    }
    expect((await log.last(room, 'chat'))?.seq).toBe(made[0]?.seq);
  });

  it('hands on a refusal, and stores nothing', async () => {
    const refused = await log.decide<ChatCreated>(userRoom('self'), 'chat', () =>
      openChat({ key: nextKey(), at, by: 'self', receiver: 'self' }, null),
    );
    expect(refused).toMatchObject({ refusal: { code: 'same_person' } });
    expect(await log.last(userRoom('self'), 'chat')).toBeNull();
  });

  it('decides again on what came in between, and leaves one state', async () => {
    const room = userRoom('mover');
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map((clanId) =>
        log.decide<MembershipEvent>(room, 'member', (last) =>
          joinClan({ key: nextKey(), at, userId: 'mover', clanId }, memberOf(last)),
        ),
      ),
    );
    const events = outcomes.flatMap((o) => ('event' in o && o.event ? [o.event] : []));
    const inOrder = events.toSorted((a, b) => a.seq - b.seq);
    expect(inOrder).toHaveLength(4);
    // Each left the clan that the one before had joined.
    const left = inOrder.map((event) => (event.type === 'MemberJoined' ? event.leftClanId : '?'));
    expect(left).toEqual([null, ...inOrder.slice(0, 3).map((event) => event.clanId)]);
    expect(await new People(log).membership('mover')).toEqual({ clanId: inOrder[3]?.clanId });
  });

  it('takes a command sent again for the event it made the first time', async () => {
    const room = userRoom('again');
    const key = commandKey('again', room, 'c1');
    const join = (last: RecordedEvent | null) =>
      joinClan({ key, at: new Date().toISOString(), userId: 'again', clanId: '3' }, memberOf(last));
    const first = await log.decide<MembershipEvent>(room, 'member', join);
    await log.decide<MembershipEvent>(room, 'member', (last) =>
      leaveClan({ key: nextKey(), at, userId: 'again', clanId: '3' }, memberOf(last)),
    );
    // The retry arrives late, when the person has left: it is still the first command, and moves nobody.
    const retry = await log.decide<MembershipEvent>(room, 'member', join);
    expect(retry).toMatchObject({ event: 'event' in first ? first.event : null });
    expect(await new People(log).membership('again')).toEqual({ clanId: null });
  });
});

describe('chats and people', () => {
  it('knows a chat by the sequence of its creation, and nothing else by any other', async () => {
    const room = directRoom('1', '2');
    const opened = await log.decide<ChatCreated>(room, 'chat', (last) =>
      openChat({ key: nextKey(), at, by: '1', receiver: '2' }, chatOf(last)),
    );
    const event = 'event' in opened ? opened.event : null;
    const chats = new Chats(log);
    for (let reads = 0; reads < 2; reads++) expect(await chats.byId(event?.seq ?? 0)).toEqual(event);
    expect(await chats.byId(1)).toBeNull();
    expect(await chats.byId(10_000_000)).toBeNull();
    expect(await chats.byId(-3)).toBeNull();
  });

  it('knows nothing of a stranger', async () => {
    const people = new People(log);
    expect(await people.membership('stranger')).toBeNull();
    expect(await people.profile('stranger')).toBeNull();
  });

  it('keeps ids of any characters apart and whole', async () => {
    const ids = ['a.b', 'a*', '>', 'a:b', 'a b', '=2e', '🦄', 'a/b\r\n', '%', 'ä', 'a'];
    const people = new People(log);
    for (const userId of ids) {
      const room = userRoom(userId);
      const id = `profile.${nextKey()}`;
      await log.append({ type: 'ProfileChanged', room, id, at, userId, name: `name of ${userId}`, avatar: null }, 0);
    }
    for (const userId of ids) {
      expect(await people.profile(userId)).toEqual({ name: `name of ${userId}`, avatar: null });
      expect(await log.last(userRoom(userId), 'profile')).toMatchObject({ room: userRoom(userId), userId });
    }
  });
});
