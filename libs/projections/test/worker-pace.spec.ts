import { describe, expect, it } from '@jest/globals';
import { type DomainEvent, encodeEvent, GLOBAL_ROOM, kindOf, partitionOf } from '#domain';
import type { LogRecord } from '#event-store';
import { firstVersion, memoryReadModels } from '#read-models';
import { timeline } from '../src/index.js';
import { Worker } from '../src/engine/worker.js';
import { VirtualTime } from './virtual-time.js';

const NUMBER = partitionOf(GLOBAL_ROOM);
const RECORDS = 100;
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

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
