import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { reconnectDelay } from '#protocol';
import { Audience, FanOut } from '../src/feeds/audience.js';
import { textFrame } from '../src/socket/text-frame.js';
import { Person } from '../src/feeds/person.js';
import type { ChatClient } from './chat-client.js';
import { holdTime, settle } from './chat-in-memory.js';
import { sessionInMemory, type SessionInMemory } from './session-in-memory.js';

let fanOut: FanOut;
let audience: Audience<number>;
/** Of the last that was told. */
let place: number;
let changes = 0;
beforeEach(() => {
  holdTime();
  fanOut = new FanOut();
  place = 0;
  audience = new Audience(
    fanOut,
    () => place,
    () => changes++,
  );
});
afterEach(() => {
  jest.useRealTimers();
});

const numbers = ({ frames }: ChatClient) => frames.map(({ data }) => data);
const tell = (data: number) => {
  place = data;
  audience.tell(JSON.stringify({ data }));
};
const joined = async (): Promise<SessionInMemory> => {
  const one = await sessionInMemory();
  audience.add(one.session);
  return one;
};

describe('an audience', () => {
  it('hears the same, in order, what is told in one turn in one write', async () => {
    const [ada, bob] = [await joined(), await joined()];
    const writes = [ada, bob].map(({ socket }) => jest.spyOn(socket, 'write'));
    for (const number of [1, 2, 3]) tell(number);
    expect(writes.map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
    await settle(0);
    tell(4);
    await settle(0);
    expect([numbers(ada.client), numbers(bob.client)]).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
    expect(writes.map(({ mock }) => mock.calls.length)).toEqual([2, 2]);
    // The very same bytes go to everybody.
    expect(writes[0]!.mock.calls[0]![0]).toBe(writes[1]!.mock.calls[0]![0]);
  });

  it('is written to in the same turn as every other', async () => {
    const other = new Audience(
      fanOut,
      () => 0,
      () => undefined,
    );
    const [ada, bob] = [await joined(), await sessionInMemory()];
    other.add(bob.session);
    tell(1);
    other.tell(JSON.stringify({ data: 2 }));
    await settle(0);
    expect([numbers(ada.client), numbers(bob.client)]).toEqual([[1], [2]]);
  });

  it('reaches who comes with what is told from then on, and knows where it stood then', async () => {
    const ada = await joined();
    const bob = await sessionInMemory();
    for (const number of [1, 2]) tell(number);
    audience.add(bob.session);
    tell(3);
    await settle(0);
    expect([numbers(ada.client), numbers(bob.client)]).toEqual([[1, 2, 3], [3]]);
    expect([ada, bob].map(({ session }) => audience.joinedAt(session))).toEqual([0, 2]);
    audience.remove(bob.session);
    expect([audience.has(ada.session), audience.has(bob.session)]).toEqual([true, false]);
  });

  it('knows where it stood when one of it asked for changes, and tells them of those from then on', async () => {
    const [ada, bob] = [await joined(), await joined()];
    const tellChange = (data: number) => {
      place = data;
      audience.tell(JSON.stringify({ data }), 'changes');
    };
    const ask = (...topics: 'changes'[]) => {
      ada.session.topics = new Set(topics);
      audience.topicsChanged(ada.session);
    };
    tellChange(1);
    await settle(0);
    // What is gathered and not yet written is told.
    tellChange(2);
    ask('changes');
    await settle(0);
    tellChange(3);
    ask('changes');
    await settle(0);
    expect([numbers(ada.client), numbers(bob.client)]).toEqual([[2, 3], []]);
    const places = ({ session }: SessionInMemory) => [audience.joinedAt(session), audience.changesFrom(session)];
    expect([places(ada), places(bob)]).toEqual([
      [0, 2],
      [0, undefined],
    ]);
    ask();
    expect(places(ada)).toEqual([0, undefined]);
    ask('changes');
    expect(places(ada)).toEqual([0, 3]);
    audience.remove(ada.session);
    expect(places(ada)).toEqual([undefined, undefined]);
    // Who is not of it is not kept.
    ask('changes');
    expect(places(ada)).toEqual([undefined, undefined]);
    audience.add(ada.session);
    expect(places(ada)).toEqual([3, 3]);
  });

  it('tells softly who has asked for it, but for the one whom it is about', async () => {
    const [ada, bob, cleo] = [await joined(), await sessionInMemory({ person: new Person('2') }), await joined()];
    audience.add(bob.session);
    for (const { session } of [ada, bob]) session.topics = new Set(['typing']);
    const soft = [ada, bob, cleo].map(({ session }) => jest.spyOn(session, 'deliverSoftly'));
    expect([audience.wants('typing'), audience.wants('presence')]).toEqual([true, false]);
    audience.tellSoftly('typing', '{"data":1}', 'ada', { except: '1', isKept: false });
    audience.tellSoftly('typing', '{"data":2}', 'eve', { isKept: true });
    await settle(0);
    expect([ada, bob, cleo].map(({ client }) => numbers(client))).toEqual([[2], [1, 2], []]);
    const [first, second] = soft[1]!.mock.calls;
    expect([first, second]).toEqual([
      ['ada', textFrame('{"data":1}'), null],
      ['eve', textFrame('{"data":2}'), expect.any(Function)],
    ]);
    // What is told later is not told who does not want it any more by then.
    expect(second![2]!()).toEqual(textFrame('{"data":2}'));
    bob.session.topics = new Set();
    expect(second![2]!()).toBeNull();
  });

  it('says when somebody comes, goes or changes who has asked for something', async () => {
    changes = 0;
    const ada = await joined();
    audience.remove(ada.session);
    expect(changes).toBe(0);
    ada.session.topics = new Set(['typing']);
    audience.add(ada.session);
    expect(changes).toBe(1);
    audience.topicsChanged(ada.session);
    audience.remove(ada.session);
    expect(changes).toBe(3);
  });

  it('does not reach who has left it, not with what was told before either', async () => {
    const [ada, bob] = [await joined(), await joined()];
    expect(audience.size).toBe(2);
    tell(1);
    audience.remove(ada.session);
    await settle(0);
    expect([numbers(ada.client), numbers(bob.client)]).toEqual([[], [1]]);
    expect(audience.size).toBe(1);
  });

  it('is sent to the history one after the other, within two seconds', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, joined));
    audience.restart();
    await settle(0);
    const ends = all.map(({ client }) => client.end);
    expect(ends.map((end) => end?.code)).toEqual(ends.map(() => 1012));
    const delays = ends.map((end) => reconnectDelay(end!.reason)!);
    expect(new Set(delays).size).toBeGreaterThan(5);
    expect(Math.max(...delays)).toBeLessThanOrEqual(2_000);
    expect(Math.max(...delays)).toBeGreaterThan(500);
  });

  it('ends with one code', async () => {
    const [ada, bob] = [await joined(), await joined()];
    audience.end({ code: 1011, reason: 'internal error', reconnect: true });
    await settle(0);
    const end = { code: 1011, reason: 'internal error' };
    expect([ada.client.end, bob.client.end]).toEqual([end, end]);
  });
});

describe('a text frame', () => {
  it.each([
    [0, [0x81, 0]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 0xff, 0xff]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('of %i bytes begins with its length as RFC 6455 has it', (length, header) => {
    const text = 'ä'.repeat(length / 2) + 'x'.repeat(length % 2);
    const frame = textFrame(text);
    expect([...frame.subarray(0, header.length)]).toEqual(header);
    expect(frame.subarray(header.length).toString()).toBe(text);
  });
});
