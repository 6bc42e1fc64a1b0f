import { expect, it } from '@jest/globals';
import { GLOBAL_ROOM, type MessageCreated, type MessageDeleted, type MessageEdited, saidAfter } from '../src/index.js';

const messageId = 'ab'.repeat(12);
const fact = { room: GLOBAL_ROOM, at: '2026-01-02T03:04:05.678Z', messageId, userId: '7' };
const sender = { id: '7', name: 'Ada', avatar: null };
const created = (content: string): MessageCreated => {
  const { room, at } = fact;
  return { type: 'MessageCreated', room, at, messageId, id: `msg.${messageId}`, sender, content };
};
const edited = (content: string): MessageEdited => ({
  ...fact,
  type: 'MessageEdited',
  id: `edit.${messageId}`,
  content,
});
const deleted: MessageDeleted = { ...fact, type: 'MessageDeleted', id: `delete.${messageId}`, senderId: fact.userId };

it('a message says what it was created with, then what its last edit says, and nothing once it is deleted', () => {
  expect(saidAfter(undefined, created('one'))).toBe('one');
  expect(saidAfter('one', edited('two'))).toBe('two');
  expect(saidAfter('two', deleted)).toBeNull();
});

it('a second creation, a change of what is not known, and one of what is deleted change nothing', () => {
  expect(saidAfter('one', created('again'))).toBe('one');
  expect(saidAfter(null, created('again'))).toBeNull();
  expect([saidAfter(undefined, edited('two')), saidAfter(undefined, deleted)]).toEqual([undefined, undefined]);
  expect([saidAfter(null, edited('two')), saidAfter(null, deleted)]).toEqual([null, null]);
});
