import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeEvent, GLOBAL_ROOM, partitionOf, partitionRoom, userRoom } from '#domain';
import { decodeRecord, KeyMissing, type LogRecord } from '../src/index.js';
import { all, LogUnderTest } from './log-under-test.js';
import {
  another,
  by,
  context,
  encryption,
  eventsOf,
  log,
  onDisk,
  renamed,
  saidBy,
  seal,
  server,
  storedKey,
  test,
} from './sealed-log.js';

seal();

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
