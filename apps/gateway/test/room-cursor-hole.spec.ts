import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { decodeUpdate, type RoomUpdate, timeline } from '#projections';
import { holdTime, settle } from './chat-in-memory.js';
import { FollowedRoom } from './followed-room.js';

const RANGE = 'range messages of timeline-1';

let room: FollowedRoom;
beforeEach(async () => {
  holdTime();
  room = await FollowedRoom.begin();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** A projector dies in the middle of a round of a message, a reaction to it and two more: the reaction is not written. */
async function dieInTheMiddle(): Promise<void> {
  const { chat } = room;
  const id = chat.say(room.room, '1', '1');
  chat.react(room.room, id, '👍');
  for (const content of ['2', '3']) chat.say(room.room, content, '1');
  chat.timeline.fold();
  await chat.timeline.write('messages');
}

/** Another one takes over. */
async function takeOver(): Promise<RoomUpdate> {
  await room.chat.timeline.write();
  return decodeUpdate(room.chat.timeline.untold()[0]!.text) as RoomUpdate;
}

describe('a cursor that reads a round which is half written', () => {
  it('tells what is before the hole, waits for what is missing, and sends nobody away', async () => {
    await room.start();
    await dieInTheMiddle();
    room.cursor.missed();
    await settle(29_000);
    expect([room.told, room.lost]).toEqual([['1'], 0]);
    await takeOver();
    await settle(500);
    expect([room.told, room.lost]).toEqual([['1', '1 👍', '2', '3'], 0]);
  });

  it('looks again soon at first, then twice a second, and says once that it waits', async () => {
    const said = jest.spyOn(Logger.prototype, 'warn');
    const asked = jest.spyOn(room.gates, 'pass');
    const looks = () => asked.mock.calls.filter(([name]) => name === RANGE).length;
    await room.start();
    await dieInTheMiddle();
    asked.mockClear();
    room.cursor.missed();
    await settle(35);
    expect(looks()).toBe(3);
    await settle(600);
    const early = looks();
    expect(early).toBeLessThanOrEqual(7);
    await settle(10_000);
    expect(looks() - early).toBe(20);
    expect(said.mock.calls).toEqual([['clan:7 waits for its change 2']]);
  });

  it('gives up after 30 seconds, and goes on by what the projector tells: nobody has missed anything', async () => {
    const said = jest.spyOn(Logger.prototype, 'error');
    await room.start();
    await dieInTheMiddle();
    room.cursor.missed();
    await settle(31_000);
    const asked = jest.spyOn(room.gates, 'pass');
    await settle(5_000);
    expect(asked).not.toHaveBeenCalled();
    expect(said.mock.calls).toEqual([['change 2 of clan:7 is not there after 30 s: see that a projector runs']]);
    room.cursor.accept(await takeOver());
    expect([room.told, room.lost]).toEqual([['1', '1 👍', '2', '3'], 0]);
  });

  it('counts the 30 seconds from when it first saw the hole, and anew for another one', async () => {
    const said = jest.spyOn(Logger.prototype, 'error');
    await room.start();
    await dieInTheMiddle();
    room.cursor.missed();
    await settle(20_000);
    room.cursor.pause();
    await settle(1_000);
    room.cursor.resume();
    await settle(8_000);
    expect(said).not.toHaveBeenCalled();
    await settle(2_000);
    expect(said).toHaveBeenCalledTimes(1);
    await takeOver();
    await dieInTheMiddle();
    room.cursor.missed();
    await settle(29_000);
    expect(said).toHaveBeenCalledTimes(1);
    await settle(2_000);
    expect([said.mock.calls.length, room.lost]).toEqual([2, 0]);
  });

  it('has its audience start over where what it was told of is not there by then', async () => {
    await room.start();
    const fold = room.chat.timeline;
    for (const content of ['1', '2']) room.chat.say(room.room, content, '1');
    fold.fold();
    const update = decodeUpdate(fold.untold()[0]!.text) as RoomUpdate;
    room.cursor.accept({ ...update, from: 1, changes: update.changes.slice(1) });
    await settle(29_000);
    expect(room.lost).toBe(0);
    await settle(2_000);
    expect([room.told, room.lost]).toEqual([[], 1]);
    const asked = jest.spyOn(room.gates, 'pass');
    await settle(5_000);
    expect(asked).not.toHaveBeenCalled();
  });

  it('waits no longer where it is stopped', async () => {
    await room.start();
    await dieInTheMiddle();
    room.cursor.missed();
    await settle(1_000);
    room.cursor.stop();
    const asked = jest.spyOn(room.gates, 'pass');
    await takeOver();
    await settle(1_000);
    expect([room.told, asked.mock.calls]).toEqual([['1'], []]);
  });

  it('goes on in another version that is whole', async () => {
    await room.start();
    await dieInTheMiddle();
    const next = room.chat.fold(timeline, 2);
    await room.written(next);
    room.cursor.missed();
    await settle(5_000);
    void room.cursor.move(room.chat.pinned(2));
    await settle(600);
    expect([room.told, room.lost]).toEqual([['1', '1 👍', '2', '3'], 0]);
  });

  it('begins below the hole where it is there from the start', async () => {
    await dieInTheMiddle();
    const started = room.start();
    await settle(1_000);
    await started;
    room.cursor.accept(await takeOver());
    expect([room.told, room.lost]).toEqual([['1 👍', '2', '3'], 0]);
  });
});
