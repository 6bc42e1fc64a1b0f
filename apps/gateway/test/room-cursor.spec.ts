import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { decodeUpdate, type RoomUpdate } from '#projections';
import { ReadModelsUnavailable } from '#read-models';
import { arrived, holdTime, settle } from './chat-in-memory.js';
import { eachOf, FollowedRoom } from './followed-room.js';

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
const joined = ([first, ...rest]: RoomUpdate[]): RoomUpdate => ({
  ...first!,
  to: rest.at(-1)!.to,
  changes: [first!, ...rest].flatMap(({ changes }) => changes),
});

describe('a cursor', () => {
  it('goes on behind an update that waited and cannot be told', async () => {
    await room.start();
    const reading = room.gates.hold('range changes of timeline-1 answer');
    room.cursor.missed();
    await arrived(reading);
    const [first, second, third] = await room.saying('1', '2', '3');
    const message = { ...second!.changes[0]!.message, reactions: undefined as never };
    const spoilt: RoomUpdate = { ...second!, changes: [{ rev: 2, kind: 'reaction', message }] };
    for (const update of [first, spoilt, third]) room.cursor.accept(update!);
    reading.release();
    await settle();
    expect(room.told).toEqual(['1', '3']);
  });

  it('reads what an update told of that cannot be read, and says so once', async () => {
    const said = jest.spyOn(Logger.prototype, 'error');
    await room.start();
    const updates = await room.saying('1', '2');
    accept(...updates.map((update) => ({ ...update, changes: undefined as never })));
    await settle();
    expect(room.told).toEqual(['1', '2']);
    expect(said.mock.calls).toEqual([[expect.stringMatching('an update of clan:7 cannot be read: TypeError')]]);
  });

  it('tells updates in order, each change once, and drops what it had', async () => {
    const updates = await room.saying(...numbers(1, 5));
    await room.start({ n: 2, rev: 2 });
    accept(updates[1], updates[2], updates[2], joined(updates.slice(1, 5)), updates[4]);
    expect(room.told).toEqual(['3', '4', '5']);
  });

  it('tells a reaction as a change of its own, and stands where it stood otherwise', async () => {
    const id = room.chat.say(room.room, 'hello', '1');
    room.chat.say(room.room, 'bye', '1');
    room.chat.react(room.room, id, '👍');
    const updates = await room.saying();
    await room.start({ n: 0, rev: 0 });
    accept(...updates);
    expect(room.told).toEqual(['hello', 'bye', 'hello 👍']);
    room.chat.react(room.room, id, '🎉', '2');
    await room.saying('later');
    room.cursor.resume();
    await settle();
    expect(room.told.slice(3)).toEqual(['hello 👍,🎉', 'later']);
    expect(room.lost).toBe(0);
  });

  it('keeps updates until it knows where the room stands', async () => {
    const updates = await room.saying('1', '2', '3');
    accept(...updates);
    expect(room.told).toEqual([]);
    await room.start({ n: 1, rev: 1 });
    expect(room.told).toEqual(['2', '3']);
  });

  it('reads what is missing, and then tells what has come meanwhile', async () => {
    await room.saying('1');
    await room.start();
    const updates = await room.saying(...numbers(2, 6));
    const reading = room.gates.hold(`${RANGE} answer`);
    accept(updates[2]);
    await arrived(reading);
    accept(...(await room.saying('7', '8')));
    expect(room.told).toEqual([]);
    reading.release();
    await settle();
    expect(room.told).toEqual(numbers(2, 8));
  });

  it('reads once more at once where it is said to have missed something of what came while it read', async () => {
    await room.start();
    const reading = room.gates.hold('range changes of timeline-1 answer');
    room.cursor.missed();
    await arrived(reading);
    const [, second] = await room.saying('1', '2');
    room.cursor.missed();
    accept(second);
    reading.release();
    await settle();
    expect(room.told).toEqual(['1', '2']);
  });

  it('drops what waited and was read already', async () => {
    await room.start();
    const updates = await room.saying(...numbers(1, 5));
    const reading = room.gates.hold(RANGE);
    accept(updates[1], updates[2], updates[3]);
    reading.release();
    await settle();
    accept(updates[4]);
    expect(room.told).toEqual(numbers(1, 5));
  });

  it('tells once what comes in its turn while it reads', async () => {
    await room.start();
    const updates = await room.saying('1', '2');
    const reading = room.gates.hold('range changes of timeline-1 answer');
    room.cursor.resume();
    await arrived(reading);
    accept(...updates);
    reading.release();
    await settle();
    expect(room.told).toEqual(['1', '2']);
  });

  it('asks again, a few times within half a second, where what it was told of is not there to be read', async () => {
    await room.start();
    for (const content of ['1', '2', '3']) room.chat.say(room.room, content, '1');
    const { timeline } = room.chat;
    timeline.fold();
    const asked = jest.spyOn(room.gates, 'pass');
    accept(
      ...timeline
        .untold()
        .flatMap(({ text }) => eachOf(decodeUpdate(text) as RoomUpdate))
        .slice(-1),
    );
    await settle(480);
    const readings = asked.mock.calls.filter(([name]) => name === RANGE);
    expect(readings).toHaveLength(6);
    await timeline.write();
    await settle(200);
    expect(room.told).toEqual(['1', '2', '3']);
  });

  it('starts with what is in the read model where it is told to', async () => {
    await room.saying('1', '2');
    await room.start({ n: 0, rev: 0 }, true);
    await settle();
    expect(room.told).toEqual(['1', '2']);
  });

  it('reads nothing where nothing is missing', async () => {
    const read = jest.spyOn(room.gates, 'pass');
    const updates = await room.saying('1', '2');
    await room.start({ n: 1, rev: 1 });
    read.mockClear();
    accept(...updates);
    await settle();
    expect(room.told).toEqual(['2']);
    expect(read).not.toHaveBeenCalled();
  });

  it('reads what may have been missed, and nothing where it knows all of it', async () => {
    await room.saying('1', '2');
    await room.start();
    const read = jest.spyOn(room.gates, 'pass');
    room.cursor.missed(2);
    await settle();
    expect(read).not.toHaveBeenCalled();
    await room.saying('3');
    room.cursor.missed(3);
    await settle();
    expect(room.told).toEqual(['3']);
    await room.saying('4');
    room.cursor.missed();
    await settle();
    expect(room.told).toEqual(['3', '4']);
  });

  it('keeps nothing of what has waited once it is told', async () => {
    await room.start();
    const readings = jest.spyOn(room.gates, 'pass');
    for (let i = 0; i < 2; i++) {
      const reading = room.gates.hold(RANGE);
      room.cursor.missed();
      await arrived(reading);
      const updates = await room.saying(...numbers(600 * i + 1, 600 * i + 600));
      accept(...updates);
      reading.release();
      await settle(50);
    }
    expect(room.told).toEqual(numbers(1, 1_200));
    expect(readings.mock.calls.filter(([asked]) => asked === RANGE)).toHaveLength(2);
  });

  it('asks again, half a second later, where the read model does not answer', async () => {
    await room.start();
    const updates = await room.saying('1', '2');
    for (let i = 0; i < 2; i++) room.gates.fail(RANGE, new ReadModelsUnavailable('away'));
    accept(updates[1]);
    await settle(990);
    expect(room.told).toEqual([]);
    await settle(20);
    expect(room.told).toEqual(['1', '2']);
  });
});

