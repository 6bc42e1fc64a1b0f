import { expect, it } from '@jest/globals';
import { encodeEvent, erasedInPartitions, PARTITIONS, type UserErased, userRoom } from '#domain';
import { Erasures } from '../src/keys/erasures.js';
import type { LogRecord } from '../src/log-record.js';

const fence: UserErased = {
  ...{ type: 'UserErased', room: userRoom('7'), id: `erase.${'1'.padStart(24, '0')}`, at: '2026-01-02T03:04:05.678Z' },
  ...{ userId: '7', keyId: null },
};

/** What the log has of an erasure in each partition, which begins in the person's own room at a sequence. */
const inPartitions = (seq: number): LogRecord[] =>
  [...erasedInPartitions(fence)].map((event, partition) => ({
    ...{ ...encodeEvent(event), id: event.id, kind: 'erase', at: 0 },
    ...{ partition, seq: seq + 1 + partition },
  }));

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A log whose readings end when the test says so, with what was there when they began. */
class HeldLog {
  readonly records: LogRecord[] = [];
  readonly readings: (() => void)[] = [];

  async *read(partition: number, from: number): AsyncGenerator<LogRecord, void> {
    const found = this.records.filter((record) => record.partition === partition && record.seq >= from);
    await new Promise<void>((resolve) => this.readings.push(resolve));
    yield* found;
  }

  async end(): Promise<void> {
    await settled();
    for (const end of this.readings.splice(0)) end();
  }
}

it('has by the end of a refresh all that was there when it was asked for, though another was under way', async () => {
  const log = new HeldLog();
  const erasures = new Erasures(log);
  const first = erasures.refresh(3);
  await settled();
  log.records.push(...inPartitions(100));
  const second = erasures.refresh(3);
  await log.end();
  await first;
  expect(erasures.covers('7', { partition: 3, seq: 50 })).toBe(false);
  await log.end();
  await second;
  expect(erasures.covers('7', { partition: 3, seq: 50 })).toBe(true);
});

it('knows of a partition what was erased there once that one is read, and of all once all are', async () => {
  const log = new HeldLog();
  const erasures = new Erasures(log);
  log.records.push(...inPartitions(100));
  const one = erasures.refresh(3);
  await log.end();
  await one;
  const erased = () =>
    Array.from({ length: PARTITIONS }, (_, partition) => erasures.covers('7', { partition, seq: 50 }));
  expect(erased().flatMap((is, partition) => (is ? [partition] : []))).toEqual([3]);
  expect([erasures.isWhole({ userId: '7', seq: 100 }), erasures.behind(200)]).toEqual([false, ['7']]);
  const all = erasures.refresh();
  await log.end();
  await all;
  expect(erased()).not.toContain(false);
  expect([erasures.isWhole({ userId: '7', seq: 100 }), erasures.isWhole({ userId: '7', seq: 110 })]).toEqual([
    true,
    false,
  ]);
  expect([erasures.behind(200), erasures.behind(110)]).toEqual([[], ['7']]);
  expect(erasures.covers('7', { partition: 3, seq: 104 })).toBe(false);
});
