import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clanRoom, keySequence } from '#domain';
import { Database } from '../src/sql/database.js';
import { isWhole } from '../src/sql/prompt.js';
import { MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';
import { randomLog } from './random-log.js';

const program = 'apps/chatctl/chatctl.mjs';
const nextKey = keySequence(Buffer.alloc(8, 7));

/** As where a package is not installed. */
const without = (name: string) =>
  `data:text/javascript,import { registerHooks } from 'node:module';
  registerHooks({ resolve(name, context, next) {
    if (name === '${name}') throw Object.assign(new Error('gone'), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(name, context);
  } });`.replaceAll('\n', '');

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl sql', () => {
  let system: SystemUnderTest;
  const folder = mkdtempSync(join(tmpdir(), 'parley-sql-test-'));
  const dir = join(folder, 'events');
  const hostile = 'a \u001b[2Jtext\u009b, "quoted" \u202eand\nlines';

  beforeAll(async () => {
    system = await SystemUnderTest.create();
    for (const event of randomLog(3, 150, false)) await system.append(event);
    const message = posted(clanRoom('evil'), hostile);
    await system.append(message);
    await system.append({
      ...{ type: 'ReactionAdded', room: message.room, id: `react.${nextKey()}`, at: message.at, userId: '2' },
      ...{ messageId: message.messageId, userName: 'Bob', emoji: '<script>alert(1)</script>' },
    });
    expect((await system.chatctl('export', dir)).status).toBe(0);
  });
  afterAll(async () => {
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const sql = (...words: string[]) => system.chatctl('sql', '--export', dir, ...words);
  const failed = async (...words: string[]) => {
    const { status, out, complaints } = await sql(...words);
    expect([status, out]).toEqual([2, '']);
    return complaints;
  };
  /** A process of its own, with a folder of its own for what is temporary. */
  const run = (words: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const temporary = mkdtempSync(join(folder, 'tmp-'));
    const child = spawn(process.execPath, [program, ...words], {
      env: { ...process.env, ...system.env, TMPDIR: temporary, ...env },
    });
    const told = { out: '', err: '' };
    child.stdout.on('data', (text: Buffer) => (told.out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (told.err += text.toString()));
    child.stdin.end();
    const ended = once(child, 'close').then(([code]) => ({ ...told, status: code as number | null }));
    return { child, ended, temporary };
  };
  const events = `select * exclude (day) from events order by seq`;

  it('says the same of an export in any format, and of the log itself', async () => {
    const { out } = await sql(events, '--format', 'json');
    expect(out.split('\n')).toHaveLength((await system.log.lastSeq()) + 1);
    for (const format of ['ndjson', 'csv']) {
      const other = join(folder, format);
      await system.chatctl('export', other, '--format', format);
      expect((await system.chatctl('sql', '--export', other, events, '--format', 'json')).out).toBe(out);
    }
    expect((await system.chatctl('sql', events, '--format', 'json')).out).toBe(out);
    const some = await system.chatctl(
      'sql',
      '--room',
      'clan:evil',
      '--type',
      'MessageCreated',
      'select content from events',
    );
    expect(some.out).toContain('(1 row)');
  });

  it('makes a table of what is asked, not of what something is called', async () => {
    const asked = 'select 1 as rooms, 2 AS  Users; select table_name from duckdb_tables()';
    const { out } = await system.chatctl('sql', asked, '--format', 'json');
    expect(out).toBe('{"rooms":1,"Users":2}\n');
    expect(
      (await system.chatctl('sql', `${asked}; select count(*) > 0 as some from rooms`, '--format', 'json')).out,
    ).toContain('{"table_name":"rooms"}');
  });

  it('prints tables, in which what others wrote does nothing, CSV, JSON and Parquet', async () => {
    const what = `select n, content, sent_at, 1.5::decimal(3, 1) as d, -2 as m, [1, 2] as l, null as nothing from messages where room = 'clan:evil'`;
    const table = (await sql(what)).out;
    const shown = 'a \\u001b[2Jtext\\u009b, "quoted" \\u202eand\\u000alines';
    const line = (content: string, time: string, ...more: string[]) =>
      [more[0], content.padEnd(shown.length), time.padEnd(23), ...more.slice(1)].join('  ');
    expect(table.split('\n')).toEqual([
      line('content', 'sent_at', 'n', '  d', ' m', 'l     ', 'nothing'),
      line('-'.repeat(shown.length), '-'.repeat(23), '-', '---', '--', '------', '-------'),
      line(shown, '2026-01-02 03:04:05.678', '1', '1.5', '-2', '[1, 2]'),
      '(1 row)',
      '',
    ]);
    expect((await sql(what, '--format', 'csv')).out).toBe(
      `n,content,sent_at,d,m,l,nothing\r\n1,"${hostile.replaceAll('"', '""')}",2026-01-02 03:04:05.678,1.5,-2,"[1, 2]",\r\n`,
    );
    expect(JSON.parse((await sql(what, '--format', 'json')).out)).toEqual({
      ...{ n: 1, content: hostile, sent_at: '2026-01-02T03:04:05.678Z', d: 1.5, m: -2, l: [1, 2], nothing: null },
    });
    const path = join(folder, 'rooms.parquet');
    const command = `"${process.execPath}" ${program} sql --export "${dir}" "from rooms -- all of them" --format parquet > "${path}"`;
    await promisify(execFile)('bash', ['-c', command]);
    expect(readFileSync(path).subarray(0, 4).toString()).toBe('PAR1');
    expect(await failed('select 1; select 2', '--format', 'parquet')).toContain('one query');
  });

  it('reads nothing but the export, and writes nowhere', async () => {
    const own = join(folder, 'own.csv');
    writeFileSync(own, 'a,b\n1,2\n');
    const [file] = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.parquet'));
    const before = readFileSync(join(dir, file!));
    for (const statement of [
      `from '${own}'`,
      `from read_text('/etc/hostname')`,
      `from glob('/etc/*')`,
      `from read_parquet('http://127.0.0.1:1/x.parquet')`,
      `copy (select 1) to '${join(folder, 'x.csv')}'`,
      `copy (select 1) to '${join(dir, 'x.csv')}'`,
      `copy (select 1) to '${join(dir, file!)}'`,
      `explain analyze copy (select 1) to '${join(dir, file!)}'`,
      `export database '${join(dir, 'all')}'`,
      `attach '${join(dir, 'x.db')}' as x`,
      `prepare p as copy (select 1) to '${join(dir, file!)}'`,
      'set enable_external_access = true',
      'set lock_configuration = false',
      'install httpfs',
      'load httpfs',
      `create persistent secret s (type http)`,
    ]) {
      const { status, out } = await sql(statement);
      expect([statement, status, out.includes('1,2')]).toEqual([statement, 2, false]);
    }
    expect(readFileSync(join(dir, file!)).equals(before)).toBe(true);
    expect(readdirSync(dir).filter((name) => !name.startsWith('day='))).toEqual([]);
    expect(readdirSync(folder)).not.toContain('x.csv');
    expect(await failed(`copy (select 1) to '${join(dir, file!)}'`)).toContain('is not for here');
  });

  it('says what is wrong, and what to do', async () => {
    expect(await failed('select contents from messages')).toMatch(/contents[^]*Candidate bindings: "content"/);
    expect(await failed('from message')).toMatch(/Did you mean "messages"[^]*show tables/);
    expect(await failed('select at, seq from events')).toContain('write "at" in quotes');
    expect(await failed('select', '1')).toContain('into quotes');
    expect(await failed('select 1', '--format', 'xml')).toContain('table, csv, json, parquet');
    expect(await failed('select 1', '--room', 'global')).toContain('--room selects from the log');
    mkdirSync(join(folder, 'empty'));
    for (const [place, says] of [
      ['empty', 'chatctl export'],
      ['nowhere', 'chatctl export'],
    ] as const) {
      const { status, complaints } = await system.chatctl('sql', '--export', join(folder, place), 'select 1');
      expect([status, complaints]).toEqual([2, expect.stringContaining(says)]);
    }
    const nothing = await system.chatctl('sql', '--room', 'clan:nobody', 'select 1');
    expect([nothing.status, nothing.complaints]).toEqual([2, expect.stringContaining('nothing of what is selected')]);
  });

  it('reads statements from a pipe, and goes on behind one that fails', async () => {
    const typed = `.tables\nselect 'a;b' as one;\nselect nope from messages;\nselect 2 -- and no more;\n as two; select 3 as three;\n\nselect 4 as four`;
    const { status, out } = await system.chatctlWith(typed, 'sql', '--export', dir, '--format', 'csv');
    expect([status, out]).toEqual([1, 'one\r\na;b\r\ntwo\r\n2\r\nthree\r\n3\r\nfour\r\n4\r\n']);
    const more = `create table mine as select 1 as a; insert into mine values (2);\nselect sum(a) as a from mine;`;
    const mine = await system.chatctlWith(more, 'sql', '--export', dir, '--format', 'json');
    expect([mine.status, mine.out]).toEqual([0, expect.stringContaining('{"a":3}')]);
  });

  it('ends quietly when who reads it has enough, and leaves nothing behind', async () => {
    const command = `"${process.execPath}" ${program} sql --export "${dir}" "from events, range(100000)" --format csv | head -n 2; echo "status $\{PIPESTATUS[0]}"`;
    const temporary = mkdtempSync(join(folder, 'tmp-'));
    const told = await new Promise<string[]>((done) => {
      const env = { ...process.env, TMPDIR: temporary };
      execFile('bash', ['-c', command], { env }, (_, out, err) => {
        done([out.split('\n')[2]!, err]);
      });
    });
    expect([told, readdirSync(temporary)]).toEqual([['status 0', ''], []]);
  });

  it('ends with Ctrl-C, and leaves nothing of what it exported', async () => {
    const { child, ended, temporary } = run([
      'sql',
      'select count(*) from events a, events b, events c, events d, events e',
    ]);
    await until('the log is exported', () =>
      readdirSync(temporary, { recursive: true }).some((name) => String(name).endsWith('.parquet')),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ status: 130, out: '', err: '' });
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('ends with Ctrl-C also where that comes while it opens, or between two statements', async () => {
    const endless = 'select count(*) from events a, events b, events c, events d, events e';
    const open = Database.open.bind(Database);
    jest.spyOn(Database, 'open').mockImplementationOnce(async (...files) => {
      const database = await open(...files);
      system.interruption.abort();
      return database;
    });
    expect(await sql('select 1')).toMatchObject({ status: 130, out: '' });
    system.interruption = new AbortController();
    const table = jest.spyOn(Database.prototype as unknown as { makeTables(): Promise<void> }, 'makeTables');
    table.mockImplementationOnce(() => {
      system.interruption.abort();
      return Promise.resolve();
    });
    expect(await sql(endless)).toMatchObject({ status: 130, out: '' });
    system.interruption = new AbortController();
    jest.restoreAllMocks();
  });

  it('says how what is not installed is got, and does without it what can be done', async () => {
    const env = { NODE_OPTIONS: `--import "${without('@duckdb/node-api')}"` };
    const { status, err } = await run(['sql', 'select 1'], env).ended;
    expect([status, err]).toEqual([2, expect.stringContaining('npm install --include=optional')]);
    expect(err).toContain('@duckdb/node-api');
    const charts = await run(['report'], { NODE_OPTIONS: `--import "${without('echarts')}"` }).ended;
    expect([charts.status, charts.err]).toEqual([2, expect.stringContaining('echarts, which is not installed')]);
    const replay = await run(['replay', '--until', '1'], env).ended;
    expect([replay.status, replay.err]).toEqual([0, '']);
    expect((await run(['export', join(folder, 'without')], env).ended).status).toBe(0);
  });

  it('makes a page of it', async () => {
    const file = join(folder, 'report.html');
    expect(await system.chatctl('report', '--export', dir, '--out', file)).toMatchObject({
      status: 0,
      out: '',
      complaints: '',
    });
    const page = readFileSync(file, 'utf8');
    expect(page).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org\/2000\/svg")/);
    const { out } = await system.chatctl('report');
    const bare = (text: string) => text.replace(/Made by.*/, '').replaceAll(/zr\d+/g, 'zr');
    expect(bare(out)).toBe(bare(page));
    expect(
      (await system.chatctl('report', '--export', dir, '--out', join(folder, 'no', 'r.html'))).complaints,
    ).toContain('--out');
  });
});

describe('a statement', () => {
  it.each([
    ['select 1;', true],
    ['select 1; \n', true],
    ['select 1', false],
    ["select ';", false],
    ["select 'it''s;", false],
    ["select ';';", true],
    ['select ";";', true],
    ['select 1 -- ;', false],
    ['select 1; -- done', true],
    ['select 1 /* ; */', false],
    ['select 1 /* ;', false],
    ['select $$;', false],
    ['select $$;$$;', true],
  ])('%j is at its end: %j', (text, whole) => {
    expect(isWhole(text)).toBe(whole);
  });
});
