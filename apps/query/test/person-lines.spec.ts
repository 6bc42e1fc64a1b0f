import { describe, expect, it } from '@jest/globals';
import { encodeEvent, GLOBAL_ROOM, keySequence, type MessageCreated } from '#domain';
import type { LogRecord, ReadOptions } from '#event-store';
import type { HttpRefusal } from '#platform';
import { Exports } from '../src/export/exports.js';
import { personLines, PROGRESS_MS } from '../src/export/person-lines.js';

const nextKey = keySequence(new Uint8Array(8));

/** A log of records that are all here already, and of which each takes `pause` to be read. */
function logOf(count: number, senderOf: (seq: number) => string, pause = 0) {
  const reading = { read: 0, isOver: false };
  const record = (seq: number): LogRecord => {
    const key = nextKey();
    const sender = { id: senderOf(seq), name: 'Ada', avatar: null };
    const at = '2026-01-02T03:04:05.678Z';
    const fact = { type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${key}`, at, messageId: key } as const;
    const event: MessageCreated = { ...fact, sender, content: 'hi' };
    return { ...encodeEvent(event), seq, partition: 0, kind: 'msg', id: event.id, at: 0 };
  };
  async function* read({ from = 1, until = 0 }: ReadOptions = {}): AsyncGenerator<LogRecord, void> {
    try {
      for (let seq = from; seq <= until; seq++) {
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        reading.read = seq;
        yield record(seq);
      }
    } finally {
      reading.isOver = true;
    }
  }
  return { reading, read, lastSeq: () => Promise.resolve(count) };
}

const linesIn = (pieces: readonly string[]): Record<string, unknown>[] =>
  pieces
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the lines of a person', () => {
  it('leave others their turn while the log is read', async () => {
    const log = logOf(20_000, (seq) => (seq % 10 === 0 ? '7' : '8'));
    let turns = 0;
    const counting = { on: true };
    const count = () => {
      turns++;
      if (counting.on) setImmediate(count);
    };
    setImmediate(count);
    const pieces: string[] = [];
    for await (const piece of personLines(log, '7', 0)) pieces.push(piece);
    counting.on = false;
    expect(turns).toBeGreaterThanOrEqual(100);
    expect(linesIn(pieces).map(({ seq }) => seq)).toEqual([
      ...Array.from({ length: 2_000 }, (_, i) => 10 * (i + 1)),
      20_000,
    ]);
  });

  it('say how far it is where nothing is theirs for long, and are gone on with from there', async () => {
    const log = logOf(1_000, (seq) => (seq === 1_000 ? '7' : '8'), 3);
    const pieces: string[] = [];
    const begun = performance.now();
    for await (const piece of personLines(log, '7', 0)) pieces.push(piece);
    const seconds = (performance.now() - begun) / PROGRESS_MS;
    const lines = linesIn(pieces);
    const progress = lines.filter((line) => line['progress'] === true);
    expect(progress.length).toBeGreaterThanOrEqual(2);
    expect(progress.length).toBeLessThanOrEqual(seconds);
    expect(lines.slice(progress.length)).toMatchObject([{ seq: 1_000 }, { end: true, seq: 1_000 }]);
    const rest: string[] = [];
    for await (const piece of personLines(
      logOf(1_000, () => '7'),
      '7',
      Number(progress[1]!['seq']),
    ))
      rest.push(piece);
    expect(linesIn(rest)[0]).toMatchObject({ seq: Number(progress[1]!['seq']) + 1 });
  });

  it('are read no faster than they are taken, and no further once nobody takes them', async () => {
    const log = logOf(100_000, () => '7');
    const lines = personLines(log, '7', 0);
    await lines.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log.reading.read).toBe(200);
    await lines.return();
    expect(log.reading).toEqual({ read: 200, isOver: true });
  });
});

describe('exports', () => {
  it('are few, and one of each person; when one is over, the next one may begin', () => {
    const exports = new Exports({ atOnce: 2, time: 10_000, idle: 10_000 });
    const statusOf = (id: string): number => {
      try {
        exports.begin(id).over();
        return 200;
      } catch (error) {
        return (error as HttpRefusal).statusCode;
      }
    };
    const one = exports.begin('7');
    expect([statusOf('7'), statusOf('8')]).toEqual([429, 200]);
    const other = exports.begin('8');
    expect([statusOf('7'), statusOf('9')]).toEqual([429, 503]);
    one.over();
    expect([statusOf('7'), statusOf('8')]).toEqual([200, 429]);
    other.over();
    expect(statusOf('8')).toBe(200);
  });

  it('have to end after their time, and with the process', async () => {
    const short = new Exports({ atOnce: 2, time: 20, idle: 10_000 }).begin('7');
    await new Promise((resolve) => setTimeout(resolve, 60));
    const exports = new Exports();
    const long = exports.begin('7');
    expect([short.end.aborted, long.end.aborted]).toEqual([true, false]);
    exports.onModuleDestroy();
    expect(long.end.aborted).toBe(true);
  });
});
