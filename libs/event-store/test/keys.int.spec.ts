import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { GLOBAL_ROOM, partitionOf, UnreadableEvent, userRoom } from '#domain';
import { decodeRecord, KeyMissing, MasterKeyMissing } from '../src/index.js';
import { all } from './log-under-test.js';
import {
  another,
  by,
  eventsOf,
  log,
  masterKey,
  onDisk,
  renamed,
  saidBy,
  seal,
  STOLEN,
  storedKey,
  test,
} from './sealed-log.js';

seal();

const keysOf = (userId: string) =>
  test.jetstream(async ({ streams }) => {
    const subject = `${test.options.prefix}.key.${userId}`;
    const info = await streams.info(`${test.options.stream}_KEYS`, { subjects_filter: subject });
    return info.state.subjects?.[subject] ?? 0;
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
