import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clanRoom, type MessageCreated, type Room } from '#domain';
import { type EventLog, type Stored } from '../src/index.js';
import { CuttableProxy } from './cuttable-proxy.js';
import { all, contentOf, LogUnderTest, message } from './log-under-test.js';

// Events that are stored together, on a server: here all that are appended in one turn of the event loop, 32 or more.

let test: LogUnderTest;
let proxy: CuttableProxy;
let direct: EventLog;
let log: EventLog;

beforeAll(async () => {
  test = await LogUnderTest.create();
  proxy = await CuttableProxy.start(test.options.servers);
  direct = await test.open();
});
beforeEach(async () => {
  log = await test.open({ synced: true });
});
afterAll(async () => {
  await test.remove();
  await proxy.stop();
});

let rooms = 0;
const newRoom = (): Room => clanRoom(`batch ${++rooms}`);
const messages = (room: Room, count: number) => Array.from({ length: count }, (_, i) => message(room, String(i)));
const appendAll = (events: readonly MessageCreated[], through = log) =>
  Promise.all(events.map((event) => through.append(event)));
const turn = () => new Promise((resolve) => setImmediate(resolve));
const seqOf = (outcome: unknown) => (outcome as Stored).seq;

/** The place of each in its batch, null of those that were in none. */
const places = (seqs: readonly number[]): Promise<(number | null)[]> =>
  test.jetstream(({ streams }) =>
    Promise.all(
      seqs.map(async (seq) => {
        const stored = await streams.getMessage(test.options.stream, { seq });
        return Number(stored?.header.get('Nats-Batch-Sequence')) || null;
      }),
    ),
  );
const contents = async (room: Room) => (await all(direct.read({ filter: { room } }))).map(contentOf);
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, i) => from + i);
const none = (count: number) => Array<null>(count).fill(null);

describe('events that go together', () => {
  it('are stored whole, in their order, each under a sequence of its own', async () => {
    const room = newRoom();
    const events = messages(room, 100);
    const outcomes = await appendAll(events);
    const last = await direct.lastSeq();
    // On a busy machine the answer may come too late, and the second one says that they are there already.
    expect(outcomes.map(seqOf)).toEqual(upTo(100, last - 99));
    expect(await places(outcomes.map(seqOf))).toEqual(upTo(100));
    for (const i of [0, 50, 99])
      expect(await direct.at(seqOf(outcomes[i]))).toEqual({ ...events[i], seq: last - 99 + i });
  });

  it('are not fewer than 32', async () => {
    const outcomes = await appendAll(messages(newRoom(), 31));
    expect(await places(outcomes.map(seqOf))).toEqual(none(31));
  });

  it('are at most 999, in as many batches as it takes', async () => {
    const room = newRoom();
    const outcomes = await appendAll(messages(room, 2_100));
    const seqs = outcomes.map(seqOf);
    expect(seqs).toEqual(upTo(2_100, seqs[0]));
    expect(await places(seqs)).toEqual([...upTo(999), ...upTo(999), ...upTo(102)]);
    expect(await contents(room)).toEqual(upTo(2_100, 0).map(String));
  });

  it('are at most a million characters', async () => {
    const outcomes = await appendAll(Array.from({ length: 100 }, () => message(newRoom(), 'x'.repeat(20_000))));
    const found = await places(outcomes.map(seqOf));
    expect(found.slice(0, 52)).toEqual([...upTo(51), 1]);
  });

  it('are none where the stream does not sync', async () => {
    const outcomes = await appendAll(messages(newRoom(), 200), direct);
    expect(await places(outcomes.map(seqOf))).toEqual(none(200));
  });

  it('are waited for when the log is closed', async () => {
    const [before, after] = [appendAll(messages(newRoom(), 100)), appendAll(messages(newRoom(), 1_000))];
    await turn();
    await log.close();
    expect(new Set((await Promise.all([before, after])).flat().map(seqOf)).size).toBe(1_100);
  });
});

describe('what cannot be in one batch', () => {
  it('as a second expectation of a subject, waits for the next', async () => {
    const room = newRoom();
    const first = appendAll(messages(newRoom(), 40));
    const expecting = [0, 1].map((i) => log.append(message(room, `expecting ${i}`), { expectedLast: 0 }));
    const rest = appendAll(messages(newRoom(), 40));
    const [stored, conflict] = await Promise.all(expecting);
    expect(conflict).toBe('conflict');
    expect(await places([...(await first).map(seqOf), seqOf(stored)])).toEqual(upTo(41));
    expect(new Set((await rest).map(seqOf)).size).toBe(40);
    expect(await contents(room)).toEqual(['expecting 0']);
  });

  it('as the same event again, waits for the next', async () => {
    const room = newRoom();
    const events = messages(room, 40);
    const outcomes = await appendAll([...events, events[3]!, ...messages(newRoom(), 40)]);
    expect(outcomes[40]).toEqual({ seq: seqOf(outcomes[3]), duplicate: true });
    expect(await places(outcomes.slice(0, 40).map(seqOf))).toEqual(upTo(40));
    expect(await contents(room)).toHaveLength(40);
  });

  it('as what is larger than the server takes, is refused by itself', async () => {
    const room = newRoom();
    const events = [...messages(room, 40), message(room, 'ä'.repeat(600_000)), ...messages(room, 40)];
    const outcomes = await Promise.allSettled(events.map((event) => log.append(event)));
    const [large] = outcomes.splice(40, 1);
    expect(large).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('max_payload') } });
    const seqs = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? seqOf(outcome.value) : 0));
    expect((await places(seqs)).slice(0, 40)).toEqual(upTo(40));
    expect(await contents(room)).toEqual([...upTo(40, 0), ...upTo(40, 0)].map(String));
  });
});

