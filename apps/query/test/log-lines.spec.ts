import { PassThrough } from 'node:stream';
import { describe, expect, it, jest } from '@jest/globals';
import { directRoom, GLOBAL_ROOM, partitionOf } from '#domain';
import { type FollowOptions, type Live, type LogRecord, LogUnavailable } from '#event-store';
import { encodeUpdate } from '#projections';
import { send } from '../src/export/exports.js';
import { FoldsHeard } from '../src/log/folds-heard.js';
import { logLines, type LogPart } from '../src/log/log-lines.js';
import { ToldFolds } from '../src/log/told-folds.js';

const at = '2026-01-31T12:00:00.000Z';
const text = 'x'.repeat(4_000);
const record = (seq: number): LogRecord => {
  const messageId = String(seq).padStart(24, '0');
  const id = `msg.${messageId}`;
  const body = JSON.stringify({ id, at, messageId, sender: { id: '7', name: 'Ada', avatar: null }, content: text });
  const place = { room: GLOBAL_ROOM, partition: partitionOf(GLOBAL_ROOM), kind: 'msg' };
  return { seq, ...place, id, type: 'MessageCreated', version: 1, body, at: Date.parse(at) };
};

/** A log without an end, and how much of it was read, and whether it still is. */
class EndlessLog {
  batches = 0;
  isRead = true;

  lastSeq(): Promise<number> {
    return Promise.resolve(0);
  }

  async *readAllowed() {
    try {
      for (;;) {
        const first = this.batches++ * 100 + 1;
        yield await Promise.resolve(Array.from({ length: 100 }, (_, i) => record(first + i)));
      }
    } finally {
      this.isRead = false;
    }
  }
}

const options = { follow: true, limit: Infinity, folds: null };
const selection = { from: { seq: 1 } };
const soon = () => new Promise((resolve) => setTimeout(resolve, 100));

describe('the lines of the log', () => {
  it('are read as they are taken, and no faster', async () => {
    const log = new EndlessLog();
    const end = new AbortController();
    const response = Object.assign(new PassThrough(), { setTimeout: () => undefined });
    const lines = logLines(log, selection, { ...options, signal: end.signal });
    const sent = send(lines, response as never, { end: end.signal, idle: 1_000 });
    await soon();
    const before = log.batches;
    // What the streams between hold.
    expect(before).toBeLessThan(20);
    await soon();
    expect(log.batches).toBe(before);
    end.abort();
    await sent;
    await soon();
    expect(log.isRead).toBe(false);
  });

  it('end where their limit is, and say so', async () => {
    const log = new EndlessLog();
    let all = '';
    for await (const piece of logLines(log, selection, { ...options, limit: 150, signal: AbortSignal.any([]) })) {
      all += piece;
    }
    const lines = all
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly seq: number });
    expect(lines).toHaveLength(152);
    expect(lines.at(-1)).toEqual({ end: true, seq: 150 });
    expect(log.isRead).toBe(false);
  });
});

