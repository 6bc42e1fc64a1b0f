import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { GLOBAL_ROOM, type MessageCreated } from '#domain';
import { Erasures } from '../src/keys/erasures.js';
import type { StoredKey } from '../src/keys/key-store.js';
import { Keyring } from '../src/keys/keyring.js';
import { MasterKeys, type WrappedKey } from '../src/keys/master-keys.js';
import { decodeRecord, type LogRecord } from '../src/log-record.js';

/** Where the keys of the test are, and how often they were read. */
class Keys {
  readonly keys = new Map<string, StoredKey>();
  reads = 0;

  read(userId: string): Promise<StoredKey | null> {
    this.reads++;
    return Promise.resolve(this.keys.get(userId) ?? null);
  }

  create(userId: string, key: WrappedKey): Promise<'stored'> {
    this.keys.set(userId, { ...key, seq: this.keys.size + 1 });
    return Promise.resolve('stored');
  }

  replace = () => Promise.resolve();
  count = () => Promise.resolve(this.keys.size);
  async *all() {
    yield* await Promise.resolve(this.keys.values());
  }
}

const nobody = new Erasures({
  async *read(): AsyncGenerator<LogRecord> {
    yield* await Promise.resolve([]);
  },
});

const saidBy = (id: string, key = id.padStart(24, '0')): MessageCreated => ({
  ...{ type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${key}`, at: '2026-01-02T03:04:05.678Z' },
  ...{ messageId: key, sender: { id, name: `name of ${id}`, avatar: null }, content: `said by ${id}` },
});

it('opens what more people have said together than it keeps keys of', async () => {
  const store = new Keys();
  const fences = { last: () => Promise.resolve(null), guard: () => '' };
  const keyring = new Keyring(store, new MasterKeys([randomBytes(32)]), nobody, fences, true, 2);
  const people = ['1', '2', '3', '4', '5'];
  const records: LogRecord[] = [];
  for (const [i, id] of people.entries()) {
    const event = saidBy(id);
    const { stored, keyId } = await keyring.seal(event);
    const place = { seq: i + 1, at: 0, partition: 0, kind: 'msg', subject: '' };
    records.push({ ...place, ...stored, id: event.id, ...(keyId !== null && { keyId }) });
  }
  await keyring.openAll(records);
  expect(records.map(decodeRecord)).toMatchObject(people.map((id) => ({ content: `said by ${id}` })));
  // Two of them were still known.
  expect(store.reads).toBe(people.length * 2 + people.length - 2);
});
