import { describe, expect, it, jest } from '@jest/globals';
import { type DomainEvent, erasedInPartitions, eraseUser, GLOBAL_ROOM, partitionOf, type UserErased } from '#domain';
import type { FollowOptions, LogRecord } from '#event-store';
import { RoomFold, type RoomStep, RoomTooLong } from '../src/index.js';
import { at, chat, edited, key, opened, posted, reacted, recorded, seen } from './folded-timeline.js';

/** A log whose records are here at once, some at a time. */
const logOf = (all: readonly LogRecord[]) => ({
  async *readAllowed({ from = 1, until = Infinity, filter = {} }: FollowOptions = {}) {
    const meant = all.filter(({ seq, room }) => room === filter.room && seq >= from && seq <= until);
    for (let i = 0; i < meant.length; i += 100) yield await Promise.resolve(meant.slice(i, i + 100));
  },
});

const fenceOf = (userId: string): UserErased => {
  const decision = eraseUser({ key: key(`erase ${userId}`), at, userId, keyId: null }, null);
  if ('refusal' in decision) throw new Error(decision.refusal.message);
  return decision.event!;
};

/** How often others had their turn meanwhile. */
async function turnsDuring(work: () => Promise<void>): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  try {
    await work();
    return turns;
  } finally {
    clearInterval(timer);
  }
}

const many = recorded(Array.from({ length: 6_000 }, (_, i) => posted(GLOBAL_ROOM, `${i}`)));

async function stepsOf(fold: RoomFold, last: number, atMost = Infinity): Promise<RoomStep[]> {
  const steps: RoomStep[] = [];
  for await (const step of fold.steps(last)) {
    steps.push(step);
    if (steps.length === atMost) break;
  }
  return steps;
}

