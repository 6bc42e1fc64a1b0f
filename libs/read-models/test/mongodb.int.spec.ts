import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { openMongodbReadModels, ReadModelsUnavailable } from '../src/index.js';
import { describeReadModels } from './conformance.js';

const url = process.env['TEST_MONGODB_URL'];

(url === undefined ? describe.skip : describe)('on a server', () => {
  const database = `test_${randomUUID().slice(0, 8)}`;
  describeReadModels('MongoDB', () => openMongodbReadModels({ url: url ?? '', database }));
});

describe('MongoDB that is away', () => {
  it('is said so within the time given', async () => {
    const opening = openMongodbReadModels({ url: 'mongodb://127.0.0.1:9', database: 'none', timeoutMs: 300 });
    await expect(opening).rejects.toBeInstanceOf(ReadModelsUnavailable);
  });
});
