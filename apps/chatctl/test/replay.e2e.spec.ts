import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { authorOf, clanRoom, directRoom, type DomainEvent, type EventLine, eventLine, GLOBAL_ROOM } from '#domain';
import { decodeRecord } from '#event-store';
import { ask, heardWhile } from '../../../libs/event-store/test/raw-nats.js';
import { chatctl } from '../src/chatctl.js';
import { conversation, MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

const program = 'apps/chatctl/chatctl.mjs';
const ROUNDS = 300;

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl replay', () => {
  let system: SystemUnderTest;
  /** The log, read without any of what is tested here. */
  let all: EventLine[];

  beforeAll(async () => {
    system = await SystemUnderTest.create();
    const events = [...conversation(ROUNDS)];
    for (let i = 0; i < events.length; i += 200) {
      await Promise.all(events.slice(i, i + 200).map((event) => system.append(event)));
    }
    all = await read();
  });
  const others: SystemUnderTest[] = [];
  afterAll(() => Promise.all([system, ...others].map((one) => one.close())));

  const read = async () => {
    const lines: EventLine[] = [];
    for await (const record of system.log.read()) {
      lines.push(eventLine(decodeRecord(record), { storedAt: record.at, sealed: false }));
    }
    return lines;
  };
  const replayed = async (...words: string[]) => {
    const { status, out, complaints } = await system.chatctl('replay', ...words);
    expect([status, complaints]).toEqual([0, '']);
    return linesIn(out);
  };
  const linesIn = (out: string) =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as EventLine);
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  const run = (env: NodeJS.ProcessEnv, ...words: string[]) => {
    const child = spawn(process.execPath, [program, 'replay', ...words], { env: { ...process.env, ...env } });
    children.push(child);
    return child;
  };
  const ended = async (child: ChildProcess) => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode ?? child.signalCode;
  };
  /** What a process prints, as it comes. */
  const printed = (child: ChildProcess) => {
    const told = { out: '', err: '' };
    child.stdout!.on('data', (text: Buffer) => (told.out += text.toString()));
    child.stderr!.on('data', (text: Buffer) => (told.err += text.toString()));
    return told;
  };
  const consumers = async () => {
    const subject = `$JS.API.CONSUMER.NAMES.${system.env['EVENT_STREAM']}`;
    return (await ask<{ consumers?: string[] | null }>(system.env['NATS_URL']!, subject, '{}')).consumers ?? [];
  };

  it('gives every event, in the order of the log and each once', async () => {
    expect(await replayed()).toEqual(all);
    expect(all).toHaveLength(1 + ROUNDS * 5);
  });

  it('gives what a filter by hand gives: by room, user and type, alone and together', async () => {
    const [room, direct] = [clanRoom('3'), directRoom('1', '2')];
    const messages = (line: EventLine) => line.type === 'MessageCreated';
    const isOf = (userId: string) => (line: EventLine) =>
      authorOf(line as unknown as DomainEvent) === userId || line['userId'] === userId;
    const cases: [string[], (line: EventLine) => boolean][] = [
      [['--room', 'clan:3'], (line) => line.room === room],
      [['--room', 'direct:2:1'], (line) => line.room === direct],
      [['--room', 'user:5'], (line) => line.room === 'user:5'],
      [['--user', '2'], isOf('2')],
      [['--type', 'MessageCreated'], messages],
      [
        ['--type', 'MessageCreated,ReactionAdded', '--type', 'ChatCreated'],
        ({ type }) => ['MessageCreated', 'ReactionAdded', 'ChatCreated'].includes(type),
      ],
      [
        ['--room', 'direct:1:2', '--user', '2', '--type', 'MessageCreated'],
        (line) => line.room === direct && messages(line) && isOf('2')(line),
      ],
      [['--room', 'clan:3', '--type', 'MessagesSeen'], () => false],
      [['--room', 'clan:of nobody'], () => false],
    ];
    for (const [words, isMeant] of cases) {
      const expected = all.filter(isMeant);
      expect([words, await replayed(...words)]).toEqual([words, expected]);
      const end = all.length - 300;
      const part = expected.filter(({ seq }) => seq >= 100 && seq <= end);
      expect([words, await replayed(...words, '--from', '100', '--until', String(end))]).toEqual([words, part]);
    }
  });

  it('begins and ends with the sequence, the time or the age that is said, both in it', async () => {
    expect(await replayed('--from', '7', '--until', '7')).toEqual([all[6]]);
    expect(await replayed('--from', String(all.length + 1))).toEqual([]);
    expect(await replayed('--from', '1h')).toEqual(all);
    expect(await replayed('--until', '1h')).toEqual([]);
    const time = all[700]!.storedAt;
    expect(await replayed('--from', time)).toEqual(all.filter(({ storedAt }) => storedAt >= time));
    expect(await replayed('--until', time)).toEqual(all.filter(({ storedAt }) => storedAt <= time));
  });

  it('asks the server for a room alone', async () => {
    const made = await heardWhile<{ config: { filter_subject: string } }>(
      system.env['NATS_URL']!,
      `$JS.API.CONSUMER.CREATE.${system.env['EVENT_STREAM']}.>`,
      () => replayed('--room', 'clan:3', '--type', 'MessageCreated'),
    );
    const asked = made.map(({ config }) => config.filter_subject);
    expect(asked.filter((subject) => !subject.endsWith('.erase'))).toEqual([
      expect.stringMatching(/\.ev\.\d+\.clan:3\.msg$/),
    ]);
  });

  it('leaves nothing behind at NATS', async () => {
    await replayed();
    await until('the consumers are gone', async () => (await consumers()).length === 0);
  });

  it('writes CSV and tables', async () => {
    const csv = await system.chatctl('replay', '--room', 'clan:3', '--type', 'MessageCreated', '--format', 'csv');
    const [header, first, ...more] = csv.out.split('\r\n');
    const line = all.find(({ room, type }) => room === 'clan:3' && type === 'MessageCreated')!;
    expect(header).toBe(
      'seq,at,type,version,room,storedAt,id,messageId,sender_id,sender_name,sender_avatar,content,feeling,clientId,replyTo,erased,sealed',
    );
    const { seq, at, storedAt, id, messageId, content } = line as EventLine & Record<string, string>;
    expect(first).toBe(`${seq},${at},MessageCreated,2,clan:3,${storedAt},${id},${messageId},1,Ada,,${content},,,,,`);
    expect(more).toHaveLength(all.filter(({ room, type }) => room === 'clan:3' && type === 'MessageCreated').length);
    const table = (await system.chatctl('replay', '--until', '2', '--format', 'table')).out.split('\n');
    expect(table).toEqual([
      expect.stringMatching(/^ {6}seq {2}at {24}type {13}room {14}by {10}what$/),
      expect.stringMatching(
        /^ {8}1 {2}2026-01-02T03:04:05\.678Z {2}ChatCreated {6}direct:1:2 {8}1 {11}by "1", users \["1","2"\]$/,
      ),
      expect.stringMatching(
        /MessageCreated {3}clan:1 {12}1 {11}messageId "[0-9a-f]{24}", sender \{.*content "message 1"$/,
      ),
      '',
    ]);
  });

  it('goes on with what is said from then on, until Ctrl-C', async () => {
    const from = String(all.length - 1);
    const child = run(system.env, '--follow', '--from', from, '--room', 'global');
    const told = printed(child);
    for (let i = 1; i <= 5; i++) {
      await system.append(posted(clanRoom('other'), `not this ${i}`));
      await system.append(posted(GLOBAL_ROOM, `live ${i}`));
      await until(`it is told of ${i}`, () => told.out.split('\n').length === i + 1);
    }
    child.kill('SIGINT');
    expect([await ended(child), told.err]).toEqual([0, '']);
    expect(linesIn(told.out).map((line) => line['content'])).toEqual([1, 2, 3, 4, 5].map((i) => `live ${i}`));
    await until('its consumer is gone', async () => (await consumers()).length === 0);
    all = await read();
  });

  it('says by its status that it was interrupted', async () => {
    const child = run(system.env, '--speed', '0.001');
    const told = printed(child);
    await until('it has begun', () => told.out !== '');
    child.kill('SIGINT');
    expect(await ended(child)).toBe(130);
  });

  it('plays it at the pace that it happened', async () => {
    const room = clanRoom('slow');
    for (let i = 0; i < 4; i++) {
      await system.append(posted(room, `tick ${i}`));
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    all = await read();
    const out = new PassThrough();
    const cameAt: number[] = [];
    out.on('data', () => cameAt.push(performance.now()));
    const { signal } = new AbortController();
    const surroundings = {
      env: system.env,
      input: new PassThrough(),
      out,
      progress: new PassThrough(),
      interrupted: () => signal,
    };
    const beganAt = performance.now();
    expect(await chatctl(['replay', '--room', 'clan:slow', '--speed', '2x'], surroundings, () => undefined)).toBe(0);
    const ticks = all.filter((line) => line.room === room).map(({ storedAt }) => Date.parse(storedAt));
    expect(cameAt).toHaveLength(4);
    for (const [i, came] of cameAt.entries()) {
      const due = (ticks[i]! - ticks[0]!) / 2;
      // Its clock begins somewhat before the first has come.
      expect(came - beganAt).toBeGreaterThan(due - 5);
      expect(came - cameAt[0]!).toBeGreaterThan(due - 150);
      expect(came - cameAt[0]!).toBeLessThan(due + 1_500);
    }
  });

  it('shows what cannot be read with its fault, and goes on', async () => {
    const own = await SystemUnderTest.create();
    others.push(own);
    await own.append(posted(GLOBAL_ROOM, 'before'));
    await ask(own.env['NATS_URL']!, `${own.env['SUBJECT_PREFIX']}.ev.14.global.msg`, 'no \u001b[2J JSON');
    await own.append(posted(GLOBAL_ROOM, 'after'));
    const out = new PassThrough();
    const progress = new PassThrough();
    const surroundings = {
      env: own.env,
      input: new PassThrough(),
      out,
      progress,
      interrupted: () => new AbortController().signal,
    };
    expect(await chatctl(['replay'], surroundings, () => undefined)).toBe(1);
    expect(linesIn(String(out.read())).map(({ seq }) => seq)).toEqual([1, 3]);
    expect(String(progress.read())).toBe(
      'event 2 (msg, global): unknown event (no type) version 0\n1 events cannot be read\n',
    );
  });

  it.each([
    [['--format', 'xml'], '--format must be ndjson, csv, table, not xml'],
    [['--speed', 'fast'], '--speed must be like 10x, 1x or 0.5x, not fast'],
    [['--follow', '--until', '1h'], '--follow has no end: leave out --until'],
    [['--from', 'yesterday'], '--from yesterday: say when: '],
    [['--frm', '1'], "Unknown option '--frm'"],
    [['MessageCreated'], "Unexpected argument 'MessageCreated'"],
  ])('does not take %j, and says only why and where to look', async (words, complaint) => {
    const { status, out, complaints } = await system.chatctl('replay', ...words);
    expect([status, out]).toEqual([2, '']);
    expect(complaints).toContain(complaint);
    expect(complaints.trimEnd().split('\n').at(-1)).toBe('see `chatctl replay --help`');
    expect(complaints.trimEnd().split('\n')).toHaveLength(2);
  });
});
