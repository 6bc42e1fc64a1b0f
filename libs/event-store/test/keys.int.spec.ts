import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  clanRoom,
  encodeEvent,
  GLOBAL_ROOM,
  type MessageCreated,
  partitionOf,
  partitionRoom,
  type RecordedEvent,
  UnreadableEvent,
  userRoom,
} from '#domain';
import {
  decodeRecord,
  type EventLog,
  KeyMissing,
  type LogOptions,
  type LogRecord,
  MasterKeyMissing,
} from '../src/index.js';
import { all, LogUnderTest, message, nextKey } from './log-under-test.js';
import { OwnServer } from './own-server.js';

const masterKey = randomBytes(32);
const encryption = { masterKeys: [masterKey], seals: true };
const context = () => ({ key: nextKey(), at: new Date().toISOString() });

const by = (userId: string, content: string, room = GLOBAL_ROOM): MessageCreated => ({
  ...message(room, content),
  sender: { id: userId, name: `name of ${userId}`, avatar: '{"color":"blue"}' },
});
const renamed = (userId: string, name: string) => {
  const { key, at } = context();
  return {
    type: 'ProfileChanged',
    room: userRoom(userId),
    id: `profile.${key}`,
    at,
    userId,
    name,
    avatar: null,
  } as const;
};

const STOLEN = clanRoom('thieves');

let server: OwnServer;
let test: LogUnderTest;
let log: EventLog;
const another = (options: Partial<LogOptions> = {}) => test.open({ encryption, ...options });
const eventsOf = async (from: EventLog): Promise<RecordedEvent[]> =>
  (await all(from.read())).filter(({ room }) => room !== STOLEN).map(decodeRecord);
const saidBy = async (from: EventLog, userId: string) =>
  (await eventsOf(from)).flatMap((event) =>
    event.type === 'MessageCreated' && event.sender.id === userId ? [[event.content, event.sender.name]] : [],
  );
/** Everything that the server has written, byte by byte. */
const onDisk = (text: string): boolean =>
  readdirSync(server.data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(text));
const storedKey = (userId: string) =>
  test.jetstream(({ streams }) =>
    streams.getMessage(`${test.options.stream}_KEYS`, { last_by_subj: `${test.options.prefix}.key.${userId}` }),
  );

beforeAll(async () => {
  server = await OwnServer.start();
  test = await LogUnderTest.create(server.url);
  log = await another();
});
afterAll(async () => {
  await test.closeAll();
  await server.remove();
});

describe('a log whose texts are sealed', () => {
  it('has no text of anybody on its disk, and says them to who has the keys', async () => {
    const said = by('1', 'the whole truth');
    await log.append({ ...said, feeling: 'merry-go-round' });
    await log.append(renamed('1', 'Lady Lovelace'));
    for (const text of ['the whole truth', 'merry-go-round', 'name of 1', 'Lady Lovelace', 'blue']) {
      expect([text, onDisk(text)]).toEqual([text, false]);
    }
    expect(onDisk(said.messageId)).toBe(true);
    const elsewhere = await another();
    expect(await elsewhere.at(1)).toEqual({ ...said, feeling: 'merry-go-round', seq: 1 });
    expect(await elsewhere.last(userRoom('1'), 'profile')).toMatchObject({ name: 'Lady Lovelace', avatar: null });
    expect(await eventsOf(elsewhere)).toMatchObject([{ content: 'the whole truth' }, { name: 'Lady Lovelace' }]);
    const consumer = await elsewhere.consume({
      ...{ name: 'c-e1', deleteOthersWithPrefix: 'c-e', partition: partitionOf(GLOBAL_ROOM), from: 1 },
    });
    const records = await consumer.next();
    expect(decodeRecord((records as never[])[0]!)).toEqual({ ...said, feeling: 'merry-go-round', seq: 1 });
  });

  it('is not read without the keys, and nothing of it is skipped', async () => {
    const without = await test.open();
    await expect(all(without.read())).rejects.toThrow(KeyMissing);
    await expect(without.at(1)).rejects.toThrow('set KEYS_MASTER');
    const other = await another({ encryption: { masterKeys: [randomBytes(32)], seals: true } });
    await expect(other.at(1)).rejects.toThrow(MasterKeyMissing);
  });

  it('opens a text only where it was sealed', async () => {
    const record = (await log.recordAt(1))!;
    const raw = await test.jetstream(({ streams }) => streams.getMessage(test.options.stream, { seq: 1 }));
    const seq = await test.jetstream(async (jetstream) => {
      const headers = raw!.header;
      headers.set('Nats-Msg-Id', `${STOLEN}/${record.id}`);
      const subject = `${test.options.prefix}.ev.${partitionOf(STOLEN)}.${STOLEN}.msg`;
      const answer = await jetstream.jetstream().publish(subject, raw!.string(), { headers });
      return answer.seq;
    });
    await expect(log.at(seq)).rejects.toThrow(UnreadableEvent);
    await expect(log.at(seq)).rejects.toThrow('cannot be opened');
  });

  it('has one key for a person, whoever needs it first', async () => {
    const many = await Promise.all([another(), another(), another()]);
    await Promise.all(many.map((one, i) => one.append(by('together', `at once ${i}`))));
    expect(await saidBy(await another(), 'together')).toHaveLength(3);
    expect(await keysOf('together')).toBe(1);
  });
});

