import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { type Projection, type RoomChange, timeline } from '#projections';
import { type RoomUpdate } from '#projections';
import { ReadModelsUnavailable } from '#read-models';
import { arrived, holdTime, settle } from './chat-in-memory.js';
import { FollowedRoom } from './followed-room.js';
import type { SteppedFold } from './stepped-fold.js';

/** Another release's fold, that leaves out what is said so: every number behind it is another one. */
const without = (content: string): Projection<RoomChange> => ({
  ...timeline,
  fold(view, event: RecordedEvent) {
    if (event.type === 'MessageCreated' && event.content === content) return { documents: [], change: null };
    return timeline.fold(view, event);
  },
});

let room: FollowedRoom;
let next: SteppedFold<RoomChange>;
beforeEach(async () => {
  holdTime();
  room = await FollowedRoom.begin();
  next = room.chat.fold(timeline, 2);
});
afterEach(() => {
  jest.useRealTimers();
});

const accept = (...updates: (RoomUpdate | undefined)[]) => {
  for (const update of updates) room.cursor.accept(update!);
};
const move = (version = 2) => room.cursor.move(room.chat.pinned(version));

describe('a cursor that moves to another version', () => {
  it('goes on from the same change, tells each once, and hears the new one only', async () => {
    const old = await room.saying('1', '2');
    await room.start({ n: 1, rev: 1 });
    accept(old[1]);
    await room.written(next);
    await move();
    const [oldest, newest] = [await room.saying('3'), await room.written(next)];
    accept(...oldest);
    expect(room.told).toEqual(['2']);
    accept(...newest);
    expect(room.told).toEqual(['2', '3']);
    expect(room.lost).toBe(0);
  });

  it('reads what the new one has beyond, told of before it was followed or never', async () => {
    await room.start();
    room.chat.say(room.room, '1', '1');
    const early = await room.written(next);
    // Nobody follows that version yet.
    accept(...early);
    expect(room.told).toEqual([]);
    await move();
    expect(room.told).toEqual(['1']);
    expect(room.lost).toBe(0);
  });

  it('tells nothing while it moves, and then what came meanwhile', async () => {
    await room.saying('1');
    await room.start();
    await room.written(next);
    const looked = room.gates.hold('get messages of timeline-2 answer');
    const moved = move();
    await arrived(looked);
    accept(...(await room.saying('2')));
    accept(...(await room.written(next)));
    await settle();
    expect(room.told).toEqual([]);
    looked.release();
    await moved;
    expect(room.told).toEqual(['2']);
    accept(...(await room.saying('3')));
    accept(...(await room.written(next)));
    expect(room.told).toEqual(['2', '3']);
  });

  it('says that it has moved once it is where that version stands', async () => {
    await room.start();
    room.chat.say(room.room, '1', '1');
    await room.written(next);
    const reading = room.gates.hold('range messages of timeline-2');
    let done = false;
    const moved = move().then(() => (done = true));
    await arrived(reading);
    await settle();
    expect(done).toBe(false);
    reading.release();
    await moved;
    expect(room.told).toEqual(['1']);
  });

  it('tells nothing of a reading of the old one that was under way', async () => {
    await room.start();
    const updates = await room.saying('1', '2');
    await room.written(next);
    const reading = room.gates.hold('range changes of timeline-1 answer');
    accept(updates[1]);
    await arrived(reading);
    const moved = move();
    await settle();
    expect(room.told).toEqual([]);
    reading.release();
    await moved;
    expect(room.told).toEqual(['1', '2']);
    expect(room.lost).toBe(0);
  });

  it('starts in the new one where it had not started yet', async () => {
    const updates = await room.saying('1', '2', '3');
    await room.written(next);
    await move();
    accept(updates[2]);
    await room.start({ n: 2, rev: 2 });
    await settle();
    expect(room.told).toEqual(['3']);
    accept(...(await room.saying('4')));
    expect(room.told).toEqual(['3']);
    accept(...(await room.written(next)));
    expect(room.told).toEqual(['3', '4']);
  });

  it('tells nothing before it is resumed, where it was paused', async () => {
    await room.start();
    await room.saying('1');
    await room.written(next);
    room.cursor.pause();
    await move();
    await settle();
    expect(room.told).toEqual([]);
    room.cursor.resume();
    await settle();
    expect(room.told).toEqual(['1']);
  });

  it('ends in the last of several, whichever it was on its way to', async () => {
    const last = room.chat.fold(timeline, 3);
    await room.saying('1');
    await room.start();
    for (const fold of [next, last]) await room.written(fold);
    const looked = room.gates.hold('get messages of timeline-2');
    const moved = move(2);
    await arrived(looked);
    void move(3);
    looked.release();
    await moved;
    await room.saying('2');
    accept(...(await room.written(next)));
    expect(room.told).toEqual([]);
    accept(...(await room.written(last)));
    expect(room.told).toEqual(['2']);
    expect(room.lost).toBe(0);
  });

  it('tries again, half a second later, where one of the two does not answer', async () => {
    await room.saying('1');
    await room.start();
    room.chat.say(room.room, '2', '1');
    await room.written(next);
    room.gates.fail('get messages of timeline-1', new ReadModelsUnavailable('away'));
    const moved = move();
    await settle(490);
    expect(room.told).toEqual([]);
    await settle();
    await moved;
    expect(room.told).toEqual(['2']);
  });

  it('looks nothing up where it is there already, so that nothing can be otherwise', async () => {
    room.cursor.start(room.chat.pinned(2), { n: 9, rev: 9 });
    await move();
    expect(room.lost).toBe(0);
  });
});

