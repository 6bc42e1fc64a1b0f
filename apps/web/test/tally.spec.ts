import { describe, expect, it } from '@jest/globals';
import { type LoggedLine, LogTally, PaneTally, SETTLED_MS } from '../src/break-it/tally.js';

// What is counted as lost, doubled and out of order.

const told = (tally: PaneTally, ...messages: (readonly [probe: number, n: number])[]) => {
  for (const [probe, n] of messages) tally.message(`id ${n}`, n, probe);
};
const counts = (tally: PaneTally, due: readonly number[]) => {
  tally.due(due);
  return tally.counts;
};
const none = { lost: 0, doubled: 0, disordered: 0 };

describe('what a client was told', () => {
  it('is all of it, once, in order', () => {
    const tally = new PaneTally(1);
    told(tally, [1, 11], [2, 12], [3, 13]);
    expect(counts(tally, [1, 2, 3])).toEqual({ told: 3, ...none });
  });

  it('lacks what is due, and only what is due', () => {
    const tally = new PaneTally(1);
    told(tally, [1, 11], [3, 13]);
    expect(counts(tally, [1, 2, 3])).toEqual({ ...none, told: 2, lost: 1 });
  });

  it('is no longer lost once it comes', () => {
    const tally = new PaneTally(1);
    told(tally, [1, 11]);
    expect(counts(tally, [1, 2])).toEqual({ ...none, told: 1, lost: 1 });
    told(tally, [2, 12], [3, 13]);
    expect(tally.counts).toEqual({ told: 2, ...none });
    expect(counts(tally, [3])).toEqual({ told: 3, ...none });
  });

  it('is seen twice however long it is open: as out of order, where it is not known by its id any more', () => {
    const tally = new PaneTally(1);
    for (let n = 1; n <= 5_000; n++) {
      tally.message(`id ${n}`, n, n);
      tally.due([n]);
    }
    expect(tally.counts).toEqual({ told: 5_000, ...none });
    told(tally, [4_999, 4_999], [1, 1]);
    expect(tally.counts).toEqual({ told: 5_000, lost: 0, doubled: 1, disordered: 1 });
  });

  it('has nothing to do with what was said before it came', () => {
    const tally = new PaneTally(3);
    told(tally, [3, 13]);
    expect(counts(tally, [1, 2, 3])).toEqual({ told: 1, ...none });
  });

  it('is doubled where it is told twice, and out of order where what is below comes later, of whomever', () => {
    const tally = new PaneTally(1);
    told(tally, [1, 11], [1, 11]);
    tally.message('another’s', 14, null);
    told(tally, [2, 12]);
    expect(counts(tally, [1, 2])).toEqual({ told: 2, lost: 0, doubled: 1, disordered: 1 });
  });

  it('is made whole by the latest messages, which double nothing', () => {
    const tally = new PaneTally(1);
    told(tally, [1, 11]);
    tally.reset([1, 2].map((probe) => ({ id: `id ${probe + 10}`, n: probe + 10, probe })));
    told(tally, [3, 13]);
    expect(counts(tally, [1, 2, 3])).toEqual({ told: 3, ...none });
  });
});

describe('what the log has', () => {
  /** Probes by their places, which begin with 1, and how often which part of them is read. */
  function logOf(...probes: number[]) {
    const asked: number[] = [];
    async function* lines(after: number): AsyncGenerator<LoggedLine> {
      asked.push(after);
      await Promise.resolve();
      for (let seq = after + 1; seq <= probes.length; seq++) {
        yield { seq, type: 'MessageCreated', content: `probe ${probes[seq - 1]!}` };
      }
      if (!log.isCutOff) yield { seq: probes.length, end: true };
    }
    const log = { probes, asked, lines, isCutOff: false };
    return log;
  }
  const begin = () => new LogTally((text) => Number(text.split(' ')[1]));
  /** Long enough after all was acknowledged. */
  const THEN = SETTLED_MS + 1;

  it('is held against what was acknowledged, and each part of it read once', async () => {
    const [log, tally] = [logOf(1, 2), begin()];
    tally.acknowledged(1, 0);
    tally.acknowledged(2, 10);
    expect(await tally.read(log.lines, THEN)).toEqual([1]);
    expect(tally.counts).toEqual({ told: 1, ...none });
    log.probes.push(3, 4);
    tally.acknowledged(3, 20);
    expect(await tally.read(log.lines, THEN + 20)).toEqual([2, 3]);
    expect(await tally.read(log.lines, THEN + 20)).toEqual([]);
    expect(tally.counts).toEqual({ told: 3, ...none });
    expect(log.asked).toEqual([0, 2, 4]);
  });

  it('is read once more where the answer was cut off', async () => {
    const [log, tally] = [logOf(1, 2), begin()];
    tally.acknowledged(1, 0);
    log.isCutOff = true;
    expect(await tally.read(log.lines, THEN)).toBeNull();
    log.isCutOff = false;
    expect(await tally.read(log.lines, THEN)).toEqual([1]);
    expect([log.asked, tally.counts]).toEqual([[0, 0], { told: 1, ...none }]);
  });

  it('lacks one, has one twice or in another order: that is counted', async () => {
    const [log, tally] = [logOf(1, 3, 2, 2), begin()];
    for (const probe of [1, 2, 3, 4]) tally.acknowledged(probe, 0);
    await tally.read(log.lines, THEN);
    log.probes.push(3, 5);
    await tally.read(log.lines, THEN);
    expect(tally.counts).toEqual({ told: 3, lost: 1, doubled: 2, disordered: 1 });
  });

  it('is not held against what another one said, whose log is read no more', async () => {
    const [log, tally] = [logOf(), begin()];
    tally.acknowledged(1, 0);
    const reading = tally.read(log.lines, THEN);
    tally.forget();
    expect(await reading).toBeNull();
    expect(await tally.read(log.lines, THEN)).toEqual([]);
    expect(tally.counts).toEqual({ told: 0, ...none });
  });
});