const keysOf = (userId: string) =>
  test.jetstream(async ({ streams }) => {
    const subject = `${test.options.prefix}.key.${userId}`;
    const info = await streams.info(`${test.options.stream}_KEYS`, { subjects_filter: subject });
    return info.state.subjects?.[subject] ?? 0;
  });

describe('erasing a person', () => {
  it('leaves nothing of them that anybody could read, and nothing of their key on the disk', async () => {
    await log.append(by('gone', 'remember me'));
    await log.append(renamed('gone', 'Somebody'));
    const { wrapped } = (await storedKey('gone'))!.json<{ wrapped: string }>();
    expect(onDisk(wrapped)).toBe(true);
    const { lastSeq } = await log.eraser.erase('gone', context());
    expect(onDisk(wrapped)).toBe(false);
    expect(await storedKey('gone')).toBeNull();
    for (const reader of [log, await another()]) {
      expect(await saidBy(reader, 'gone')).toEqual([['', 'erased user']]);
      const profile = await reader.last(userRoom('gone'), 'profile');
      expect(profile).toMatchObject({ name: 'erased user', avatar: null, erased: true });
    }
    const erasures = (await eventsOf(log)).filter(({ type }) => type === 'UserErased');
    expect(erasures.map(({ room }) => room)).toEqual([
      userRoom('gone'),
      ...Array.from({ length: 16 }, (_, partition) => partitionRoom(partition)),
    ]);
    expect(erasures.at(-1)!.seq).toBe(lastSeq);
  });

  it('may be asked for again, and is then of nobody else', async () => {
    const before = (await eventsOf(log)).length;
    await log.eraser.erase('twice', context());
    const once = (await eventsOf(log)).length;
    expect(once - before).toBe(17);
    await log.eraser.erase('twice', context());
    await log.keyring.renewKey('twice');
    await log.append(by('twice', 'a third person'));
    expect(await saidBy(await another(), 'twice')).toEqual([['a third person', 'name of twice']]);
  });

  it('gives an id that comes back another key, which is another person’s', async () => {
    await log.append(by('again', 'the first'));
    await log.eraser.erase('again', context());
    await log.keyring.renewKey('again');
    await log.append(by('again', 'the second'));
    expect(await saidBy(await another(), 'again')).toEqual([
      ['', 'erased user'],
      ['the second', 'name of again'],
    ]);
  });

  it('erases what is said with their key by whoever has not heard of it', async () => {
    const late = await another();
    await late.append(by('late', 'before'));
    await log.eraser.erase('late', context());
    await late.append(by('late', 'after'));
    for (const reader of [late, await another()]) {
      expect(await saidBy(reader, 'late')).toEqual([
        ['', 'erased user'],
        ['', 'erased user'],
      ]);
    }
    await late.keyring.renewKey('late');
    await late.append(by('late', 'somebody else'));
    expect((await saidBy(await another(), 'late')).at(-1)).toEqual(['somebody else', 'name of late']);
  });

  it('takes nothing from whoever has the id since: also what a moderator says of them, told by who knows only the key before', async () => {
    const stale = await another();
    await stale.append(by('namesake', 'before'));
    await log.eraser.erase('namesake', context());
    await log.keyring.renewKey('namesake');
    const { key, at } = context();
    await stale.append({
      ...{ type: 'PersonBanned', room: userRoom('namesake'), id: `sanction.${key}`, at, userId: 'namesake' },
      ...{ inRoom: GLOBAL_ROOM, by: '1', sanctions: [], reason: 'for something else' },
    });
    const last = await (await another()).last(userRoom('namesake'), 'sanction');
    expect(last).toMatchObject({ reason: 'for something else' });
  });

  it('is carried out again where the key comes back with a backup', async () => {
    await log.append(by('restored', 'from the backup'));
    const backup = await storedKey('restored');
    await log.eraser.erase('restored', context());
    expect(await log.eraser.carryOut()).toEqual([]);
    const subject = `${test.options.prefix}.key.restored`;
    await test.jetstream((jetstream) => jetstream.jetstream().publish(subject, backup!.string()));
    // Whether the key is there makes no difference to what is read.
    expect(await saidBy(await another(), 'restored')).toEqual([['', 'erased user']]);
    await expect((await another()).keyring.renewKey('restored')).rejects.toThrow('just being erased');
    expect(await log.eraser.carryOut()).toEqual(['restored']);
    expect(await storedKey('restored')).toBeNull();
    expect(await log.eraser.carryOut()).toEqual([]);
  });

  it('deletes the key also where whoever erases has no master key', async () => {
    await log.append(by('keyless', 'sealed by others'));
    await (await test.open()).eraser.erase('keyless', context());
    expect(await storedKey('keyless')).toBeNull();
    expect(await saidBy(await another(), 'keyless')).toEqual([['', 'erased user']]);
  });

  it('is carried on by who starts next where it was interrupted', async () => {
    await log.append(by('half', 'half erased'));
    const keyId = (await storedKey('half'))!.json<{ id: string }>().id;
    const { key, at } = context();
    await log.append({ type: 'UserErased', room: userRoom('half'), id: `erase.${key}`, at, userId: 'half', keyId });
    expect(await (await another()).eraser.carryOut()).toEqual(['half']);
    expect(await storedKey('half')).toBeNull();
    const erasures = (await eventsOf(log)).filter((event) => event.type === 'UserErased' && event.userId === 'half');
    expect(erasures).toHaveLength(17);
    expect(await (await another()).eraser.carryOut()).toEqual([]);
  });

  it('waits for a key that is gone though nobody was erased, and says what to do', async () => {
    await log.append(by('lost', 'a lost key'));
    const { seq } = (await storedKey('lost'))!;
    await test.jetstream(({ streams }) => streams.deleteMessage(`${test.options.stream}_KEYS`, seq));
    const reader = await another();
    await expect(all(reader.read())).rejects.toThrow('chatctl erase --user lost');
    await log.eraser.erase('lost', context());
    expect(await saidBy(reader, 'lost')).toEqual([['', 'erased user']]);
    // Also where somebody of that id was erased before.
    await log.keyring.renewKey('lost');
    await log.append(by('lost', 'another lost key'));
    const second = (await storedKey('lost'))!.seq;
    await test.jetstream(({ streams }) => streams.deleteMessage(`${test.options.stream}_KEYS`, second));
    await expect(all((await another()).read())).rejects.toThrow(KeyMissing);
    await log.eraser.erase('lost', context());
    expect((await saidBy(await another(), 'lost')).map(([content]) => content)).toEqual(['', '']);
  });
});

