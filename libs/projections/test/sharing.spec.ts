import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { PARTITIONS } from '#domain';
import type { Clock, PresentWorkers } from '../src/index.js';
import { Share } from '../src/engine/share.js';
import { ownersOf as ownersOfPresent } from '../src/engine/sharing.js';

const able = (names: readonly string[]) => names.map((name) => ({ name, declines: [] }));
const ownersOf = (group: string, names: readonly string[]) => ownersOfPresent(group, able(names));

const anyWorkers = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 20 });

describe('the sharing out of partitions', () => {
  it('gives each partition to one worker, and nobody more than their share', () => {
    fc.assert(
      fc.property(anyWorkers, (workers) => {
        const owners = ownersOf('timeline-1', workers);
        expect(owners).toHaveLength(PARTITIONS);
        for (const worker of workers) {
          const share = owners.filter((owner) => owner === worker).length;
          expect(share).toBeLessThanOrEqual(Math.ceil(PARTITIONS / workers.length));
        }
      }),
    );
  });

  it('is the same for everybody, in whatever order they see the workers', () => {
    fc.assert(
      fc.property(anyWorkers, (workers) => {
        expect(ownersOf('timeline-1', [...workers].reverse()).sort()).toEqual(ownersOf('timeline-1', workers).sort());
      }),
    );
  });

  it('moves few partitions when one of four leaves', () => {
    const four = ['a', 'b', 'c', 'd'];
    const before = ownersOf('timeline-1', four);
    for (const gone of four) {
      const after = ownersOf(
        'timeline-1',
        four.filter((worker) => worker !== gone),
      );
      const moved = after.filter((owner, partition) => owner !== before[partition]).length;
      expect(moved).toBeLessThanOrEqual(10);
    }
  });

  it('leaves what some cannot fold on to one that can, beyond its share too', () => {
    const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    const older = (declines: number[]) => ['a', 'b', 'c'].map((name) => ({ name, declines }));
    const owners = (declines: number[], newer = 'd') => ownersOfPresent('g', [...older(declines), ...able([newer])]);
    expect(owners(all)).toEqual(all.map(() => 'd'));
    for (const declined of all) expect(owners([declined])[declined]).toBe('d');
    // The rest is shared as ever.
    expect(new Set(owners([0, 1]))).toEqual(new Set(['a', 'b', 'c', 'd']));
  });

  it('leaves what nobody can fold on with one of them', () => {
    const names = ['a', 'b', 'c'];
    const declining = names.map((name) => ({ name, declines: [3] }));
    expect(ownersOfPresent('g', declining)).toEqual(ownersOf('g', names));
  });

  it('is nobody where nobody is there', () => {
    expect(ownersOf('timeline-1', [])).toEqual([]);
  });
});

describe('the share of a worker', () => {
  it('is read once more where a worker left while the workers were read', async () => {
    const present = new Set(['one', 'other']);
    let announce: () => void = () => undefined;
    // A log whose answers take a while on their way.
    const workers: PresentWorkers = {
      beat: () => Promise.resolve(),
      of: () => Promise.resolve([...present]),
      present: async () => {
        const list = able([...present]);
        await sleep(20);
        return list;
      },
      leave: () => Promise.resolve(),
      announce: () => undefined,
      onAnnounced: (_group, listener) => {
        announce = listener;
        return { stop: () => undefined };
      },
    };
    // Nothing but what is announced moves anything: no beat comes.
    const still: Clock = { now: () => 0, date: () => new Date(0), after: () => () => undefined };
    const share = new Share('timeline-1', 'one', workers, still, () => undefined);
    await share.join();
    expect(share.partitions).toHaveLength(PARTITIONS / 2);
    announce();
    await sleep(5);
    present.delete('other');
    announce();
    await sleep(200);
    expect(share.partitions).toHaveLength(PARTITIONS);
    await share.leave();
  });
});