describe('a cursor that missed much', () => {
  it('tells 5,000 changes in pieces, with a pause after each', async () => {
    await room.start();
    await room.saying(...numbers(1, 5_000));
    room.cursor.resume();
    await settle(4);
    expect(room.pieces.map(({ length }) => length)).toEqual([200]);
    await settle(2);
    expect(room.pieces.map(({ length }) => length)).toEqual([200, 200]);
    await settle(200);
    expect(room.told).toEqual(numbers(1, 5_000));
    expect(room.lost).toBe(0);
  });

  it('has its audience start over where there are more, and goes on from there', async () => {
    await room.start();
    const updates = await room.saying(...numbers(1, 5_001));
    accept(updates.at(-1));
    await settle();
    expect([room.told, room.lost]).toEqual([[], 1]);
    accept(...(await room.saying('on')));
    expect([room.told, room.lost]).toEqual([['on'], 1]);
  });

  it('keeps 1,000 updates waiting before it starts; what is beyond them is read with the rest', async () => {
    const updates = await room.saying(...numbers(1, 1_001));
    // What is told from an update, and what from the read model.
    const marked = updates.map((update) => ({
      ...update,
      changes: update.changes.map((change) => ({ ...change, message: { ...change.message, content: 'kept' } })),
    }));
    accept(...marked.slice(0, 1_000));
    await room.start({ n: 0, rev: 0 });
    await settle();
    expect(room.told).toEqual(updates.slice(0, 1_000).map(() => 'kept'));
    const other = await FollowedRoom.begin();
    await other.saying(...numbers(1, 1_001));
    for (const update of marked) other.cursor.accept(update);
    // That nothing else was missed changes nothing.
    other.cursor.missed(0);
    await other.start({ n: 0, rev: 0 });
    await settle(100);
    expect(other.told).toEqual(numbers(1, 1_001));
  });

  it('reads once more where more than that come while it reads', async () => {
    await room.start();
    const first = await room.saying('1', '2');
    const reading = room.gates.hold('range changes of timeline-1 answer');
    accept(first[1]);
    await arrived(reading);
    accept(...(await room.saying(...numbers(3, 1_010))));
    reading.release();
    await settle(100);
    expect(room.told).toEqual(numbers(1, 1_010));
  });
});