describe('another master key', () => {
  it('takes the place of the one before without anybody noticing', async () => {
    const [before, after] = [(await storedKey('1'))!.json<{ wrapped: string; id: string }>(), randomBytes(32)];
    const rotating = await another({ encryption: { masterKeys: [after, masterKey], seals: true } });
    const count = await rotating.keyring.count();
    const seen: number[] = [];
    expect(await rotating.keyring.rotate((n) => seen.push(n))).toBe(count);
    expect(seen.at(-1)).toBeGreaterThanOrEqual(count);
    expect(await rotating.keyring.rotate(() => undefined)).toBe(0);
    expect(await rotating.keyring.count()).toBe(count);
    expect(onDisk(before.wrapped)).toBe(false);
    const reader = await another({ encryption: { masterKeys: [after], seals: true } });
    expect((await saidBy(reader, '1'))[0]).toEqual(['the whole truth', 'name of 1']);
    expect((await storedKey('1'))!.json()).toMatchObject({ id: before.id });
  });
});

describe('a log that is not encrypted', () => {
  let plain: LogUnderTest;
  beforeAll(async () => {
    plain = await LogUnderTest.create(server.url);
  });
  afterAll(() => plain.remove());

  it('shows nothing either of who was erased, and what comes later under that id', async () => {
    const of = await plain.open();
    await of.append(by('7', 'in plain text'));
    await of.append(by('8', 'of somebody else'));
    await of.eraser.erase('7', context());
    await of.append(by('7', 'of another'));
    for (const reader of [of, await plain.open(), await plain.open({ encryption })]) {
      expect((await saidBy(reader, '7')).map(([content]) => content)).toEqual(['', 'of another']);
      expect((await saidBy(reader, '8')).map(([content]) => content)).toEqual(['of somebody else']);
    }
    // Before whoever folds comes to the erasure, too.
    const consumer = await (
      await plain.open()
    ).consume({
      ...{ name: 'c-e1', deleteOthersWithPrefix: 'c-e', partition: partitionOf(GLOBAL_ROOM), from: 1 },
    });
    const [first] = (await consumer.next(1)) as LogRecord[];
    expect(decodeRecord(first!)).toMatchObject({ content: '', erased: true });
    expect(encodeEvent(by('7', 'x')).version).toBe(2);
  });
});
