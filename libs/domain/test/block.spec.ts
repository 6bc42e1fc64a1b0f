import { describe, expect, it } from '@jest/globals';
import {
  blockersOf,
  blockPerson,
  type ChatState,
  type Decision,
  decodeEvent,
  directRoom,
  type DomainEvent,
  editMessage,
  encodeEvent,
  evolveBlockers,
  postToChat,
  unblockPerson,
} from '../src/index.js';

const at = '2026-01-02T03:04:05.678Z';
const context = { key: 'ab'.repeat(12), at };
const room = directRoom('7', '9');
const chat: ChatState = { ...{ type: 'ChatCreated', room, id: `chat.${context.key}`, at, by: '7' }, users: ['7', '9'] };

function eventOf<E extends DomainEvent>(decision: Decision<E>): E {
  if ('refusal' in decision || !decision.event) throw new Error(`no event: ${JSON.stringify(decision)}`);
  // What is decided can be stored, and reads as it was.
  expect(decodeEvent(encodeEvent(decision.event), 1)).toStrictEqual({ ...decision.event, seq: 1 });
  return decision.event;
}
const nothing = { event: null };
const notFound = { refusal: { code: 'not_found', field: 'chat_id' } };

describe('a block', () => {
  it('says who of the two blocks the other from then on, in the order of the room’s name', () => {
    const event = eventOf(blockPerson({ ...context, by: '9' }, { chat, blockers: [] }));
    expect(event).toEqual({ type: 'PersonBlocked', room, id: `block.${context.key}`, at, by: '9', blockers: ['9'] });
    expect([blockersOf(event), blockersOf(null), blockersOf(chat), evolveBlockers([], event)]).toEqual([
      ['9'],
      [],
      [],
      ['9'],
    ]);
    const both = eventOf(blockPerson({ ...context, by: '7' }, { chat, blockers: ['9'] }));
    expect(both.blockers).toEqual(['7', '9']);
  });

  it('is taken back by who decided it, and the other side’s stays', () => {
    const event = eventOf(unblockPerson({ ...context, by: '7' }, { chat, blockers: ['7', '9'] }));
    expect(event).toEqual({
      type: 'PersonUnblocked',
      room,
      id: `unblock.${context.key}`,
      at,
      by: '7',
      blockers: ['9'],
    });
    expect(blockersOf(event)).toEqual(['9']);
  });

  it('is nothing to do where it is so', () => {
    expect(blockPerson({ ...context, by: '9' }, { chat, blockers: ['7', '9'] })).toEqual(nothing);
    expect(unblockPerson({ ...context, by: '9' }, { chat, blockers: ['7'] })).toEqual(nothing);
  });

  it('is for the two of a chat', () => {
    for (const decide of [blockPerson, unblockPerson]) {
      expect(decide({ ...context, by: '8' }, { chat, blockers: ['8'] })).toMatchObject(notFound);
      expect(decide({ ...context, by: '7' }, { chat: null, blockers: ['7'] })).toMatchObject(notFound);
    }
  });

  it('refuses what the other side says and edits, where it is asked for, and nothing of one’s own', () => {
    const blocked = { refusal: { code: 'blocked' } };
    const post = (by: string, receiver: string, blockers: readonly string[]) =>
      postToChat(
        { ...context, sender: { id: by, name: by, avatar: null }, content: 'hi', receiver },
        chat,
        null,
        blockers,
      );
    expect(post('7', '9', ['9'])).toMatchObject(blocked);
    expect(post('7', '9', ['7'])).toMatchObject({ event: { content: 'hi' } });
    expect(post('8', '9', ['9'])).toMatchObject(notFound);
    const edit = (userId: string, blockers: readonly string[]) => {
      const message = { room, sender: { id: userId }, at };
      const command = { ...context, messageId: 'cd'.repeat(12), userId, content: 'x', withinSeconds: 9 };
      return editMessage(command, { room, message, blockers });
    };
    expect(edit('7', ['9'])).toMatchObject(blocked);
    expect(edit('7', ['7'])).toMatchObject({ event: { content: 'x' } });
  });
});
