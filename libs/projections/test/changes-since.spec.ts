import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { GLOBAL_ROOM } from '#domain';
import { placeId, type Timeline } from '../src/index.js';
import { change, holding, hurry, message, timelineOf, written } from './timeline-documents.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('what happened since a position', () => {
  const contents = {
    messages: [message(1, 1, { rev: 5 }), message(2, 2, { rev: 3 }), message(3, 4)],
    changes: [change(3, 2, 2), change(5, 1, 3)],
  };
  const since = async (timeline: Timeline, n: number, rev: number, max = 100) =>
    (await timeline.changesSince(GLOBAL_ROOM, { n, rev }, max))?.map((one) => [one.rev, one.kind, one.message.n]);

  it('comes in order, each message as it is now', async () => {
    const timeline = await timelineOf(contents);
    const all = [
      [1, 'message', 1],
      [2, 'message', 2],
      [3, 'reaction', 2],
      [4, 'message', 3],
      [5, 'reaction', 1],
    ];
    expect(await since(timeline, 0, 0)).toEqual(all);
    expect(await since(timeline, 2, 2)).toEqual(all.slice(2));
    expect(await since(timeline, 3, 4)).toEqual(all.slice(4));
    expect(await since(timeline, 3, 5)).toEqual([]);
    const changes = await timeline.changesSince(GLOBAL_ROOM, { n: 0, rev: 0 }, 5);
    expect(changes?.map((one) => one.message.rev)).toEqual([5, 3, 3, 4, 5]);
  });

  it('is read with no message that was read already, and without a pause', async () => {
    hurry();
    const { timeline, counted } = written(await holding(contents), {});
    await since(timeline, 0, 0);
    expect(counted.ids).toEqual([]);
    await since(timeline, 1, 1);
    expect(setTimeout).not.toHaveBeenCalled();
    expect(counted.ids).toEqual([placeId(GLOBAL_ROOM, 1)]);
  });

  it('is as much as was asked for, and nothing where it is more', async () => {
    const timeline = await timelineOf(contents);
    expect(await since(timeline, 0, 0, 5)).toHaveLength(5);
    expect(await since(timeline, 0, 0, 4)).toBeUndefined();
    const messages = Array.from({ length: 9 }, (_, i) => message(i + 1, i + 1));
    expect(await since(await timelineOf({ messages }), 0, 0, 8)).toBeUndefined();
    const changes = Array.from({ length: 9 }, (_, i) => change(i + 2, 1, 1));
    expect(await since(await timelineOf({ messages: [message(1, 1, { rev: 10 })], changes }), 1, 1, 8)).toBeUndefined();
  });

  it('has no holes: what is missing in between is waited for', async () => {
    hurry();
    const store = await holding({ messages: [message(1, 1), message(3, 3)] });
    const { timeline, counted } = written(store, { 5: { messages: [message(2, 2)] } });
    expect(await since(timeline, 0, 0)).toEqual([1, 2, 3].map((n) => [n, 'message', n]));
    expect(counted.ranges).toBe(6);
  });

  it('is given up where a hole stays', async () => {
    const paused = hurry();
    const { timeline, counted } = written(await holding({ messages: [message(2, 2)] }), {});
    expect(await since(timeline, 0, 0)).toBeUndefined();
    expect(counted.ranges).toBe(40);
    expect(paused.ms).toBeGreaterThan(1_000);
    expect(paused.ms).toBeLessThan(3_000);
  });

  it('ends before a change that is there before its message', async () => {
    const timeline = await timelineOf({ messages: [message(1, 1)], changes: [change(2, 2, 2)] });
    expect(await since(timeline, 0, 0)).toEqual([[1, 'message', 1]]);
  });

  it('shows a change on its message as that change left it', async () => {
    hurry();
    const store = await holding({ messages: [message(1, 1)], changes: [change(2, 1, 1)] });
    const { timeline } = written(store, { 3: { messages: [message(1, 1, { rev: 2 })] } });
    const changes = await timeline.changesSince(GLOBAL_ROOM, { n: 1, rev: 1 }, 10);
    expect(changes?.map((one) => [one.rev, one.message.rev])).toEqual([[2, 2]]);
  });

  it('reads a message again that was changed between the two readings', async () => {
    const store = await holding({ messages: [message(1, 1)] });
    const both = { messages: [message(1, 1, { rev: 2 })], changes: [change(2, 1, 1)] };
    const { timeline, counted } = written(store, { 2: both });
    const changes = await timeline.changesSince(GLOBAL_ROOM, { n: 0, rev: 0 }, 10);
    expect(changes?.map((one) => [one.rev, one.kind])).toEqual([
      [1, 'message'],
      [2, 'reaction'],
    ]);
    expect(changes?.at(-1)?.message.rev).toBe(2);
    expect(counted.ranges).toBe(2);
  });

  it('never shows a change as it was before, also where it is written while it is read', async () => {
    hurry();
    const store = await holding({ messages: [message(1, 1), message(2, 2)] });
    // The messages are read, then the change is written, and its message only later.
    const late = { 2: { changes: [change(3, 1, 2)] }, 5: { messages: [message(1, 1, { rev: 3 })] } };
    const { timeline, counted } = written(store, late);
    const changes = await timeline.changesSince(GLOBAL_ROOM, { n: 0, rev: 0 }, 10);
    expect(changes?.map((one) => [one.rev, one.message.n])).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
    ]);
    expect(changes?.at(-1)?.message.rev).toBe(3);
    expect(counted.ranges).toBeGreaterThan(4);
  });
});
