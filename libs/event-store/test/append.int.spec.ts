import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChatCreated, clanRoom, directRoom, openChat, type RecordedEvent, userRoom } from '#domain';
import { DirectChats, type EventLog, People } from '../src/index.js';
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

describe('append', () => {
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
    expect(refused[0]).toMatchObject({ reason: { name: 'LogUnavailable' } });
  });

  it('refuses an id that would end its header', async () => {
    const event = { ...message(clanRoom('header'), 'x'), id: 'msg.1\r\nNats-Rollup: sub' };
    await expect(log.append(event)).rejects.toThrow(RangeError);
  });
});

describe('chats and people', () => {
  it('knows a chat by the sequence of its creation, and nothing else by any other', async () => {
    const room = directRoom('1', '2');
    const opened = await log.decide<ChatCreated>(room, 'chat', (last) =>
      openChat({ key: nextKey(), at, by: '1', receiver: '2' }, chatOf(last)),
    );
    const event = 'event' in opened ? opened.event : null;
    const chats = new DirectChats(log);
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
      const named = { type: 'ProfileChanged', room, id, at, userId, name: `name of ${userId}`, avatar: null } as const;
      await log.append(named, { expectedLast: 0 });
    }
    for (const userId of ids) {
      expect(await people.profile(userId)).toEqual({ name: `name of ${userId}`, avatar: null });
      expect(await log.last(userRoom(userId), 'profile')).toMatchObject({ room: userRoom(userId), userId });
    }
  });
});
