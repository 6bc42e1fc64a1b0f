import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventLine, type RecordedEvent, roomIds } from '#domain';
import { Database } from '../src/sql/database.js';
import { habits, type Said } from './habits.js';

// The questions of docs/analysts.md, as they stand there, and their answers, counted here in the same events without SQL.

const [, chapter = ''] = /^## Ten questions\n([\s\S]*?)^## /m.exec(readFileSync('docs/analysts.md', 'utf8')) ?? [];
const questions = new Map(
  [...chapter.matchAll(/^\*\*(.+?)\*\*[\s\S]*?^```sql\n([\s\S]*?)^```$/gm)].map(([, title, sql]) => [title!, sql!]),
);

type Row = Readonly<Record<string, unknown>>;

const { events, said, reactions, seen, moves } = habits(5, 42);
const iso = (at: number) => new Date(at).toISOString();
const dayOf = (at: number) => iso(at).slice(0, 10);
const DAY = 86_400_000;
/** The Monday of its week. */
const weekOf = (at: number) => dayOf(at - ((new Date(at).getUTCDay() + 6) % 7) * DAY);
const kindOf = ({ room }: Said) => room.split(':')[0]!;
const countBy = <T>(list: Iterable<T>, key: (each: T) => string): Map<string, T[]> => Map.groupBy(list, key);
const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2;
};
const byText = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0);
/** In the order of these columns; one with a minus the other way round. */
const ordered = (rows: readonly Row[], ...columns: readonly string[]): Row[] =>
  rows.toSorted((a, b) => {
    for (const column of columns) {
      const name = column.replace('-', '');
      const [x, y] = [a[name], b[name]];
      const order = typeof x === 'number' ? x - (y as number) : byText(x, y);
      if (order !== 0) return column.startsWith('-') ? -order : order;
    }
    return 0;
  });
const rooms = countBy(said, ({ room }) => room);

