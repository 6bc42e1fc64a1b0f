import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { openMongodbReadModels, ReadModelsUnavailable } from '../src/index.js';
import { describeReadModels } from './conformance.js';

const url = process.env['TEST_MONGODB_URL'];

(url === undefined ? describe.skip : describe)('on a server', () => {
  const database = `test_${randomUUID().slice(0, 8)}`;
  describeReadModels('MongoDB', () => openMongodbReadModels({ url: url ?? '', database }));

  it('gives a collection that is there already the index that it lacks', async () => {
    const readModels = await openMongodbReadModels({ url: url ?? '', database });
    const client = await MongoClient.connect(url ?? '');
    try {
      const store = readModels.projection('indexed', 1);
      const indexes = async () =>
        (await client.db(database).collection('indexed_v1_notes').indexes()).map(({ key }) => key as unknown);
      await store.setUp([{ name: 'notes' }]);
      await store.write('notes', [{ document: { _id: 'a', seq: 1 }, known: false }]);
      expect(await indexes()).toEqual([{ _id: 1 }]);
      for (let i = 0; i < 2; i++) await store.setUp([{ name: 'notes', index: 'topic' }]);
      expect(await indexes()).toEqual([{ _id: 1 }, { topic: 1 }]);
      await store.setUp([{ name: 'notes', index: 'author', ordered: true }]);
      expect(await indexes()).toEqual([{ _id: 1 }, { topic: 1 }, { author: 1, _id: 1 }]);
    } finally {
      await client.close();
      await readModels.close();
    }
  });
});

describe('MongoDB that is away', () => {
  it('is said so within the time given', async () => {
    const opening = openMongodbReadModels({ url: 'mongodb://127.0.0.1:9', database: 'none', timeoutMs: 300 });
    await expect(opening).rejects.toBeInstanceOf(ReadModelsUnavailable);
  });
});
