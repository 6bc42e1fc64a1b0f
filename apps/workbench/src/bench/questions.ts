import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventLine, type RecordedEvent } from '#domain';
import { dayOf, fileName, folderOfDay } from '../../../chatctl/src/export/file-name.js';
import { rowsFor } from '../../../chatctl/src/export/event-file.js';
import { Database } from '../../../chatctl/src/sql/database.js';
import type { Config } from '#settings';
import { Options } from './options.js';
import { eventAt } from './questions/events.js';

const USAGE = 'usage: npm run bench:questions -- [--events 1000000] [--json]';

/**
 * How long the ten questions of docs/analysts.md take over an export in Parquet: one after the other in one session, which
 * makes the tables of what is asked first, as `chatctl sql` does. Needs no servers.
 */
export async function questions(_folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['events'], ['json'], USAGE);
  const count = options.number('events', 1_000_000, 1_000, 100_000_000);
  const folder = mkdtempSync(join(tmpdir(), 'parley-questions-'));
  try {
    const paths = write(folder, count);
    const openedAt = performance.now();
    const database = await Database.open({ format: 'parquet', paths }, folder);
    const opened = performance.now() - openedAt;
    const first = await ask(database);
    const again = await ask(database);
    database.close();
    const megabytes = Math.round(process.resourceUsage().maxRSS / 1_024);
    const [firstMs, againMs] = [first, again].map((took) => took.reduce((sum, { ms }) => sum + ms, 0));
    const figures = { events: count, openedMs: Math.round(opened), first, firstMs, again, againMs, megabytes };
    if (options.flag('json')) console.log(JSON.stringify(figures));
    else {
      const column = (ms: number | undefined) => String(ms).padStart(7);
      console.log('  first   again  ms');
      for (const [i, { question, ms, rows }] of first.entries())
        console.log(`${column(ms)} ${column(again[i]?.ms)}  ${question} (${rows} rows)`);
      console.log(`${column(firstMs)} ${column(againMs)}  together, over ${count} events`);
      console.log(`opened in ${figures.openedMs} ms; at most ${megabytes} MB, with what writes the export`);
    }
    return first.length === 10;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Took {
  readonly question: string;
  readonly ms: number;
  readonly rows: number;
}

async function ask(database: Database): Promise<Took[]> {
  const took: Took[] = [];
  for (const [question, sql] of questionsIn(readFileSync('docs/analysts.md', 'utf8'))) {
    const at = performance.now();
    const rows = await database.rows(sql);
    took.push({ question, ms: Math.round(performance.now() - at), rows: rows.length });
  }
  return took;
}

/** Each with its SQL, of the chapter that has them. */
const questionsIn = (page: string): (readonly [string, string])[] => {
  const [, chapter = ''] = /^## Ten questions\n([\s\S]*?)^## /m.exec(page) ?? [];
  const found = chapter.matchAll(/^\*\*(.+?)\*\*[\s\S]*?^```sql\n([\s\S]*?)^```$/gm);
  return [...found].map(([, title, sql]) => [title!, sql!] as const);
};

/** An export: a file for each day. */
function write(folder: string, count: number): string[] {
  const paths: string[] = [];
  for (let seq = 1; seq <= count;) {
    const [first, day] = [seq, dayOf(timeOf(seq))];
    const rows = rowsFor('parquet');
    const chunks: Uint8Array[] = [];
    for (; seq <= count && dayOf(timeOf(seq)) === day; seq++) {
      const event = { ...eventAt(seq, new Date(timeOf(seq)).toISOString()), seq } as RecordedEvent;
      rows.add(eventLine(event, { storedAt: timeOf(seq), sealed: false }));
      const chunk = rows.take();
      if (chunk) chunks.push(chunk);
    }
    chunks.push(rows.end({}));
    mkdirSync(join(folder, folderOfDay(day)));
    const path = join(folder, folderOfDay(day), fileName({ first, last: seq - 1, format: 'parquet' }));
    writeFileSync(path, Buffer.concat(chunks));
    paths.push(path);
  }
  return paths;
}

/** An event every six seconds: 14,400 a day. */
const timeOf = (seq: number): number => Date.parse('2026-01-05T00:00:00.000Z') + seq * 6_000;
