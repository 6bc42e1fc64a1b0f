import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TIMELINE_FORMAT } from '#projections';
import { NotServed, ReadModelsUnavailable } from '#read-models';
import type { FollowedTimeline } from '../src/feeds/followed-timeline.js';
import { arrived, ChatInMemory, holdTime, settle } from './chat-in-memory.js';

let chat: ChatInMemory;
let followed: FollowedTimeline;
/** What the listener was told: the version moved to, or why it ended. */
let told: (number | string)[];
let caughtUp: (version: number) => boolean;
let asked: number[];
let moving: Promise<unknown>;

beforeEach(async () => {
  holdTime();
  chat = await ChatInMemory.start();
  told = [];
  asked = [];
  caughtUp = () => true;
  moving = Promise.resolve();
});
afterEach(() => {
  followed.stop();
  jest.useRealTimers();
});

const follow = async () => {
  followed = chat.follow(
    {
      moved: async ({ version }) => {
        told.push(version);
        await moving;
      },
      ended: (reason) => {
        told.push(reason);
      },
    },
    (version) => {
      asked.push(version);
      return Promise.resolve(caughtUp(version));
    },
  );
  await settle(0);
};

describe('the timeline that is followed', () => {
  it('is the one that is served, from the first look on', async () => {
    followed = chat.follow();
    expect(() => followed.current).toThrow(NotServed);
    expect(followed.hindrance).toContain('not known yet');
    followed.stop();
    await follow();
    expect([followed.current.version, followed.hindrance, told]).toEqual([1, null, []]);
  });

  it('is none before it holds what the log held, which is asked twice a second', async () => {
    caughtUp = () => false;
    await follow();
    expect(() => followed.current).toThrow('the read models are behind the log');
    expect(followed.hindrance).toContain('the read models are behind the log');
    await settle(1_000);
    expect(asked).toEqual([1, 1, 1]);
    caughtUp = () => true;
    await settle(500);
    expect([followed.current.version, followed.hindrance, told]).toEqual([1, null, []]);
    await settle(1_000);
    expect(asked).toHaveLength(4);
  });

  it('is looked for again where the read models are away, which is no end', async () => {
    chat.gates.fail('versions', new ReadModelsUnavailable('away'));
    await follow();
    expect(followed.hindrance).toContain('not known yet');
    await settle(500);
    expect([followed.hindrance, told]).toEqual([null, []]);
    for (let i = 0; i < 3; i++) chat.gates.fail('versions', new ReadModelsUnavailable('away'));
    await settle(2_000);
    expect([followed.current.version, followed.hindrance, told]).toEqual([1, null, []]);
  });

  it('is another one a second after that was first seen served', async () => {
    await follow();
    await chat.swap();
    // Seen at the first look for which what is known is too old.
    await settle(990);
    expect(asked).toEqual([1]);
    await settle(20);
    expect(asked).toEqual([1, 2]);
    await settle(980);
    expect([followed.current.version, told]).toEqual([1, []]);
    await settle(20);
    expect([followed.current.version, followed.hindrance, told]).toEqual([2, null, [2]]);
    await settle(5_000);
    expect([told, asked]).toEqual([[2], [1, 2]]);
  });

  it('is another one at once where that took longer than a second to catch up', async () => {
    await follow();
    caughtUp = (version) => version === 1;
    await chat.swap();
    await settle(4_000);
    expect([followed.current.version, followed.hindrance, told]).toEqual([1, null, []]);
    caughtUp = () => true;
    await settle(520);
    expect([followed.current.version, told]).toEqual([2, [2]]);
  });

  it('is the last of two that were swapped one after the other', async () => {
    await follow();
    await chat.swap();
    await settle(1_600);
    await chat.swap();
    await settle(5_000);
    expect([followed.current.version, told]).toEqual([3, [2, 3]]);
    await chat.swap();
    await chat.swap();
    await settle(5_000);
    expect([followed.current.version, told]).toEqual([5, [2, 3, 5]]);
  });

  it('is not looked for while everybody is still moving', async () => {
    await follow();
    const move = Promise.withResolvers<undefined>();
    moving = move.promise;
    await chat.swap();
    await settle(3_000);
    await chat.swap();
    const looks = jest.spyOn(chat.gates, 'pass');
    await settle(3_000);
    expect([told, looks.mock.calls]).toEqual([[2], []]);
    move.resolve(undefined);
    await settle(3_000);
    expect(told).toEqual([2, 3]);
  });

  it('ends where another format is served, and goes on where that was swapped again', async () => {
    await follow();
    await chat.swap(TIMELINE_FORMAT + 1);
    await settle(1_600);
    expect(told[0]).toContain(`has format ${TIMELINE_FORMAT + 1}, and this release reads format ${TIMELINE_FORMAT}`);
    expect(followed.hindrance).toBe(told[0]);
    // Also those who had come too far to be kept out are told.
    expect(told.length).toBeGreaterThan(1);
    await chat.swap();
    told = [];
    await settle(3_000);
    expect([followed.current.version, followed.hindrance, told.filter((what) => what === 3)]).toEqual([3, null, [3]]);
  });

  it('ends where the read models were emptied, and is the new one as soon as that holds what the log held', async () => {
    await follow();
    caughtUp = (version) => version === 1;
    await chat.empty(4);
    await settle(2_000);
    expect(followed.hindrance).toContain('the read models were emptied');
    expect(told[0]).toContain('the read models were emptied');
    expect(followed.current.version).toBe(1);
    caughtUp = () => true;
    told = [];
    await settle(500);
    expect([followed.current.version, followed.hindrance]).toEqual([4, null]);
    expect(told.at(-1)).toBe(4);
  });

  it('is looked for by one at a time, and no more once it is stopped', async () => {
    await follow();
    followed.start();
    const look = chat.gates.hold('versions');
    await settle(2_000);
    await arrived(look);
    const more = chat.gates.hold('versions');
    await settle(2_000);
    expect(more.isThere).toBe(false);
    look.release();
    followed.stop();
    await settle(2_000);
    expect([more.isThere, jest.getTimerCount()]).toEqual([false, 0]);
  });
});