describe('the fold of a room', () => {
  it('lets others have their turn, between rounds and between steps', async () => {
    const fold = await RoomFold.start(logOf(many), GLOBAL_ROOM);
    expect(await turnsDuring(() => fold.to(5_000))).toBeGreaterThan(0);
    const turns = await turnsDuring(async () => {
      await stepsOf(fold, 2_000, 300);
    });
    expect(turns).toBeGreaterThan(1);
  });

  it('does not write all of the last messages anew for each step', async () => {
    const fold = await RoomFold.start(logOf(many), GLOBAL_ROOM);
    await fold.to(5_000);
    const written = jest.spyOn(JSON, 'stringify');
    try {
      await stepsOf(fold, 2_000, 100);
      expect(written.mock.calls.length).toBeLessThan(2_500);
    } finally {
      written.mockRestore();
    }
  });

  it('steps as far as it may, and folds no more events until a moment', async () => {
    const fold = await RoomFold.start(logOf(many), GLOBAL_ROOM, { atMost: 1_002 });
    await fold.to(1_000);
    expect((await stepsOf(fold, 1)).map(({ seq }) => seq)).toEqual([1_001, 1_002]);
    expect((await fold.room(1)).seq).toBe(1_002);
    expect(await stepsOf(fold, 1)).toEqual([]);
    const long = await RoomFold.start(logOf(many), GLOBAL_ROOM, { atMost: 999 });
    await expect(long.to(1_000)).rejects.toThrow(RoomTooLong);
  });

  it('ends once nobody wants it any more', async () => {
    const log = logOf(many);
    const aborted = { signal: AbortSignal.abort(new Error('nobody waits')) };
    await expect(RoomFold.start(log, GLOBAL_ROOM, aborted)).rejects.toThrow('nobody waits');
    for (const work of [(fold: RoomFold) => fold.to(6_000), (fold: RoomFold) => stepsOf(fold, 2_000)]) {
      const end = new AbortController();
      const fold = await RoomFold.start(log, GLOBAL_ROOM, { signal: end.signal });
      setTimeout(() => {
        end.abort(new Error('nobody waits'));
      }, 5);
      await expect(work(fold)).rejects.toThrow('nobody waits');
      expect((await fold.room(1)).seq).toBeLessThan(6_000);
    }
  });

  it('does not take what was read in part for all', async () => {
    const end = new AbortController();
    const log = {
      async *readAllowed({ signal, filter = {} }: FollowOptions = {}) {
        if (filter.kind !== undefined) return;
        yield await Promise.resolve(many.slice(0, 1));
        end.abort(new Error('nobody waits'));
        if (signal?.aborted) return;
        yield many.slice(1);
      },
    };
    const fold = await RoomFold.start(log, GLOBAL_ROOM, { signal: end.signal });
    await expect(fold.to(6_000)).rejects.toThrow('nobody waits');
  });

  it('has with each step the messages that it left otherwise', async () => {
    const sealed = { texts: null };
    const [first, second, reaction, again, edit] = recorded([
      posted(GLOBAL_ROOM, 'one'),
      posted(GLOBAL_ROOM, 'two'),
      reacted(GLOBAL_ROOM, 'one', '2', '👍'),
      reacted(GLOBAL_ROOM, 'one', '2', '👍'),
      edited(GLOBAL_ROOM, 'two', 'two!'),
    ]);
    const fold = await RoomFold.start(
      logOf([first!, second!, { ...reaction!, ...sealed }, again!, edit!]),
      GLOBAL_ROOM,
    );
    await fold.to(1);
    const steps = await stepsOf(fold, 10);
    expect(steps.map(({ seq, messages }) => [seq, ...messages.map(({ n }) => n)])).toEqual([
      [2, 2],
      [3, 1],
      // The name of who reacted is known from then on.
      [4, 1],
      [5, 2],
    ]);
  });

  it('has of a direct chat who has seen what and who blocks whom, as of each moment', async () => {
    const blocks = {
      type: 'PersonBlocked',
      room: chat,
      id: `block.${key('b')}`,
      at,
      by: '2',
      blockers: ['2'],
    } satisfies DomainEvent;
    const all = recorded([opened(), posted(chat, 'one'), posted(chat, 'two'), seen('2', 2), blocks]);
    const fold = await RoomFold.start(logOf(all), chat);
    const unseen = { seen: ['1', '2'].map((userId) => ({ userId, n: 0 })), blockers: [] };
    expect(await fold.room()).toMatchObject({ seq: 0, storedAt: null, messages: [], chat: unseen });
    await fold.to(3);
    expect((await fold.room()).chat).toEqual(unseen);
    expect((await fold.room()).messages.map(({ content }) => content)).toEqual(['one', 'two']);
    await fold.to(5);
    expect(await fold.room(1)).toMatchObject({
      ...{ seq: 5, storedAt: 0, messages: [{ content: 'two' }], unfoldable: [] },
      chat: { seen: [unseen.seen[0], { userId: '2', n: 2 }], blockers: ['2'] },
    });
    const inGlobal = await RoomFold.start(logOf(many), GLOBAL_ROOM);
    await inGlobal.to(1);
    expect((await inGlobal.room()).chat).toBeNull();
  });

  it('erases whom its partition erases, from then on, also after the last event of the room', async () => {
    const erase = (seq: number, userId: string): LogRecord => {
      const [record] = recorded([erasedInPartitions(fenceOf(userId))[partitionOf(chat)]!]);
      return { ...record!, seq };
    };
    const [first, one, , two] = recorded([opened(), posted(chat, 'one'), opened(), posted(chat, 'two', '2')]);
    const fold = await RoomFold.start(logOf([first!, one!, erase(3, '1'), two!, erase(9, '2')]), chat);
    const shown = async () => {
      const { messages, erased } = await fold.room();
      return [messages.map(({ content }) => content), erased.map(({ seq, userId }) => [seq, userId])];
    };
    await fold.to(2);
    expect(await shown()).toEqual([['one'], []]);
    const left: number[] = [];
    await fold.to(8, (more) => left.push(more));
    expect([await shown(), left]).toEqual([[['', 'two'], [[3, '1']]], [0]]);
    await fold.to(9);
    expect(await shown()).toEqual([
      ['', ''],
      [
        [3, '1'],
        [9, '2'],
      ],
    ]);
    // Back is no way to go.
    await fold.to(2);
    expect((await shown())[1]).toHaveLength(2);
  });
});
