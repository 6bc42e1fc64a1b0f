import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FairQueue, TurnMissed } from '../src/fair-queue.js';

/** A piece of work whose end is in the test's hands. */
interface Piece {
  readonly done: Promise<unknown>;
  end(): void;
  rested(): void;
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
    const [work, rest] = [0, 1].map((i) => new Promise<void>((resolve) => (ends[i] = resolve)));
    const done = queue
      .run(
        owner,
        () => {
          begun.push(name);
          return work!;
        },
        () => rest!,
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

  it('that waited too long is given up, and not begun', async () => {
    const a1 = add('a', 'a1');
    const a2 = add('a', 'a2');
    await jest.advanceTimersByTimeAsync(29_999);
    const a3 = add('a', 'a3');
    await jest.advanceTimersByTimeAsync(1);
    expect(await a2.done).toBeInstanceOf(TurnMissed);
    expect(await a2.done).toMatchObject({ retryable: true });
    await finish(a1);
    expect(begun).toEqual(['a1', 'a3']);
    await finish(a3);
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
