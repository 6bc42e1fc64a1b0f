import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type RoomUpdate } from '#projections';
import { ReadModelsUnavailable } from '#read-models';
import { arrived, holdTime, settle } from './chat-in-memory.js';
import { FollowedRoom } from './followed-room.js';

const RANGE = 'range messages of timeline-1';
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

let room: FollowedRoom;
beforeEach(async () => {
  holdTime();
  room = await FollowedRoom.begin();
});
afterEach(() => {
  jest.useRealTimers();
});

const accept = (...updates: (RoomUpdate | undefined)[]) => {
  for (const update of updates) room.cursor.accept(update!);
};

describe('a cursor that is paused', () => {
  it('tells nothing, and what came and what was missed afterwards', async () => {
    await room.start();
    room.cursor.pause();
    const updates = await room.saying('1', '2', '3');
    accept(updates[0]);
    await settle();
    expect(room.told).toEqual([]);
    room.cursor.resume();
    await settle();
    expect(room.told).toEqual(['1', '2', '3']);
  });

  it('tells nothing before it is resumed where it starts meanwhile', async () => {
    const updates = await room.saying('1', '2');
    accept(updates[1]);
    room.cursor.pause();
    await room.start({ n: 1, rev: 1 });
    await settle();
    expect(room.told).toEqual([]);
    room.cursor.resume();
    await settle();
    expect(room.told).toEqual(['2']);
  });

  it('tells nothing of a reading that was under way, until it is resumed', async () => {
    await room.start();
    const updates = await room.saying('1', '2');
    const reading = room.gates.hold(RANGE);
    accept(updates[1]);
    room.cursor.pause();
    reading.release();
    await settle();
    expect(room.told).toEqual([]);
    room.cursor.resume();
    await settle();
    expect(room.told).toEqual(['1', '2']);
  });

  it('reads once more where it is resumed while a reading of before is still under way', async () => {
    await room.start();
    const updates = await room.saying('1', '2');
    const reading = room.gates.hold('range changes of timeline-1 answer');
    accept(updates[1]);
    await arrived(reading);
    room.cursor.pause();
    // Nobody hears of this one but by reading.
    await room.saying('3');
    room.cursor.resume();
    reading.release();
    await settle();
    expect(room.told).toEqual(['1', '2', '3']);
  });

  it('stops between two pieces of what it catches up with', async () => {
    await room.start();
    await room.saying(...numbers(1, 500));
    room.cursor.resume();
    await settle(1);
    room.cursor.pause();
    await settle();
    expect(room.pieces.map(({ length }) => length)).toEqual([200]);
    room.cursor.resume();
    await settle();
    expect(room.told).toEqual(numbers(1, 500));
  });

  it('does not ask again before it is resumed, where the read model was away', async () => {
    await room.start();
    const updates = await room.saying('1', '2');
    room.gates.fail(RANGE, new ReadModelsUnavailable('away'));
    accept(updates[1]);
    await settle(100);
    room.cursor.pause();
    const again = jest.spyOn(room.gates, 'pass');
    await settle(2_000);
    expect(again).not.toHaveBeenCalled();
    room.cursor.resume();
    await settle();
    expect(room.told).toEqual(['1', '2']);
  });

  it('starts where it is told to, after it was resumed before', async () => {
    await room.saying('1', '2');
    room.cursor.pause();
    room.cursor.resume();
    await settle();
    await room.start({ n: 1, rev: 1 });
    await settle();
    expect(room.told).toEqual(['2']);
  });

  it('tells what came while it was paused a second time, during the reading for the first', async () => {
    await room.start();
    room.cursor.pause();
    await room.saying('1');
    const first = room.gates.hold('range changes of timeline-1 answer');
    room.cursor.resume();
    await arrived(first);
    room.cursor.pause();
    await room.saying('2');
    first.release();
    await settle();
    expect(room.told).toEqual([]);
    room.cursor.resume();
    await settle();
    expect(room.told).toEqual(['1', '2']);
  });
});

describe('a cursor that was stopped', () => {
  it('takes nothing more, and starts nothing', async () => {
    const updates = await room.saying('1', '2');
    room.cursor.stop();
    accept(...updates);
    await room.start({ n: 0, rev: 0 }, true);
    room.cursor.resume();
    accept(...updates);
    await settle();
    expect(room.told).toEqual([]);
  });

  it('tells nothing that waited', async () => {
    const updates = await room.saying('1');
    accept(...updates);
    room.cursor.stop();
    await room.start({ n: 0, rev: 0 });
    expect(room.told).toEqual([]);
  });

  it('tells nothing of a reading under way, neither what was missed nor that it was too much', async () => {
    await room.start();
    const updates = await room.saying(...numbers(1, 5_001));
    const reading = room.gates.hold(RANGE);
    accept(updates.at(-1));
    room.cursor.stop();
    reading.release();
    await settle();
    expect([room.told, room.lost]).toEqual([[], 0]);
    const other = await FollowedRoom.begin();
    await other.start();
    await other.saying(...numbers(1, 300));
    other.cursor.resume();
    await settle(1);
    other.cursor.stop();
    await settle();
    expect(other.told).toEqual(numbers(1, 200));
  });

  it('asks a read model that is away no more', async () => {
    await room.start();
    const updates = await room.saying('1', '2');
    room.gates.fail(RANGE, new ReadModelsUnavailable('away'));
    accept(updates[1]);
    await settle();
    room.cursor.stop();
    const again = jest.spyOn(room.gates, 'pass');
    await settle(2_000);
    expect(again).not.toHaveBeenCalled();
  });
});