describe('the lines of a log that has an end', () => {
  /** Two events and one that cannot be read, a piece each; and then, where it is followed, nothing. */
  class ShortLog {
    asked: FollowOptions[] = [];

    lastSeq(): Promise<number> {
      return Promise.resolve(7);
    }

    async *readAllowed(options: FollowOptions = {}) {
      this.asked.push(options);
      for (const seq of [5, 6, 7].filter((each) => each >= (options.from ?? 1))) {
        yield await Promise.resolve([seq === 6 ? { ...record(seq), body: 'no JSON' } : record(seq)]);
      }
      if (options.follow) await new Promise((resolve) => options.signal?.addEventListener('abort', resolve));
    }
  }
  const linesOf = async (log: ShortLog, part: LogPart, more: object = {}) => {
    let all = '';
    const end = new AbortController();
    for await (const piece of logLines(log, part, { ...options, follow: false, signal: end.signal, ...more }))
      all += piece;
    return all
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  it('say where they begin, what cannot be read, and where the end is', async () => {
    const lines = await linesOf(new ShortLog(), { from: { seq: 5 } });
    expect(lines.map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 7]);
    expect([lines[0], lines.at(-1)]).toEqual([
      { progress: true, seq: 4 },
      { end: true, seq: 7 },
    ]);
    const place = { version: 1, room: GLOBAL_ROOM, partition: partitionOf(GLOBAL_ROOM), storedAt: at };
    const unreadable = expect.any(String) as unknown;
    expect(lines[2]).toEqual({ seq: 6, type: 'MessageCreated', ...place, unreadable });
    expect(lines[1]).toMatchObject({ seq: 5, content: text, partition: place.partition });
    expect(lines[1]).not.toHaveProperty('unreadable');
  });

  it('are the last so many of those that are meant, where these are asked for', async () => {
    const log = new ShortLog();
    const lines = await linesOf(log, { from: { last: 2, end: 7 }, room: GLOBAL_ROOM });
    expect(lines.map(({ seq }) => seq)).toEqual([null, 6, 7, 7]);
    expect(log.asked.at(-1)).toMatchObject({ from: 6, filter: { room: GLOBAL_ROOM } });
  });

  it('are told with a word of how far it is where none of them is meant', async () => {
    const lines = await linesOf(new ShortLog(), { from: { seq: 5 }, types: new Set(['ChatCreated']) });
    expect(lines).toEqual(
      [4, 5, 6, 7].map((seq) => ({ progress: true, seq })).concat([{ end: true, seq: 7 } as never]),
    );
  });

  it('have those of folds between them, as soon as they are told', async () => {
    let tell: () => void = () => undefined;
    const told: object[] = [];
    const folds = { onTold: (listener: () => void) => (tell = listener), take: () => told.splice(0) };
    const end = new AbortController();
    const more = { ...options, signal: end.signal, folds: folds as unknown as ToldFolds, progressMs: 60_000 };
    const lines = logLines(new ShortLog(), { from: { seq: 7 } }, more);
    for (const seq of [6, 7]) expect((await lines.next()).value).toContain(`"seq":${seq}`);
    const next = lines.next();
    told.push({ folded: true, seq: 7 });
    tell();
    expect((await next).value).toBe('{"folded":true,"seq":7}\n');
    await lines.return();
  });

  it('are none, and no end is said, where they are ended or the log is away', async () => {
    const lines = await linesOf(new ShortLog(), { from: { seq: 5 } }, { signal: AbortSignal.abort() });
    expect(lines).toEqual([{ progress: true, seq: 4 }]);
    const log = new ShortLog();
    log.lastSeq = () => Promise.reject(new LogUnavailable('away'));
    await expect(linesOf(log, { from: { seq: 5 } })).rejects.toThrow('away');
  });
});

describe('the last lines of the log', () => {
  /** Of a room of which nothing is found for a long time. */
  class SlowLog {
    isRead = false;

    lastSeq(): Promise<number> {
      return Promise.resolve(1_000_000);
    }

    async *readAllowed({ signal }: FollowOptions = {}) {
      this.isRead = true;
      while (!signal?.aborted) await new Promise(setImmediate);
      this.isRead = false;
      yield* [] as LogRecord[][];
    }
  }

  it('say at once, and then again and again, that they are looked for', async () => {
    const log = new SlowLog();
    const end = new AbortController();
    const part = { from: { last: 1, end: 1_000_000 } };
    const lines = logLines(log, part, { ...options, signal: end.signal, progressMs: 20 });
    for (let i = 0; i < 3; i++) {
      expect(await lines.next()).toEqual({ done: false, value: '{"progress":true,"seq":null}\n' });
    }
    expect(log.isRead).toBe(true);
    end.abort();
    expect((await lines.next()).done).toBe(true);
    expect(log.isRead).toBe(false);
  });

  it('are no longer looked for once nobody takes them any more', async () => {
    const log = new SlowLog();
    const part = { from: { last: 1, end: 1_000_000 } };
    const lines = logLines(log, part, { ...options, signal: AbortSignal.any([]), progressMs: 20 });
    await lines.next();
    await lines.next();
    await lines.return();
    expect(log.isRead).toBe(false);
  });
});

