import { describe, expect, it } from '@jest/globals';
import { GLOBAL_ROOM } from '#domain';
import { placeId, type Run, Timeline } from '../src/index.js';
import { change, holding, message, timelineOf, write, written } from './timeline-documents.js';

describe('what happened since a position', () => {
  const contents = {
    messages: [message(1, 1, { rev: 5 }), message(2, 2, { rev: 3 }), message(3, 4)],
    changes: [change(3, 2, 2), change(5, 1, 3)],
  };
  const since = async (timeline: Timeline, n: number, rev: number, max = 100) => {
    const run = await timeline.changesSince(GLOBAL_ROOM, { n, rev }, max);
    return run?.changes.map((one) => [one.rev, one.kind, one.message.n]);
  };
  const messagesOf = (run: Run | null) => run?.changes.map(({ rev, message }) => [rev, message.n, message.rev]);

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
    const run = await timeline.changesSince(GLOBAL_ROOM, { n: 0, rev: 0 }, 5);
    expect(run?.changes.map((one) => one.message.rev)).toEqual([5, 3, 3, 4, 5]);
    expect(run).toMatchObject({ to: { n: 3, rev: 5 }, isWhole: true });
  });

  it('is read with no message that was read already', async () => {
    const { timeline, counted } = written(await holding(contents), {});
    await since(timeline, 0, 0);
    expect(counted.ids).toEqual([]);
    await since(timeline, 1, 1);
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

  it('has no holes: it ends before what is missing, and says that there is more', async () => {
    const store = await holding({ messages: [message(1, 1), message(3, 3)] });
    const { timeline, counted } = written(store, {});
    const run = await timeline.changesSince(GLOBAL_ROOM, { n: 0, rev: 0 }, 100);
    expect(messagesOf(run)).toEqual([[1, 1, 1]]);
    expect(run).toMatchObject({ to: { n: 1, rev: 1 }, isWhole: false });
    expect(counted.ranges).toBe(2);
    await write(store, { messages: [message(2, 2)] });
    expect(await since(timeline, 0, 0)).toEqual([1, 2, 3].map((n) => [n, 'message', n]));
  });

  it('is nothing yet where the very first is missing', async () => {
    const timeline = await timelineOf({ messages: [message(2, 2)] });
    const run = await timeline.changesSince(GLOBAL_ROOM, { n: 0, rev: 0 }, 100);
    expect(run).toEqual({ changes: [], to: { n: 0, rev: 0 }, isWhole: false });
  });

  it('ends before a change that is there before its message', async () => {
    const timeline = await timelineOf({ messages: [message(1, 1)], changes: [change(2, 2, 2)] });
    const run = await timeline.changesSince(GLOBAL_ROOM, { n: 0, rev: 0 }, 100);
    expect(messagesOf(run)).toEqual([[1, 1, 1]]);
    expect(run?.isWhole).toBe(false);
  });

  it('shows a change on its message as that change left it, never as it was before', async () => {
    const store = await holding({ messages: [message(1, 1), message(2, 2)], changes: [change(3, 1, 2)] });
    const timeline = new Timeline(store);
    const read = () => timeline.changesSince(GLOBAL_ROOM, { n: 1, rev: 1 }, 10);
    expect(messagesOf(await read())).toEqual([[2, 2, 2]]);
    await write(store, { messages: [message(1, 1, { rev: 3 })] });
    expect(messagesOf(await read())).toEqual([
      [2, 2, 2],
      [3, 1, 3],
    ]);
  });

  it('reads a message again that was changed between the two readings', async () => {
    const store = await holding({ messages: [message(1, 1)] });
    const both = { messages: [message(1, 1, { rev: 2 })], changes: [change(2, 1, 1)] };
    const { timeline, counted } = written(store, { 2: both });
    const run = await timeline.changesSince(GLOBAL_ROOM, { n: 0, rev: 0 }, 10);
    expect(run?.changes.map((one) => [one.rev, one.kind])).toEqual([
      [1, 'message'],
      [2, 'reaction'],
    ]);
    expect(run?.changes.at(-1)?.message.rev).toBe(2);
    expect(counted.ranges).toBe(2);
  });
});

describe('what happened between two positions', () => {
  const contents = {
    messages: [message(1, 1, { rev: 5 }), message(2, 2, { rev: 3 }), message(3, 4), message(4, 6)],
    changes: [change(3, 2, 2), change(5, 1, 3), change(7, 4, 4)],
  };
  const to = { n: 3, rev: 5 };
  const positions = [
    [0, 0],
    [1, 1],
    [2, 2],
    [2, 3],
    [3, 4],
    [3, 5],
  ] as const;

  it('is all of it, and nothing of what came later', async () => {
    const timeline = await timelineOf(contents);
    for (const [n, rev] of positions) {
      const changes = await timeline.changesBetween(GLOBAL_ROOM, { n, rev }, to);
      expect(changes?.map((one) => one.rev)).toEqual([1, 2, 3, 4, 5].slice(rev));
    }
  });

  it('is nothing from a position that the room never had', async () => {
    const timeline = await timelineOf(contents);
    const had = new Set(positions.map(String));
    for (let n = 0; n <= 6; n++) {
      for (let rev = 0; rev <= 9; rev++) {
        if (had.has(String([n, rev]))) continue;
        expect([n, rev, await timeline.changesBetween(GLOBAL_ROOM, { n, rev }, to)]).toEqual([n, rev, null]);
      }
    }
  });

  it('has a name at each position that the room had, and at no other', async () => {
    const timeline = await timelineOf(contents);
    const had = [...positions, [4, 6], [4, 7]].map(String);
    const named: string[] = [];
    for (let n = 0; n <= 6; n++) {
      for (let rev = 0; rev <= 9; rev++) {
        if ((await timeline.changeAt(GLOBAL_ROOM, { n, rev })) !== null) named.push(String([n, rev]));
      }
    }
    expect(named).toEqual(had);
  });

  it('is asked with no more than there can be', async () => {
    const { timeline, counted } = written(await holding(contents), {});
    await timeline.changesBetween(GLOBAL_ROOM, { n: 3, rev: 5 }, to);
    await timeline.changesBetween(GLOBAL_ROOM, { n: 0, rev: 3 }, to);
    expect(counted.ranges).toBe(0);
  });
});
