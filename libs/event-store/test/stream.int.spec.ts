import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StorageType } from '@nats-io/jetstream';
import { StreamMismatch } from '../src/index.js';
import { all, LogUnderTest } from './log-under-test.js';

let test: LogUnderTest;

beforeEach(async () => {
  test = await LogUnderTest.create(undefined, true);
});
afterEach(() => test.remove());

const config = () => test.jetstream(async ({ streams }) => (await streams.info(test.options.stream)).config);

describe('setUp', () => {
  it('makes a log that forgets nothing', async () => {
    const log = await test.open();
    expect(await log.setUp()).toEqual([]);
    expect(await config()).toMatchObject({
      subjects: [`${test.options.prefix}.ev.>`],
      storage: 'file',
      discard: 'new',
      deny_delete: true,
      deny_purge: true,
      max_age: 0,
      duplicate_window: 120e9,
      allow_atomic: true,
      metadata: { partitions: '16' },
    });
  });

  it('can be done again, and by many at a time', async () => {
    const logs = await Promise.all([test.open(), test.open(), test.open()]);
    expect(await Promise.all(logs.map((log) => log.setUp()))).toEqual([[], [], []]);
    expect(await logs[0].setUp()).toEqual([]);
  });

  it('reports what is not as it should be, and leaves it so', async () => {
    const { stream: name, prefix } = test.options;
    await test.jetstream(({ streams }) =>
      streams.add({
        name,
        subjects: [`${prefix}.ev.>`],
        storage: StorageType.Memory,
        duplicate_window: 60e9,
        metadata: { partitions: '16' },
      }),
    );
    const before = await config();
    expect((await (await test.open()).setUp()).sort()).toEqual([
      `${name}.allow_direct is false, should be true`,
      `${name}.deny_delete is false, should be true`,
      `${name}.deny_purge is false, should be true`,
      `${name}.discard is "old", should be "new"`,
      `${name}.duplicate_window is 60000000000, should be 120000000000`,
      `${name}.storage is "memory", should be "file"`,
    ]);
    // But that it takes batches from now on, with what the server notes of that.
    const { metadata, ...rest } = before;
    const noted = expect.objectContaining({ partitions: metadata?.['partitions'] });
    expect(await config()).toEqual({ ...rest, allow_atomic: true, metadata: noted });
  });

  it('has a stream of before take batches, and changes nothing else', async () => {
    const log = await test.open();
    await log.setUp();
    const { stream: name } = test.options;
    const before = await config();
    await test.jetstream(({ streams }) => streams.update(name, { ...before, allow_atomic: false }));
    expect(await config()).toEqual({ ...before, allow_atomic: undefined, metadata: expect.anything() });
    expect(await log.setUp()).toEqual([]);
    expect(await config()).toEqual(before);
  });

  it.each([{ partitions: '8' }, {}])('refuses a stream of other partitions: %j', async (metadata) => {
    const { stream: name, prefix } = test.options;
    await test.jetstream(({ streams }) => streams.add({ name, subjects: [`${prefix}.ev.>`], metadata }));
    await expect((await test.open()).setUp()).rejects.toThrow(StreamMismatch);
  });
});

describe('dead letters', () => {
  it('keeps one of each, however often it is put', async () => {
    const log = await test.open();
    await log.setUp();
    const letter = { projection: 'timeline', partition: 3, seq: 42, reason: 'unknown event Shouted version 1' };
    await log.letters.put(letter);
    await log.letters.put(letter);
    await log.letters.put({ ...letter, seq: 43 });
    await log.letters.put({ ...letter, projection: 'directory' });
    const at = expect.any(Number);
    expect(await all(log.letters.all())).toEqual([
      { ...letter, at },
      { ...letter, seq: 43, at },
      { ...letter, projection: 'directory', at },
    ]);
    expect(await all(log.letters.all('directory'))).toEqual([{ ...letter, projection: 'directory', at }]);
    expect(await all(log.letters.all('stats'))).toEqual([]);
  });
});
