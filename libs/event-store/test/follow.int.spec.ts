import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM } from '#domain';
import { decodeRecord, type EventLog, type FollowOptions, type LogRecord, LogUnavailable } from '../src/index.js';
import { CuttableProxy } from './cuttable-proxy.js';
import { all, LogUnderTest, message, nextKey } from './log-under-test.js';

const encryption = { masterKeys: [randomBytes(32)], seals: true };

let test: LogUnderTest;
let log: EventLog;
let proxy: CuttableProxy;

beforeAll(async () => {
  test = await LogUnderTest.create();
  log = await test.open({ encryption });
  proxy = await CuttableProxy.start(test.options.servers);
});
afterAll(async () => {
  await test.remove();
  await proxy.stop();
});

const fill = async (count: number, room = GLOBAL_ROOM) => {
  for (let i = 0; i < count; i += 500) {
    await Promise.all(Array.from({ length: Math.min(500, count - i) }, () => log.append(message(room, 'said'))));
  }
};
const seqsOf = (records: readonly LogRecord[]) => records.map(({ seq }) => seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Reads until so many records came. */
async function take(from: EventLog, count: number, options: FollowOptions, onRecords?: (count: number) => void) {
  const taken: LogRecord[] = [];
  for await (const records of from.readAllowed(options)) {
    taken.push(...records);
    onRecords?.(taken.length);
    if (taken.length >= count) break;
  }
  return taken;
}
const consumers = () =>
  test.jetstream(async ({ consumers: all }) => (await all.list(test.options.stream).next()).length);

describe('reading on as the log grows', () => {
  it('hands out what is there, then what comes, and nothing of what a filter keeps out', async () => {
    await fill(20);
    const following = take(log, 22, { follow: true, filter: { room: GLOBAL_ROOM } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await fill(1, clanRoom('3'));
    await fill(2);
    expect(seqsOf(await following)).toEqual([...range(1, 20), 22, 23]);
  });

  it('begins behind the end where it is told to, and ends when it is told to', async () => {
    const { lastSeq } = await log.state();
    const stop = new AbortController();
    const taken: number[] = [];
    const following = (async () => {
      for await (const records of log.readAllowed({ from: lastSeq + 1, follow: true, signal: stop.signal })) {
        taken.push(...seqsOf(records));
        stop.abort();
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await fill(1);
    await following;
    expect(taken).toEqual([lastSeq + 1]);
    for (let tries = 0; (await consumers()) > 0; tries++) {
      if (tries > 100) throw new Error('a consumer is left');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('goes on where it was when the connection is back, each record once and in order', async () => {
    await fill(3_000);
    const { lastSeq } = await log.state();
    const cut = await test.open({ encryption, servers: proxy.url });
    let cuts = 0;
    const following = take(cut, lastSeq + 500, { follow: true }, (count) => {
      if (cuts > 1 || count < (cuts === 0 ? 1 : 2_500)) return;
      cuts++;
      proxy.cut();
      setTimeout(() => {
        proxy.mend();
      }, 400);
    });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await fill(500);
    expect(seqsOf(await following)).toEqual(range(1, lastSeq + 500));
    expect(cuts).toBe(2);
  });

  it('ends also while the connection is away', async () => {
    const cut = await test.open({ encryption, servers: proxy.url });
    const stop = new AbortController();
    let following: Promise<LogRecord[]> = Promise.resolve([]);
    await new Promise<void>((isCut) => {
      following = take(cut, Infinity, { follow: true, signal: stop.signal }, () => {
        proxy.cut();
        isCut();
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    stop.abort();
    expect((await following).length).toBeGreaterThan(0);
    proxy.mend();
  });

  it('ends also where it is told to while it begins, though nothing comes', async () => {
    const slow = await test.open({ encryption, servers: proxy.url });
    const { lastSeq } = await log.state();
    const stop = new AbortController();
    proxy.hold();
    const following = take(slow, 1, { from: lastSeq + 1, follow: true, signal: stop.signal });
    // What it asks before that goes on.
    while (!proxy.held.includes('CONSUMER.CREATE')) {
      proxy.release();
      proxy.hold();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    stop.abort();
    proxy.release();
    expect(await following).toEqual([]);
  });

  it('does not show what is still sealed with the key of somebody who was erased meanwhile', async () => {
    const room = clanRoom('erased');
    const by = (content: string) => ({ ...message(room, content), sender: { id: '66', name: 'Eve', avatar: null } });
    // It has the key, and does not hear that it is gone.
    const late = await test.open({ encryption });
    await late.append(by('before'));
    const reader = await test.open({ encryption });
    const following = take(reader, 2, { follow: true, filter: { room } });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await log.eraser.erase('66', { key: nextKey(), at: new Date().toISOString() });
    await late.append(by('too late'));
    const [, record] = await following;
    expect(record).toMatchObject({ erased: true, texts: null });
  });

  it('does not wait for a log that is not there', async () => {
    const none = await LogUnderTest.create(undefined, true);
    await expect(take(await none.open(), 1, { follow: true })).rejects.toThrow(LogUnavailable);
    await none.closeAll();
  });
});

describe('reading without the keys', () => {
  it.each([
    ['no master key', undefined],
    ['another master key', { masterKeys: [randomBytes(32)], seals: false }],
  ])('hands out all but the texts: %s', async (_, other) => {
    const without = await test.open(other ? { encryption: other } : {});
    const records = await take(without, 20, { until: 20 });
    expect(seqsOf(records)).toEqual(range(1, 20));
    expect(records[0]).toMatchObject({ texts: null, room: GLOBAL_ROOM });
    expect(records[0]).not.toHaveProperty('erased');
    expect(decodeRecord(records[0]!)).toMatchObject({ type: 'MessageCreated', content: '', sender: { id: '7' } });
    const [opened] = await take(log, 1, { until: 1 });
    expect(decodeRecord(opened!)).toMatchObject({ content: 'said' });
    // Whoever folds goes on refusing.
    await expect(all(without.read({ until: 1 }))).rejects.toThrow(/KEYS_MASTER/);
  });
});