describe('what is told of folds', () => {
  const update = (room: 'global' | 'clan:3', version: number, ...seqs: number[]) =>
    encodeUpdate({
      ...{ type: 'room', version, room: room as typeof GLOBAL_ROOM, from: 0, to: seqs.length },
      changes: seqs.map((seq, i) => ({
        ...{ rev: i + 1, kind: 'message' as const },
        message: { n: 1, messageId: 'm', reactions: [], seq } as never,
      })),
    });
  const heard = (room?: typeof GLOBAL_ROOM) => {
    let hear: (text: string) => void = () => undefined;
    const live: Pick<Live, 'overhear'> = {
      overhear: (_, listener) => {
        hear = listener;
        return { stop: () => undefined };
      },
    };
    const folds = new ToldFolds(new FoldsHeard(live, () => Date.parse(at)), room);
    return {
      folds,
      hear: (text: string) => {
        hear(text);
      },
    };
  };

  it('is each event once for each version, and what cannot be read is for others', () => {
    const { folds, hear } = heard();
    hear(update('global', 1, 5, 6));
    hear(update('global', 1, 6, 7));
    hear(update('global', 2, 6));
    hear('no update');
    hear('{"type":"room"}');
    expect(folds.take().map(({ seq, version }) => [seq, version])).toEqual([
      [5, 1],
      [6, 1],
      [7, 1],
      [6, 2],
    ]);
    expect(folds.take()).toEqual([]);
  });

  it('is of the room that is asked for', () => {
    const { folds, hear } = heard(GLOBAL_ROOM);
    hear(update('clan:3', 1, 5));
    hear(update('global', 1, 6));
    expect(folds.take()).toEqual([{ folded: true, seq: 6, projection: 'timeline', version: 1, at }]);
  });

  it('is no more than a thousand for who does not take it', () => {
    const { folds, hear } = heard();
    for (let seq = 1; seq <= 3_000; seq++) hear(update('global', 1, seq));
    const told = folds.take();
    expect([told.length, told.at(-1)?.seq]).toEqual([1_000, 3_000]);
  });

  it('is heard and read once for all who want it, and no longer than somebody does', () => {
    const subscribed: { readonly of: unknown; hear: (text: string) => void; isStopped: boolean }[] = [];
    const live: Pick<Live, 'overhear'> = {
      overhear: (of, hear) => {
        const subscription = { of, hear, isStopped: false };
        subscribed.push(subscription);
        return { stop: () => (subscription.isStopped = true) };
      },
    };
    const heard = new FoldsHeard(live);
    const rooms = [undefined, undefined, GLOBAL_ROOM, GLOBAL_ROOM, directRoom('7', '8'), directRoom('7', '9')];
    const readers = rooms.map((room) => new ToldFolds(heard, room));
    expect(subscribed.map(({ of }) => of)).toEqual([null, { room: GLOBAL_ROOM }, { userId: '7' }]);
    const read = jest.spyOn(JSON, 'parse');
    try {
      subscribed[0]!.hear(update('global', 1, 5));
      expect(read.mock.calls.length).toBe(1);
    } finally {
      read.mockRestore();
    }
    expect(readers.map((reader) => reader.take().length)).toEqual([1, 1, 0, 0, 0, 0]);
    const stopped = () => subscribed.map(({ isStopped }) => isStopped);
    for (const i of [0, 0, 2, 4]) readers[i]!.stop();
    expect(stopped()).toEqual([false, false, false]);
    subscribed[0]!.hear(update('global', 1, 6));
    expect(readers.map((reader) => reader.take().length)).toEqual([0, 1, 0, 0, 0, 0]);
    for (const reader of readers) reader.stop();
    expect(stopped()).toEqual([true, true, true]);
    readers.push(new ToldFolds(heard, undefined));
    expect(stopped()).toEqual([true, true, true, false]);
  });
});
