import { describe, expect, it, jest } from '@jest/globals';
import { GLOBAL_ROOM } from '#domain';
import type { FollowOptions, LogRecord } from '#event-store';
import { RoomFold, type RoomStep, RoomTooLong } from '../src/index.js';
import { edited, posted, reacted, recorded } from './folded-timeline.js';

/** A log of one room whose records are here at once, some at a time. */
const logOf = (all: readonly LogRecord[]) => ({
  async *readAllowed({ from = 1, until = Infinity, filter = {} }: FollowOptions = {}) {
    const meant = filter.room === GLOBAL_ROOM ? all.filter(({ seq }) => seq >= from && seq <= until) : [];
    for (let i = 0; i < meant.length; i += 100) yield await Promise.resolve(meant.slice(i, i + 100));
  },
});

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
});
