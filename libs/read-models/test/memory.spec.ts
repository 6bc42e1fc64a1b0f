import { expect, it } from '@jest/globals';
import { memoryReadModels } from '../src/index.js';
import { describeReadModels } from './conformance.js';
import { heldReadModels } from './held-read-models.js';

describeReadModels('in memory', () => Promise.resolve(memoryReadModels()));
describeReadModels('held by a test', () => Promise.resolve(heldReadModels()));

it('a collection in memory is asked by the one field that it has an index on', async () => {
  const store = memoryReadModels().projection('timeline', 1);
  await store.setUp([{ name: 'notes', index: 'topic' }]);
  const document = { _id: 'a', seq: 1, topic: 't', text: 't' };
  await store.write('notes', [{ document, known: false }]);
  expect(await store.findBy('notes', 'topic', ['t'])).toEqual([document]);
  await expect(store.findBy('notes', 'text', ['t'])).rejects.toThrow('notes has no index on text');
  const having = { from: '', to: '~', limit: 1, having: { field: 'text', value: 't' } };
  await expect(store.range('notes', having)).rejects.toThrow('notes has no index on text');
});

it('what is in memory is this process’s own', () => {
  expect(memoryReadModels().shared).toBe(false);
});