describe('a cursor that moves to a version that is numbered otherwise', () => {
  beforeEach(async () => {
    next = room.chat.fold(without('2'), 2);
    await room.saying('1', '2', '3');
    await room.written(next);
  });

  it('has its audience start over, and goes on from where that version stands', async () => {
    await room.start();
    await move();
    expect([room.told, room.lost]).toEqual([[], 1]);
    room.chat.say(room.room, '4', '1');
    accept(...(await room.written(next)));
    expect([room.told, room.lost]).toEqual([['4'], 1]);
  });

  it('waits for a reading of the old one, and tells nothing of it', async () => {
    await room.start({ n: 0, rev: 0 });
    const reading = room.gates.hold('range changes of timeline-1 answer');
    room.cursor.resume();
    await arrived(reading);
    const moved = move();
    await settle();
    reading.release();
    await moved;
    expect([room.told, room.lost]).toEqual([['1', '3'], 0]);
  });

  it('is not kept by what waits in the numbers of the old one', async () => {
    await room.start({ n: 0, rev: 0 });
    room.cursor.pause();
    accept(...(await room.saying('2')));
    await room.written(next);
    await move();
    room.cursor.resume();
    await settle();
    room.chat.say(room.room, '4', '1');
    accept(...(await room.written(next)));
    expect(room.told).toEqual(['1', '3', '4']);
  });

  it('says nothing where nothing before it is another', async () => {
    await room.start({ n: 1, rev: 1 });
    await move();
    expect([room.told, room.lost]).toEqual([['3'], 0]);
  });

  it('has its audience start over where the old one has not what it told', async () => {
    room.cursor.start(room.chat.pinned(1), { n: 9, rev: 9 });
    await move();
    expect(room.lost).toBe(1);
  });

  it('says nothing where it was stopped meanwhile', async () => {
    await room.start();
    const looked = room.gates.hold('get messages of timeline-2');
    const moved = move();
    await arrived(looked);
    room.cursor.stop();
    looked.release();
    await moved;
    expect(room.lost).toBe(0);
  });

  it('stops trying where it was stopped', async () => {
    await room.start();
    room.gates.fail('get messages of timeline-2', new ReadModelsUnavailable('away'));
    const moved = move();
    await settle();
    room.cursor.stop();
    const asked = jest.spyOn(room.gates, 'pass');
    await settle(2_000);
    await moved;
    expect(asked).not.toHaveBeenCalled();
  });
});