describe('a batch that is refused', () => {
  it('for one expectation is stored without that one, in its order and before what came after it', async () => {
    const [room, expected] = [newRoom(), newRoom()];
    await direct.append(message(expected, 'there'));
    const events = messages(room, 200);
    const first = appendAll(events.slice(0, 50));
    const wrong = log.append(message(expected, 'wrong'), { expectedLast: 0 });
    const second = appendAll(events.slice(50, 100));
    await turn();
    const third = appendAll(events.slice(100));
    expect(await wrong).toBe('conflict');
    const seqs = (await Promise.all([first, second, third])).flat().map(seqOf);
    expect(await places(seqs.slice(0, 100))).toEqual(none(100));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(await contents(room)).toEqual(upTo(200, 0).map(String));
    expect(await contents(expected)).toEqual(['there']);
    // It was the fault of that one alone.
    const next = await appendAll(messages(newRoom(), 40));
    expect(await places(next.map(seqOf))).toEqual(upTo(40));
  });

  it('for what is stored already is stored without that', async () => {
    const room = newRoom();
    const events = messages(room, 100);
    const there = (await direct.append(events[60]!)) as Stored;
    const outcomes = await appendAll(events);
    expect(outcomes[60]).toEqual({ seq: there.seq, duplicate: true });
    expect((await contents(room)).toSorted()).toEqual(upTo(100, 0).map(String).toSorted());
  });

  it('by a stream that takes none is stored all the same, and the next is not tried', async () => {
    const other = await LogUnderTest.create();
    const refused = await other.open({ synced: true });
    await other.jetstream(async ({ streams }) => {
      const { config } = await streams.info(other.options.stream);
      await streams.update(other.options.stream, { ...config, allow_atomic: false });
    });
    const room = newRoom();
    const outcomes = await appendAll(messages(room, 100), refused);
    expect(outcomes).toEqual(upTo(100).map((seq) => ({ seq, duplicate: false })));
    expect(await refused.setUp()).toEqual([]);
    await appendAll(messages(room, 100), refused);
    const batched = await other.jetstream(async ({ streams }) =>
      (await streams.getMessage(other.options.stream, { seq: 150 }))!.header.has('Nats-Batch-Id'),
    );
    expect(batched).toBe(false);
    await other.remove();
  });
});

describe.each([
  {
    lost: 'alone',
    regain: () => {
      proxy.keepAnswers();
      return Promise.resolve();
    },
  },
  {
    lost: 'with the connection',
    regain: () => {
      proxy.cut();
      proxy.mend();
      return Promise.resolve();
    },
  },
])('an answer to a batch that is lost $lost', ({ regain }) => {
  it('is had by sending each of it again, which is stored once', async () => {
    const [room, through] = [newRoom(), await test.open({ servers: proxy.url, synced: true })];
    // One that was made just now dials anew only after a while, and what is away for a second is given up.
    await new Promise((resolve) => setTimeout(resolve, 500));
    proxy.loseAnswers();
    const before = await direct.lastSeq();
    const appended = appendAll(messages(room, 100), through);
    await proxy.losesAppend();
    expect(await direct.lastSeq()).toBe(before + 100);
    const after = appendAll(messages(newRoom(), 100), through);
    await regain();
    expect(await appended).toEqual(upTo(100, before + 1).map((seq) => ({ seq, duplicate: true })));
    expect(await contents(room)).toEqual(upTo(100, 0).map(String));
    expect((await after).map(seqOf)).toEqual(upTo(100, before + 101));
  });
});

describe('whatever comes in one go', () => {
  it('becomes what it would one by one', async () => {
    const append = fc.record({
      room: fc.nat(3),
      what: fc.oneof(
        { weight: 20, arbitrary: fc.constant('plain' as const) },
        { weight: 1, arbitrary: fc.constant('expecting none' as const) },
        { weight: 1, arbitrary: fc.constant('again' as const) },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(append, { minLength: 40, maxLength: 150 }), async (appends) => {
        const own = upTo(4).map(() => newRoom());
        const [events, expected]: [MessageCreated[], string[]] = [[], []];
        const first = new Map<string, string>();
        for (const [i, { room, what }] of appends.entries()) {
          const again = what === 'again' ? events[i >> 1] : undefined;
          const event = again ?? message(own[room]!, String(i));
          events.push(event);
          const isFirst = !events
            .slice(0, i)
            .some((other, j) => other.room === event.room && expected[j] !== 'conflict');
          if (what === 'expecting none' && !isFirst) expected.push('conflict');
          else expected.push(first.has(event.id) ? `duplicate of ${first.get(event.id)!}` : `stored ${i}`);
          if (expected[i]!.startsWith('stored')) first.set(event.id, String(i));
        }
        const outcomes = await Promise.all(
          events.map((event, i) => log.append(event, appends[i]!.what === 'expecting none' ? { expectedLast: 0 } : {})),
        );
        const bySeq = new Map<number, number>();
        const found = outcomes.map((outcome, i) => {
          if (outcome === 'conflict') return outcome;
          const earlier = bySeq.get(outcome.seq);
          if (earlier !== undefined) return outcome.duplicate ? `duplicate of ${earlier}` : 'stored twice';
          // On a busy machine the answer may come too late, and the second one says that it is there already.
          bySeq.set(outcome.seq, i);
          return `stored ${i}`;
        });
        expect(found).toEqual(expected);
        const seqs = [...bySeq.keys()];
        expect(seqs).toEqual(upTo(seqs.length, seqs[0]));
      }),
      { numRuns: 40 },
    );
  });
});
