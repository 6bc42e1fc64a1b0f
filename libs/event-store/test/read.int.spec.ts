import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM, partitionOf, type Room, UnreadableEvent } from '#domain';
import { decodeRecord, type EventLog } from '../src/index.js';
import { all, contentOf, LogUnderTest, message, nextKey } from './log-under-test.js';

let test: LogUnderTest;
let log: EventLog;
const rooms = [GLOBAL_ROOM, clanRoom('1'), clanRoom('2'), clanRoom('3')];
const COUNT = 5_000;

beforeAll(async () => {
  test = await LogUnderTest.create();
  log = await test.open();
  for (let i = 0; i < COUNT; i += 1_000) {
    await Promise.all(Array.from({ length: 1_000 }, (_, k) => log.append(message(roomOf(i + k), String(i + k)))));
  }
});
afterAll(() => test.remove());

const roomOf = (i: number): Room => rooms[i % rooms.length]!;

describe('read', () => {
  it('gives every record, in order, from the first', async () => {
    const records = await all(log.read());
    expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1));
    expect(records.map(contentOf)).toEqual(Array.from({ length: COUNT }, (_, i) => String(i)));
    expect(records[1]).toMatchObject({ room: rooms[1], partition: partitionOf(rooms[1]!), kind: 'msg', version: 2 });
    expect(decodeRecord(records[1]!)).toEqual(await log.at(2));
    expect(Math.abs(Date.now() - (records[1]?.at ?? 0))).toBeLessThan(60_000);
  });

  it('starts and ends where it is told', async () => {
    expect((await all(log.read({ from: 4_990, until: 4_993 }))).map(({ seq }) => seq)).toEqual([
      4_990, 4_991, 4_992, 4_993,
    ]);
    expect(await all(log.read({ from: COUNT }))).toHaveLength(1);
    expect(await all(log.read({ from: COUNT - 1, until: COUNT + 500 }))).toHaveLength(2);
    expect(await all(log.read({ from: COUNT + 1 }))).toEqual([]);
    expect(await all(log.read({ from: 10, until: 9 }))).toEqual([]);
  });

  it('gives one room, one partition or one kind', async () => {
    const inRoom = await all(log.read({ filter: { room: rooms[2]! } }));
    expect(inRoom).toHaveLength(COUNT / rooms.length);
    expect(new Set(inRoom.map(({ room }) => room))).toEqual(new Set([rooms[2]]));
    const partition = partitionOf(rooms[3]!);
    const inPartition = await all(log.read({ filter: { partition, kind: 'msg' } }));
    expect(inPartition).toHaveLength(
      (rooms.filter((room) => partitionOf(room) === partition).length * COUNT) / rooms.length,
    );
    expect(await all(log.read({ filter: { kind: 'seen' } }))).toEqual([]);
    // Nothing of this room is in the range, but there is something after it.
    expect(await all(log.read({ from: 2, until: 4, filter: { room: rooms[0]! } }))).toEqual([]);
  });

  it('does not wait for what is written meanwhile, and can be left', async () => {
    let count = 0;
    const before = (await log.state()).lastSeq;
    for await (const record of log.read({ from: before - 9, filter: { kind: 'msg' } })) {
      count++;
      await log.append(message(GLOBAL_ROOM, `while reading ${record.seq}`));
    }
    expect(count).toBe(10);
    for await (const { seq } of log.read()) if (seq === 3) break;
    const deadline = Date.now() + 5_000;
    const readers = () =>
      test.jetstream(async ({ consumers }) => (await consumers.list(test.options.stream).next()).length);
    while ((await readers()) > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await readers()).toBe(0);
  });

  it('goes on past what it cannot place or decode, and says so where it is decoded', async () => {
    const { lastSeq } = await log.state();
    await test.publish('ev.3.no-room.msg', 'not JSON');
    await test.publish('ev.x', '');
    await test.publish(`ev.0.global.msg`, JSON.stringify({ id: `msg.${nextKey()}` }));
    const records = await all(log.read({ from: lastSeq + 1 }));
    expect(records).toMatchObject([
      { partition: 3, room: null, kind: 'msg', type: '', version: 0, id: '' },
      { partition: -1, room: null },
      { partition: 0, room: 'global', type: '' },
    ]);
    for (const record of records) expect(() => decodeRecord(record)).toThrow(UnreadableEvent);
    await expect(log.at(lastSeq + 1)).rejects.toThrow(UnreadableEvent);
  });
});

describe('an empty log', () => {
  it('has nothing to read', async () => {
    const empty = await LogUnderTest.create();
    const itsLog = await empty.open();
    expect(await all(itsLog.read())).toEqual([]);
    expect(await itsLog.state()).toMatchObject({ messages: 0, lastSeq: 0 });
    await empty.remove();
  });
});
