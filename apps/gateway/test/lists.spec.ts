import { setImmediate as nextTurn, setTimeout as pass } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { TurnMissed } from '#platform';
import { lengthOf, listFrame, type Parts, textFrame, textHeader } from '../src/socket/text-frame.js';
import { Lists } from '../src/socket/lists.js';
import { Person } from '../src/feeds/person.js';
import { holdTime, settle } from './chat-in-memory.js';
import { until } from './until.js';
import { sessionInMemory } from './session-in-memory.js';
import { settings } from './sessions-on-sockets.js';

const { limits: usual } = settings;
/** More than waits in a socket in memory. */
const LARGE = 1_000_000;

async function* listOf(...parts: (readonly unknown[])[]): Parts {
  for (const part of parts) yield await Promise.resolve(part);
}

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('a list', () => {
  it.each<[string, (readonly unknown[])[]]>([
    ['of none', []],
    ['of an empty part', [[]]],
    ['of one part', [[1, { a: '😀' }]]],
    ['of several, some of them empty', [[], [1, 2], [], ['x'], []]],
  ])('%s is the frame that it would be at once', async (_, parts) => {
    const frame = Buffer.concat(await listFrame('updated_chat_list', listOf(...parts)));
    const text = JSON.stringify({ event: 'updated_chat_list', data: parts.flat() });
    expect(frame.equals(textFrame(text))).toBe(true);
  });

  it('lets others have their turn between two parts', async () => {
    let turns = 0;
    const count = () => turns++;
    const parts = async function* (): Parts {
      for (let i = 0; i < 10; i++) {
        setImmediate(count);
        yield await Promise.resolve([i]);
        expect(turns).toBe(i + 1);
      }
    };
    await listFrame('updated_chat_list', parts());
    expect(turns).toBe(10);
  });
});

describe('lists', () => {
  const person = (id: string) => sessionInMemory({ person: new Person(id) });
  const large = () => listOf(['x'.repeat(LARGE)]);
  /** Gives a large list, and tells whether it was read. */
  const give = (lists: Lists, { session }: Awaited<ReturnType<typeof person>>) => {
    const given = { isRead: false, isOver: false, fault: null as unknown };
    const parts = async function* (): Parts {
      given.isRead = true;
      yield* large();
    };
    lists
      .give(session, 'updated_chat_list', parts())
      .catch((error: unknown) => (given.fault = error))
      .finally(() => (given.isOver = true));
    return given;
  };
  const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

  it('are made one at a time for each person, over all connections, the next once they have the one before', async () => {
    const lists = new Lists({ limits: usual });
    const [one, two, other] = [await person('1'), await person('1'), await person('2')];
    one.client.ws.pause();
    const [first, second, third] = [give(lists, one), give(lists, two), give(lists, other)];
    await until('the other person has theirs', () => third.isOver);
    expect([first, second]).toMatchObject([
      { isRead: true, isOver: false },
      { isRead: false, isOver: false },
    ]);
    one.client.ws.resume();
    await until('they have both', () => first.isOver && second.isOver);
    for (const { client } of [one, two, other]) expect((await client.next()).data).toEqual(['x'.repeat(LARGE)]);
  });

  it('are not made while those that are not read take too much', async () => {
    const unreadListBytes = lengthOf(await listFrame('updated_chat_list', large()));
    const lists = new Lists({ limits: { ...usual, unreadListBytes } });
    const people = await Promise.all(['1', '2', '3', '4'].map((id) => person(id)));
    for (const { client } of people) client.ws.pause();
    const given = people.map((one) => give(lists, one));
    const read = async () => {
      await turn();
      return given.map(({ isRead }) => isRead);
    };
    // Two are made at the same time, and each takes all the room there is.
    const [one, two] = [people[0]!.socket, people[1]!.socket];
    await until('both are on their way', () => Math.min(one.writableLength, two.writableLength) >= LARGE);
    expect(await read()).toEqual([true, true, false, false]);
    people[0]!.session.terminate();
    await until('the first is over', () => given[0]!.isOver);
    expect(await read()).toEqual([true, true, false, false]);
    people[1]!.client.ws.resume();
    await until('the second is over', () => given[1]!.isOver);
    expect(await read()).toEqual([true, true, true, true]);
    for (const { client } of people) client.ws.resume();
    await until('all are over', () => given.every(({ isOver }) => isOver));
  });

  it('are taken from who has not read theirs for five seconds, the oldest first, where others wait', async () => {
    holdTime();
    /** Between two parts of a list others have their turn, by no clock that is held. */
    const pass = async (ms: number) => {
      await settle(ms);
      for (let turns = 0; turns < 10; turns++) await nextTurn();
    };
    const lists = new Lists({ limits: { ...usual, unreadListBytes: 2 * LARGE } });
    const people = await Promise.all(['1', '2', '3', '4'].map((id) => person(id)));
    for (const { client } of people) client.ws.pause();
    const isOpen = () => people.map(({ session }) => session.isOpen);
    const given = [give(lists, people[0]!)];
    await pass(1_000);
    given.push(give(lists, people[1]!));
    await pass(0);
    await pass(10_000);
    // Nobody waits.
    expect(isOpen()).toEqual([true, true, true, true]);
    given.push(give(lists, people[2]!));
    await pass(100);
    expect(isOpen()).toEqual([false, true, true, true]);
    // It has two seconds to read them all the same, and what it holds is no room before.
    await pass(1_800);
    expect(given.map(({ isRead }) => isRead)).toEqual([true, true, false]);
    await pass(200);
    expect(given.map(({ isRead }) => isRead)).toEqual([true, true, true]);
    // The second has had its time; the third has not.
    given.push(give(lists, people[3]!));
    await pass(2_100);
    expect([isOpen(), given[3]!.isRead]).toEqual([[false, false, true, true], true]);
    give(lists, await person('5'));
    await pass(2_500);
    expect(isOpen()).toEqual([false, false, true, true]);
    await pass(500);
    expect(isOpen()).toEqual([false, false, false, true]);
    people[2]!.client.ws.resume();
    expect(await people[2]!.client.closed).toEqual({ code: 4008, reason: 'too slow a reader' });
  });

  it('whose turn does not come are refused', async () => {
    const lists = new Lists({ limits: { ...usual, listSeconds: 0.1 } });
    const [one, two] = [await person('1'), await person('1')];
    one.client.ws.pause();
    const [first, second] = [give(lists, one), give(lists, two)];
    await until('it is refused', () => second.isOver);
    expect(second.fault).toBeInstanceOf(TurnMissed);
    expect(second.isRead).toBe(false);
    one.client.ws.resume();
    await until('the first is over', () => first.isOver);
  });

  it('are not made for who has left meanwhile', async () => {
    const lists = new Lists({ limits: usual });
    const [one, two] = [await person('1'), await person('1')];
    one.client.ws.pause();
    const [first, second] = [give(lists, one), give(lists, two)];
    two.client.ws.terminate();
    await until('it is gone', () => !two.session.isOpen);
    one.client.ws.resume();
    await until('all are over', () => first.isOver && second.isOver);
    expect(second).toEqual({ isRead: false, isOver: true, fault: null });
  });

  it('are read no further once who asked has left', async () => {
    const lists = new Lists({ limits: usual });
    const { session } = await person('1');
    let read = 0;
    const parts = async function* (): Parts {
      for (; read < 10; read++) {
        if (read === 2) session.terminate();
        yield await Promise.resolve([read]);
      }
    };
    await lists.give(session, 'updated_chat_list', parts());
    expect(read).toBe(2);
  });

  it('that fail make room for the next', async () => {
    const lists = new Lists({ limits: usual });
    const one = await person('1');
    const away = async function* (): Parts {
      yield await Promise.reject(new Error('away'));
    };
    const failing = lists.give(one.session, 'updated_chat_list', away());
    await expect(failing).rejects.toThrow('away');
    const given = give(lists, one);
    await until('the next is over', () => given.isOver);
    expect(await one.client.next()).toMatchObject({ event: 'updated_chat_list' });
  });
});

