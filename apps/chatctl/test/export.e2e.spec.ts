import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { clanRoom, directRoom, type EventLine, GLOBAL_ROOM, keySequence } from '#domain';
import { ask } from '../../../libs/event-store/test/raw-nats.js';
import { dataBelow, filesBelow, linesOf, manifestsBelow, metadataOf, rowOf, rowsBelow, schemaOf } from './exported.js';
import { conversation, MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

const ROUNDS = 120;
const nextKey = keySequence(randomBytes(8));
const at = '2026-01-02T03:04:05.678Z';

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl export', () => {
  let system: SystemUnderTest;
  let all: EventLine[];
  const others: SystemUnderTest[] = [];
  const scratch = mkdtempSync(join(tmpdir(), 'parley-export-'));
  let count = 0;
  const folder = () => join(scratch, String(count++));

  beforeAll(async () => {
    system = await SystemUnderTest.create();
    const events = [...conversation(ROUNDS)];
    for (let i = 0; i < events.length; i += 200) {
      await Promise.all(events.slice(i, i + 200).map((event) => system.append(event)));
    }
    // What has lists and objects in it.
    const [room, sanction] = [directRoom('1', '2'), { kind: 'ban', room: clanRoom('a b'), since: at, until: null }];
    await system.append({ type: 'PersonBlocked', room, id: `block.${nextKey()}`, at, by: '1', blockers: ['1'] });
    await system.append({
      ...{ type: 'PersonBanned', room: 'user:9' as never, id: `ban.${nextKey()}`, at, userId: '9', by: 'moderator' },
      ...{
        inRoom: clanRoom('a b'),
        sanctions: [{ ...sanction, kind: 'ban', by: 'moderator' }],
        reason: 'spam, "again"',
      },
    });
    await system.append(posted(GLOBAL_ROOM, '', 'ünïcode 👍🏽\u0000'));
    all = await linesOf(system.log);
  });
  afterEach(() => {
    system.interruption = new AbortController();
  });
  afterAll(async () => {
    await Promise.all([system, ...others].map((one) => one.close()));
    rmSync(scratch, { recursive: true, force: true });
  });

  /** @returns what was printed, where it came to a good end */
  const exported = async (...words: string[]) => {
    const { status, out, complaints } = await system.chatctl('export', ...words);
    expect([status, complaints]).toEqual([0, '']);
    return out;
  };
  const refused = async (...words: string[]) => {
    const { status, out, complaints } = await system.chatctl('export', ...words);
    expect([status, out]).toEqual([2, '']);
    return complaints;
  };

  it('holds every event in Parquet, each once and as it is', async () => {
    const dir = folder();
    const day = all[0]!.storedAt.slice(0, 10);
    const out = await exported(dir);
    const file = join(dir, `day=${day}`, `events-000000000000001-${String(all.length).padStart(15, '0')}.parquet`);
    expect(out).toBe(
      `${file}  ${all.length} events\n${all.length} events in 1 new files, up to event ${all.length} of the log\n`,
    );
    expect(await rowsBelow(dir)).toEqual(all.map(rowOf));
    expect(metadataOf(file)).toEqual({
      ...{ 'parley.format': '1', 'parley.first_seq': '1', 'parley.last_seq': String(all.length) },
      ...{ 'parley.selection': '{}', 'parley.anonymized': '', 'parley.log': expect.stringMatching(/^CTL_\w+ 20.*Z$/) },
    });
    const schema = schemaOf(file).slice(1);
    const typeOf = (name: string) => {
      const { type, converted_type, repetition_type } = schema.find((element) => element.name === name)!;
      return [type, converted_type, repetition_type];
    };
    expect(typeOf('seq')).toEqual(['INT64', undefined, 'REQUIRED']);
    expect(typeOf('storedAt')).toEqual(['INT64', 'TIMESTAMP_MILLIS', 'REQUIRED']);
    expect(typeOf('version')).toEqual(['INT32', undefined, 'REQUIRED']);
    expect(typeOf('sender_name')).toEqual(['BYTE_ARRAY', 'UTF8', 'OPTIONAL']);
    expect(typeOf('n')).toEqual(['INT64', undefined, 'OPTIONAL']);
    expect(typeOf('sealed')).toEqual(['BOOLEAN', undefined, 'OPTIONAL']);
    expect(typeOf('users')).toEqual(['BYTE_ARRAY', 'UTF8', 'OPTIONAL']);
  });

  it('holds the same in NDJSON and CSV as replay gives', async () => {
    for (const format of ['ndjson', 'csv']) {
      const dir = folder();
      await exported(dir, '--format', format);
      expect(dataBelow(dir)).toHaveLength(1);
      expect(readFileSync(dataBelow(dir)[0]!, 'utf8')).toBe((await system.chatctl('replay', '--format', format)).out);
    }
  });

  it('goes on where it ended, with the same selection and columns, and in files that follow each other', async () => {
    const dir = folder();
    const words = [dir, '--type', 'MessageCreated', '--file-events', '50'];
    await exported(...words, '--from', '11', '--until', '100');
    await exported(...words, '--until', '100');
    await exported(...words, '--from', '11');
    expect(await exported(...words)).toContain('0 events in 0 new files');
    const meant = all.filter(({ seq, type }) => seq >= 11 && type === 'MessageCreated');
    expect(await rowsBelow(dir)).toEqual(meant.map(rowOf));
    const names = dataBelow(dir).map((path) => basename(path).split(/[-.]/).slice(1, 3).map(Number));
    expect(names.length).toBeGreaterThan(3);
    expect(names[0]![0]).toBe(11);
    for (const [i, [first]] of names.entries()) if (i > 0) expect(first).toBe(names[i - 1]![1]! + 1);
    const whole = folder();
    await exported(whole);
    expect(schemaOf(dataBelow(dir)[0]!)).toEqual(schemaOf(dataBelow(whole)[0]!));
  });

  it('says who is in which file', async () => {
    const dir = folder();
    await exported(dir, '--file-events', '10', '--until', '20');
    await exported(dir, '--room', 'user:9').catch(() => undefined);
    const [first] = manifestsBelow(dir);
    expect(first).toMatchObject({ events: 10, texts: ['1', '9', '2'], erasedTo: 0, unreadable: [] });
    const ids = [...new Set(all.slice(0, 10).flatMap((line) => JSON.stringify(line).match(/"(?:1|2|9)"/g) ?? []))];
    expect(new Set(first!['users'] as string[])).toEqual(new Set(ids.map((id) => JSON.parse(id) as string)));
    const own = folder();
    await exported(own, '--room', 'user:9');
    expect(manifestsBelow(own)[0]!['users']).toEqual(['9', 'moderator']);
  });

  it('takes away what a killed run has left, and nothing else', async () => {
    const dir = folder();
    await exported(dir, '--until', '50');
    const [file] = dataBelow(dir);
    const part = join(dirname(file!), '.events-000000000000051.part');
    const notes = join(dirname(file!), 'notes.txt');
    for (const path of [part, notes, join(dirname(file!), '._events-1-2.json.part')]) writeFileSync(path, 'half');
    await exported(dir);
    expect(filesBelow(dir).filter((path) => path.endsWith('.part'))).toEqual([]);
    expect(filesBelow(dir)).toContain(notes);
    expect(await rowsBelow(dir)).toEqual(all.map(rowOf));
  });

  it('refuses a folder that it does not go together with, and says why', async () => {
    const dir = folder();
    await exported(dir, '--from', '5', '--until', '100', '--file-events', '20');
    const before = filesBelow(dir);
    expect(await refused(dir, '--format', 'csv')).toContain('its format is parquet, not csv');
    expect(await refused(dir, '--type', 'MessageCreated')).toContain(
      'of another selection: {}, not {"types":["MessageCreated"]}. Export into another folder',
    );
    expect(await refused(dir, '--from', '4')).toContain('begins at event 5, behind --from, which is event 4');
    expect(await refused(dir, '--from', '102')).toContain('ends at event 100, before --from, which is event 102');
    expect(await refused(dir, '--until', '50')).toContain('goes up to event 100 already, behind --until');
    const own = await SystemUnderTest.create();
    others.push(own);
    expect((await own.chatctl('export', dir)).complaints).toContain('what is there is of another log: of CTL_');
    expect(filesBelow(dir)).toEqual(before);
  });

  it('refuses a folder with a hole or an overlap in it, and says where', async () => {
    const dir = folder();
    await exported(dir, '--until', '100', '--file-events', '20');
    const [, second, third] = dataBelow(dir);
    renameSync(second!, join(scratch, 'kept'));
    expect(await refused(dir)).toMatch(
      /^chatctl: events 21 to 40 are missing between day=.*020\.parquet and day=.*041-/m,
    );
    renameSync(join(scratch, 'kept'), second!);
    writeFileSync(third!.replace('000041-', '000039-'), '');
    expect(await refused(dir)).toMatch(/events 39 to 40 are in day=.*21-.*40\.parquet and day=.*39-.*60\.parquet/);
    rmSync(third!.replace('000041-', '000039-'));
    writeFileSync(dataBelow(dir).at(-1)!, 'PAR1 it is none PAR1');
    expect(await refused(dir)).toContain('does not say what it is of');
    // What it cannot look into may be whole: nobody is told to take it away.
    const last = dataBelow(dir).at(-1)!;
    rmSync(last);
    mkdirSync(last);
    expect(await refused(dir)).toMatch(/cannot be read: EISDIR(?!.*Take it away)/);
  });

  it('refuses a file that is not of what its name says', async () => {
    const dir = folder();
    await exported(dir);
    const [file] = dataBelow(dir);
    const longer = file!.replace(/\d{15}\.parquet/, '000000000999999.parquet');
    renameSync(file!, longer);
    expect(await refused(dir)).toContain('does not say what it is of');
  });

  it('refuses a second export into the same folder, and only while the first one runs', async () => {
    const dir = folder();
    const first = system.chatctl('export', dir, '--follow', '--every', '1s');
    await until('it has a file', () => dataBelow(dir).length > 0);
    expect(await refused(dir)).toContain('another export into');
    system.interruption.abort();
    expect((await first).status).toBe(0);
    system.interruption = new AbortController();
    await exported(dir);
  });
  it('follows: a file when it is time, and one of the rest in the end', async () => {
    const own = await SystemUnderTest.create();
    others.push(own);
    const dir = folder();
    const following = own.chatctl('export', dir, '--follow', '--every', '1s');
    await own.append(posted(GLOBAL_ROOM, 'one'));
    await until('the first file', () => dataBelow(dir).length === 1);
    await own.append(posted(GLOBAL_ROOM, 'two'));
    await until('it is being written', () => filesBelow(dir).some((path) => path.endsWith('.part')));
    own.interruption.abort();
    const { status, out } = await following;
    expect([status, out.split('\n').at(-2)]).toEqual([0, '2 events in 2 new files, up to event 2 of the log']);
    expect((await rowsBelow(dir)).map(({ content }) => content)).toEqual(['one', 'two']);
  });

  it('tells of what cannot be read, goes on, and has it once it can be', async () => {
    const own = await SystemUnderTest.create();
    others.push(own);
    const dir = folder();
    await own.append(posted(GLOBAL_ROOM, 'before'));
    await ask(own.env['NATS_URL']!, `${own.env['SUBJECT_PREFIX']}.ev.14.global.msg`, 'no JSON');
    await own.append(posted(GLOBAL_ROOM, 'after'));
    expect((await own.chatctl('export', dir)).status).toBe(1);
    expect((await rowsBelow(dir)).map(({ seq }) => seq)).toEqual([1n, 3n]);
    expect(manifestsBelow(dir)[0]!['unreadable']).toEqual([2]);
    expect((await own.chatctl('export', dir)).status).toBe(0);
    const { status, out } = await own.chatctl('export', dir, '--check');
    expect([status, out]).toEqual([1, expect.stringContaining('  1 events could not be read\n1 of 1 files')]);
    // As an older release would have left it, which could not read the first one.
    const [manifest] = filesBelow(dir).filter((path) => path.endsWith('.json'));
    writeFileSync(manifest!, readFileSync(manifest!, 'utf8').replace('[2]', '[1,2]'));
    expect((await own.chatctl('export', dir, '--rewrite')).status).toBe(1);
    expect(manifestsBelow(dir)[0]!['unreadable']).toEqual([2]);
  });

  it.each([
    [[], 'say into which folder, one'],
    [['x', 'y'], 'say into which folder, one'],
    [['x', '--format', 'xml'], '--format must be parquet, csv, ndjson, not xml'],
    [['x', '--follow', '--until', '1h'], '--follow has no end: leave out --until'],
    [['x', '--every', '5m'], '--every goes with --follow'],
    [['x', '--follow', '--every', 'often'], '--every must be like 30s, 5m or 1h'],
    [['x', '--file-events', '0'], '--file-events must be a whole number from 1 to 1000000'],
    [['x', '--check', '--rewrite'], '--check and --rewrite are of all files that are there'],
    [['/nowhere/x', '--check'], 'there is no export in /nowhere/x'],
  ])('does not take %j', async (words, complaint) => {
    expect(await refused(...words)).toContain(complaint);
  });
});
