import { describe, expect, it } from '@jest/globals';
import { type DomainEvent, encodeEvent, GLOBAL_ROOM, kindOf, partitionOf } from '#domain';
import type { LogRecord } from '#event-store';
import { firstVersion, memoryReadModels } from '#read-models';
import { type Clock, timeline } from '../src/index.js';
import { Worker } from '../src/engine/worker.js';

const NUMBER = partitionOf(GLOBAL_ROOM);
const RECORDS = 100;
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** Goes on to what is due next once nothing else is left to be done. */
class VirtualTime implements Clock {
  #now = 1_000;
  readonly #due = new Map<() => void, number>();

  now(): number {
    return this.#now;
  }

  date(): Date {
    return new Date(this.#now);
  }

  after(ms: number, f: () => void): () => void {
    const timer = (): void => {
      f();
    };
    this.#due.set(timer, this.#now + ms);
    return () => {
      this.#due.delete(timer);
    };
  }

  async runUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...this.#due].sort(([, a], [, b]) => a - b);
      if (!next) throw new Error('nothing is left to be waited for');
      this.#due.delete(next[0]);
      this.#now = Math.max(this.#now, next[1]);
      next[0]();
    }
  }
}

const record = (seq: number): LogRecord => {
  const messageId = String(seq).padStart(24, '0');
  const event: DomainEvent = {
    ...{ type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${messageId}`, at: '2026-01-02T03:04:05.678Z', messageId },
    ...{ content: 'hello', sender: { id: 'ada', name: 'Ada', avatar: null } },
  };
  const { type, version, room, body } = encodeEvent(event);
  return { seq, partition: NUMBER, room, kind: kindOf(event.type), id: event.id, type, version, body, at: 0 };
};

/** When the rounds were, where a record comes each millisecond. */
async function rounds(paceMs: number): Promise<readonly number[]> {
  const clock = new VirtualTime();
  const readModels = memoryReadModels();
  await readModels.versions.replace('timeline', firstVersion(timeline.format, 1));
  const at: number[] = [];
  let seq = 0;
  const worker = new Worker({
    ...{ projection: timeline, version: 1, announcing: true, owner: 'w', logger: quiet, readModels, clock, paceMs },
    onRound: () => {
      at.push(clock.now());
    },
    log: {
      setUp: () => Promise.resolve([]),
      restoredAt: () => Promise.resolve(0),
      recordAt: () => Promise.resolve(null),
      eraser: { carryOut: () => Promise.resolve([]) },
      live: {
        ...{ publishToRoom: () => undefined, publishToUser: () => undefined, flush: () => Promise.resolve() },
        onInterrupted: () => () => true,
      },
      consume: ({ partition }: { partition: number }) =>
        Promise.resolve({
          ended: null,
          next: () =>
            new Promise((resolve) => {
              if (partition !== NUMBER || seq === RECORDS) return;
              clock.after(1, () => {
                resolve([record(++seq)]);
              });
            }),
          ack: () => undefined,
          close: () => Promise.resolve(),
          lag: () => Promise.resolve(0),
        }),
    } as never,
  });
  void worker.start();
  await clock.runUntil(() => worker.counters.folded === RECORDS);
  await worker.stop();
  return at;
}

const between = (times: readonly number[]): number[] => times.slice(1).map((time, i) => time - times[i]!);

describe('the rounds of a worker for which always something waits', () => {
  it.each([16, 40])('begin %i ms after each other', async (paceMs) => {
    const at = await rounds(paceMs);
    expect(at).toHaveLength(Math.ceil((RECORDS - 1) / paceMs) + 1);
    expect(new Set(between(at))).toEqual(new Set([paceMs]));
  });

  it('begin with every record where there is no pace', async () => {
    const at = await rounds(0);
    expect(at).toHaveLength(RECORDS);
  });
});