describe('a client that does not read its list', () => {
  const list = [textHeader(LARGE), Buffer.alloc(LARGE, 'x')];

  it('is closed with 4008', async () => {
    const { session, client } = await sessionInMemory({ limits: { ...usual, listSeconds: 0.1 } });
    client.ws.removeAllListeners('message');
    client.ws.pause();
    const begun = performance.now();
    void session.replyList(list);
    await until('it is closed', () => !session.isOpen);
    expect(performance.now() - begun).toBeGreaterThan(90);
    client.ws.resume();
    expect(await client.closed).toEqual({ code: 4008, reason: 'too slow a reader' });
  });

  it('is closed with 4008 at once where what it was told before has piled up', async () => {
    const { session, client } = await sessionInMemory({ limits: { ...usual, outboundBytes: 1_000 } });
    client.ws.removeAllListeners('message');
    client.ws.pause();
    session.deliver(Buffer.concat(list));
    await session.replyList(list);
    expect(session.isOpen).toBe(false);
    client.ws.resume();
    expect((await client.closed).code).toBe(4008);
    await session.replyList(list);
  });

  it('is not closed for a list that it has read', async () => {
    const { session, client } = await sessionInMemory({ limits: { ...usual, listSeconds: 0.1 } });
    client.ws.removeAllListeners('message');
    await session.replyList(list);
    await pass(200);
    expect(session.isOpen).toBe(true);
  });

  it('is not taken for dead for a ping that it was never sent', async () => {
    const { session, client } = await sessionInMemory({ limits: { ...usual, pingSeconds: 1_000 } });
    client.ws.removeAllListeners('message');
    await session.replyList(list);
    session.beat(performance.now() + 2 * usual.pongSeconds * 1_000);
    expect(session.isOpen).toBe(true);
  });

  it('is not taken for dead meanwhile: a ping waits behind the list, and its time begins when that has gone', async () => {
    const { session, client } = await sessionInMemory();
    client.ws.removeAllListeners('message');
    // It never answers a ping.
    Object.assign(client.ws, { _autoPong: false });
    client.ws.pause();
    const sent = session.replyList(list);
    const [ping, pong] = [usual.pingSeconds * 1_000, usual.pongSeconds * 1_000];
    // Whole, so that the differences are exact.
    const begun = Math.ceil(performance.now());
    session.beat(begun + ping);
    session.beat(begun + ping + 2 * pong);
    expect(session.isOpen).toBe(true);
    jest.spyOn(performance, 'now').mockReturnValue(begun + ping + 3 * pong);
    client.ws.resume();
    await sent;
    session.beat(begun + ping + 4 * pong);
    expect(session.isOpen).toBe(true);
    session.beat(begun + ping + 4 * pong + 1);
    expect(session.isOpen).toBe(false);
  });
});
