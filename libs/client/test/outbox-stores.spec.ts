import { afterAll, describe, expect, it } from '@jest/globals';
import { IDBFactory } from 'fake-indexeddb';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileOutbox } from '../src/file.js';
import { indexedDbOutbox } from '../src/indexed-db.js';
import type { Command, OutboxStore } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-outbox-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
globalThis.indexedDB = new IDBFactory();

const command = (id: string, at: number): Command => ({
  id,
  event: 'globalMessage',
  data: { content: `${id} 👋` },
  at,
});

const stores: [string, (name: string) => OutboxStore][] = [
  ['a file', (name) => fileOutbox(join(folder, 'deep', `${name}.ndjson`))],
  ['IndexedDB', indexedDbOutbox],
];

describe.each(stores)('an outbox in %s', (_, open) => {
  it('is empty at first', async () => {
    expect(await open('empty').load()).toEqual([]);
  });

  it('holds what was put and not removed, in the order it was given, for whoever opens it next', async () => {
    const store = open('some');
    await store.load();
    await Promise.all([store.put(command('b', 1)), store.put(command('a', 2)), store.put(command('c', 3))]);
    await store.remove('a');
    await store.remove('never put');
    expect(await open('some').load()).toEqual([command('b', 1), command('c', 3)]);
    expect(await open('another').load()).toEqual([]);
  });

  it('holds a command once that is put twice', async () => {
    const store = open('twice');
    await store.load();
    await store.put(command('a', 1));
    await store.put(command('a', 1));
    expect(await open('twice').load()).toEqual([command('a', 1)]);
  });
});

it('an outbox in a file that cannot be read says so, and is not written over', async () => {
  await expect(fileOutbox(folder).load()).rejects.toThrow('EISDIR');
  const path = join(folder, 'torn.ndjson');
  writeFileSync(path, '{"id":"a"');
  const torn = fileOutbox(path);
  await expect(torn.load()).rejects.toThrow('JSON');
  await expect(torn.put(command('b', 1))).rejects.toThrow('was not read: what is in it is kept as it is');
  expect(readFileSync(path, 'utf8')).toBe('{"id":"a"');
});