const answers: Readonly<Record<string, () => Row[]>> = {
  'How much is said where?': () =>
    ordered(
      [...countBy(said, ({ room, at }) => `${dayOf(at)} ${room}`)].map(([, some]) => ({
        ...{ day: dayOf(some[0]!.at), room: some[0]!.room, messages: some.length },
        people: new Set(some.map(({ by }) => by)).size,
      })),
      ...['day', '-messages', 'room'],
    ),
  'Which reactions are used most?': () =>
    ordered(
      [...countBy(reactions.values(), ({ emoji }) => emoji)].map(([emoji, some]) => ({
        ...{ emoji, times: some.length, people: new Set(some.map(({ by }) => by)).size },
      })),
      ...['-times', 'emoji'],
    ),
  'How long does an answer take?': () => {
    const waits = new Map<string, number[]>();
    for (const some of rooms.values()) {
      let begun = some[0]!;
      for (const message of some) {
        if (message.by === begun.by) continue;
        waits.set(kindOf(message), [...(waits.get(kindOf(message)) ?? []), (message.at - begun.at) / 1_000]);
        begun = message;
      }
    }
    const rows = [...waits].map(([kind, some]) => ({ kind, answers: some.length, seconds: median(some) }));
    return ordered(rows, 'kind');
  },
  'Who comes back?': () => {
    const people = [...countBy(said, ({ by }) => by)].map(([, some]) =>
      [...new Set(some.map(({ at }) => weekOf(at)))].toSorted(),
    );
    const pairs = people.flatMap((weeks) =>
      weeks.map((week) => ({ cohort: weeks[0]!, later: (Date.parse(week) - Date.parse(weeks[0]!)) / DAY / 7 })),
    );
    const rows = [...countBy(pairs, ({ cohort, later }) => `${cohort} ${later}`).values()];
    return ordered(
      rows.map((some) => ({ cohort: some[0]!.cohort, weeks_later: some[0]!.later, people: some.length })),
      ...['cohort', 'weeks_later'],
    );
  },
  'When is it busiest?': () => {
    const hours = countBy(said, ({ at }) => `${new Date(at).getUTCDay() || 7} ${new Date(at).getUTCHours()}`);
    const rows = [...hours].map(([hour, some]) => ({
      ...{ weekday: Number(hour.split(' ')[0]), hour: Number(hour.split(' ')[1]), messages: some.length },
    }));
    return ordered(rows, '-messages', 'weekday', 'hour').slice(0, 10);
  },
  'Who talks with whom?': () => {
    const pairs: { pair: string; room: string }[] = [];
    for (const some of rooms.values()) {
      for (const [i, { by, room }] of some.entries()) {
        const before = some[i - 1]?.by ?? by;
        if (before !== by) pairs.push({ pair: [by, before].toSorted(byText).join(' '), room });
      }
    }
    const rows = [...countBy(pairs, ({ pair }) => pair)].map(([pair, some]) => ({
      ...{ one: pair.split(' ')[0], other: pair.split(' ')[1], answers: some.length },
      rooms: new Set(some.map(({ room }) => room)).size,
    }));
    return ordered(rows, '-answers', 'one', 'other').slice(0, 10);
  },
  'Where does it fall silent?': () => {
    const pauses = [...rooms].flatMap(([room, some]) =>
      some.slice(1).map(({ at, by }, i) => {
        const from = some[i]!.at;
        return { room, silent_from: iso(from), silent_until: iso(at), ended_by: by, length: at - from };
      }),
    );
    return ordered(pauses, '-length', 'room')
      .slice(0, 10)
      .map(({ length: _, ...row }) => row);
  },
  'How soon are direct messages seen?': () => {
    const direct = said.filter((message) => kindOf(message) === 'direct');
    const waits = direct.flatMap(({ room, n, by, at }) => {
      const other = roomIds(room).find((id) => id !== by);
      const mark = seen.find((each) => each.room === room && each.by === other && each.n >= n);
      return mark ? [(mark.at - at) / 1_000] : [];
    });
    return [{ messages: direct.length, seen: waits.length, seconds: median(waits) }];
  },
  'Which clans grow?': () => {
    const rows: Row[] = [];
    for (const [clan, some] of countBy(moves, (move) => move.clan)) {
      let members = 0;
      for (const [week, those] of [...countBy(some, ({ at }) => weekOf(at))].toSorted(([a], [b]) => byText(a, b))) {
        const came = those.filter(({ change }) => change === 1).length;
        members += came - (those.length - came);
        rows.push({ clan, week, came, went: those.length - came, members });
      }
    }
    return ordered(rows, 'clan', 'week');
  },
  'What is out of the ordinary?': () => {
    const found: Row[] = [];
    for (const [room, some] of rooms) {
      const hours = [...countBy(some, ({ at }) => iso(at).slice(0, 13)).entries()];
      const mean = some.length / hours.length;
      const deviation = Math.sqrt(hours.reduce((sum, [, those]) => sum + (those.length - mean) ** 2, 0) / hours.length);
      if (hours.length < 24) continue;
      for (const [hour, those] of hours) {
        if (those.length <= mean + 4 * deviation) continue;
        const people = new Set(those.map(({ by }) => by)).size;
        const row = { room, hour: `${hour}:00:00.000Z`, messages: those.length, people, usual: mean };
        found.push({ ...row, far: (those.length - mean) / deviation });
      }
    }
    return ordered(found, '-far', 'room', 'hour')
      .slice(0, 10)
      .map(({ far: _, ...row }) => row);
  },
};

/** So that the last bit of a figure is nobody's business. */
const rounded = (rows: readonly Row[]): Row[] =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
      ]),
    ),
  );

describe('the questions of docs/analysts.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-questions-'));
  let database: Database;

  beforeAll(async () => {
    const lines = events.map((event, i) => {
      const recorded = { ...event, seq: i + 1 } as RecordedEvent;
      return JSON.stringify(eventLine(recorded, { storedAt: Date.parse(event.at), sealed: false }));
    });
    mkdirSync(join(folder, 'day=2026-01-05'));
    const path = join(folder, 'day=2026-01-05', 'events-000000000000001-000000000099999.ndjson');
    writeFileSync(path, `${lines.join('\n')}\n`);
    database = await Database.open({ format: 'ndjson', paths: [path] }, folder);
  });
  afterAll(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are ten', () => {
    expect([...questions.keys()]).toEqual(Object.keys(answers));
    expect(questions.size).toBe(10);
    expect(said.length).toBeGreaterThan(2_000);
  });

  it.each([...questions])('%s', async (title, sql) => {
    const expected = answers[title]!();
    expect(expected.length).toBeGreaterThan(0);
    expect(rounded(await database.rows<Row>(sql))).toEqual(rounded(expected));
  });
});
