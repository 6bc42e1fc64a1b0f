import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RetryableError } from '#domain';
import { FairQueue, TurnMissed } from '../src/fair-queue.js';

/** A piece of work whose end is in the test's hands. */
interface Piece {
  readonly done: Promise<unknown>;
  end(): void;
  rested(): void;
  /** Told to end its rest. */
  readonly isTold: () => boolean;
}

describe('work of several owners', () => {
  let queue: FairQueue;
  let hasRoom: boolean;
  /** What was begun, in order. */
  let begun: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    [hasRoom, begun] = [true, []];
    queue = new FairQueue({ atOnce: 2, hasRoom: () => hasRoom, patience: 30_000 });
  });
  afterEach(() => {
    expect([queue.size, jest.getTimerCount()]).toEqual([0, 0]);
    jest.useRealTimers();
  });

  function add(owner: string, name = owner): Piece {
    const ends: (() => void)[] = [];
    let signal: AbortSignal | undefined;
    const [work, rest] = [0, 1].map((i) => new Promise<void>((resolve) => (ends[i] = resolve)));
    const done = queue
      .run(
        owner,
        () => {
          begun.push(name);
          return work!;
        },
        (_, end) => {
          signal = end;
          return rest!;
        },
      )
      .catch((error: unknown) => error);
    return {
      done,
      end: () => {
        ends[0]!();
      },
      rested: () => {
        ends[1]!();
      },
      isTold: () => signal?.aborted === true,
    };
  }
  const settled = () => jest.advanceTimersByTimeAsync(0);
  async function finish(...pieces: Piece[]): Promise<void> {
    for (const piece of pieces) {
      piece.end();
      piece.rested();
      await piece.done;
    }
    await settled();
  }

  it('is begun a few at a time, in order', async () => {
    const [a, b, c] = [add('a'), add('b'), add('c')];
    await settled();
    expect(begun).toEqual(['a', 'b']);
    await finish(b);
    expect(begun).toEqual(['a', 'b', 'c']);
    await finish(a, c);
  });

  it('is begun one at a time for each owner, who takes turns with the others', async () => {
    const ofA = [1, 2, 3].map((i) => add('a', `a${i}`));
    const [b, c] = [add('b'), add('c')];
    await settled();
    expect(begun).toEqual(['a1', 'b']);
    await finish(ofA[0]!);
    expect(begun).toEqual(['a1', 'b', 'c']);
    await finish(b);
    expect(begun).toEqual(['a1', 'b', 'c', 'a2']);
    await finish(c);
    expect(begun).toHaveLength(4);
    await finish(...ofA.slice(1));
    expect(begun).toEqual(['a1', 'b', 'c', 'a2', 'a3']);
  });

  it('that is done and not yet over keeps its owner, and nobody else, waiting', async () => {
    const [a1, a2, b, c] = [add('a', 'a1'), add('a', 'a2'), add('b'), add('c')];
    a1.end();
    await settled();
    expect(begun).toEqual(['a1', 'b', 'c']);
    await finish(b, c);
    expect(begun).toHaveLength(3);
    await finish(a1);
    expect(begun).toEqual(['a1', 'b', 'c', 'a2']);
    await finish(a2);
  });

  it('is not begun where there is no room, and is once there is', async () => {
    hasRoom = false;
    const [a, b] = [add('a'), add('b')];
    await settled();
    expect(begun).toEqual([]);
    hasRoom = true;
    queue.goOn();
    await settled();
    expect(begun).toEqual(['a', 'b']);
    await finish(a, b);
  });

  describe('for which there is no room, while others rest', () => {
    let rests: Piece[];
    const told = () => rests.map(({ isTold }) => isTold());

    beforeEach(async () => {
      rests = [];
      for (const owner of ['a', 'b', 'c']) {
        rests.push(add(owner));
        rests.at(-1)!.end();
        await jest.advanceTimersByTimeAsync(1_000);
      }
      hasRoom = false;
    });

    it('has the longest told to end once its time is over, and the next one when that has', async () => {
      const d = add('d');
      await settled();
      queue.goOn();
      // Its patience, and the rest's time.
      expect(jest.getTimerCount()).toBe(2);
      await jest.advanceTimersByTimeAsync(1_999);
      expect(told()).toEqual([false, false, false]);
      await jest.advanceTimersByTimeAsync(1);
      expect(told()).toEqual([true, false, false]);
      // It takes its time; meanwhile the others are left alone.
      const e = add('e');
      await jest.advanceTimersByTimeAsync(10_000);
      expect(told()).toEqual([true, false, false]);
      rests[0]!.rested();
      await settled();
      expect([told(), begun]).toEqual([
        [true, true, false],
        ['a', 'b', 'c'],
      ]);
      hasRoom = true;
      rests[1]!.rested();
      await settled();
      expect([told(), begun]).toEqual([
        [true, true, false],
        ['a', 'b', 'c', 'd', 'e'],
      ]);
      await finish(rests[2]!, d, e);
    });

    it('leaves them alone where nobody waits, or they end by themselves', async () => {
      await jest.advanceTimersByTimeAsync(60_000);
      expect(told()).toEqual([false, false, false]);
      hasRoom = true;
      rests[0]!.rested();
      await settled();
      hasRoom = false;
      await finish(rests[1]!, rests[2]!);
      const d = add('d');
      await jest.advanceTimersByTimeAsync(29_999);
      hasRoom = true;
      queue.goOn();
      await finish(d);
      expect(told()).toEqual([false, false, false]);
    });

    it('leaves them alone where each waits for his own', async () => {
      const c = add('c', 'the next of c');
      await jest.advanceTimersByTimeAsync(30_000);
      expect([told(), await c.done]).toEqual([[false, false, false], expect.any(TurnMissed)]);
      hasRoom = true;
      await finish(...rests);
    });
  });

  it('for which there is no room has one told to end whose rest begins later', async () => {
    const [a, b, c] = [add('a'), add('b'), add('c')];
    await settled();
    hasRoom = false;
    a.end();
    await jest.advanceTimersByTimeAsync(5_000);
    expect([a.isTold(), b.isTold()]).toEqual([true, false]);
    hasRoom = true;
    await finish(a, b, c);
  });

  it('that waited too long is given up, and not begun', async () => {
    const a1 = add('a', 'a1');
    const a2 = add('a', 'a2');
    await jest.advanceTimersByTimeAsync(29_999);
    const a3 = add('a', 'a3');
    await jest.advanceTimersByTimeAsync(1);
    expect(await a2.done).toBeInstanceOf(TurnMissed);
    expect(await a2.done).toBeInstanceOf(RetryableError);
    await finish(a1);
    expect(begun).toEqual(['a1', 'a3']);
    await finish(a3);
  });

  it('that is given up leaves its place to what else its owner has waiting', async () => {
    hasRoom = false;
    const [a1, c] = [add('a', 'a1'), add('c')];
    await jest.advanceTimersByTimeAsync(1_000);
    const [b, a2] = [add('b'), add('a', 'a2')];
    await jest.advanceTimersByTimeAsync(29_000);
    for (const { done } of [a1, c]) expect(await done).toBeInstanceOf(TurnMissed);
    hasRoom = true;
    queue.goOn();
    await settled();
    expect(begun).toEqual(['a2', 'b']);
    await finish(a2, b);
  });

  it('that fails makes room as well', async () => {
    const failed = queue.run(
      'a',
      () => Promise.reject(new Error('in vain')),
      () => Promise.resolve(),
    );
    await expect(failed).rejects.toThrow('in vain');
    const [a, b] = [add('a'), add('b')];
    await settled();
    expect(begun).toEqual(['a', 'b']);
    await finish(a, b);
  });
});
