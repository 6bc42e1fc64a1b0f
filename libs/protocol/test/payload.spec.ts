import { describe, expect, it } from '@jest/globals';
import { type PayloadClass, readPayload } from '../src/payload.js';
import {
  BanData,
  ChatData,
  CreateChatData,
  CreateMessageData,
  DeleteMessageData,
  EditMessageData,
  MessageDeleteData,
  MessageEditData,
  MuteData,
  NewMessageData,
  NewReactionData,
  PersonInRoomData,
  ResumeData,
  SlowModeData,
  SubscribeData,
  TypingData,
} from '../src/payloads.js';
import { topics } from '../src/subscription.js';

const fault = (type: PayloadClass<object>, data: unknown) => {
  const read = readPayload(type, data);
  return 'fault' in read ? `${read.fault.code} ${read.fault.field ?? ''}` : 'accepted';
};

describe('the data of a frame', () => {
  it('becomes a payload of the fields that are named, and no others', () => {
    const read = readPayload(NewMessageData, { content: ' hi ', feeling: 'happy', admin: true });
    expect(read).toEqual({ payload: { content: ' hi ', feeling: 'happy' } });
    expect('payload' in read && read.payload).toBeInstanceOf(NewMessageData);
  });

  it('cannot set a prototype', () => {
    const data = JSON.parse('{"__proto__":{"content":"x"},"constructor":{"prototype":{}}}') as unknown;
    expect(fault(NewMessageData, data)).toBe('required content');
    expect(fault(NewMessageData, Object.create({ content: 'inherited' }))).toBe('required content');
  });

  it.each([undefined, null])('is required: %s', (data) => {
    expect(fault(ChatData, data)).toBe('required data');
  });

  it.each([7, 'text', true, [[]], () => 1])('is an object, not %s', (data) => {
    expect(fault(ChatData, data)).toBe('invalid data');
  });

  it.each<[string, PayloadClass<object>, unknown]>([
    ['data must be an object {content, feeling, reply_to}', NewMessageData, null],
    ['content must be a text of 1 to 4000 characters, not only white space', NewMessageData, { content: '' }],
    ['feeling must be a text of at most 32 characters', NewMessageData, { content: 'x', feeling: 7 }],
    ['message_id must be a text of 1 to 64 characters, not only white space', NewReactionData, { emoji: '' }],
    ['emoji must be one emoji, or empty to take the reaction back', NewReactionData, { message_id: 'x', emoji: 'x' }],
    ['receiver_id must be the number of a user', CreateChatData, { receiver_id: 'x' }],
    ['chat_id must be the number of a chat', ChatData, { chat_id: 0 }],
    [
      'reply_to must be a text of 1 to 64 characters, not only white space',
      NewMessageData,
      { content: 'hi', reply_to: '' },
    ],
  ])('is refused with the words: %s', (message, type, data) => {
    expect(readPayload(type, data)).toMatchObject({ fault: { message } });
  });

  it('is refused with the value at fault', () => {
    expect(readPayload(ChatData, [7])).toMatchObject({ fault: { value: [7] } });
    expect(readPayload(ChatData, { chat_id: 'x' })).toMatchObject({ fault: { value: 'x' } });
  });

  it.each<[string, PayloadClass<object>, object]>([
    ['accepted', NewMessageData, { content: 'x' }],
    ['accepted', NewMessageData, { content: 'x', feeling: null }],
    ['accepted', NewMessageData, { content: 'x', feeling: '' }],
    ['accepted', NewMessageData, { content: '👋'.repeat(4_000), feeling: '👋'.repeat(32) }],
    ['invalid content', NewMessageData, { content: 'x'.repeat(4_001) }],
    ['invalid content', NewMessageData, { content: ' \u00a0\n' }],
    ['invalid content', NewMessageData, { content: '\udc00' }],
    ['invalid content', NewMessageData, { content: null }],
    ['invalid feeling', NewMessageData, { content: 'x', feeling: 'x'.repeat(33) }],
    ['invalid feeling', NewMessageData, { content: 'x', feeling: 7 }],
    ['accepted', NewReactionData, { message_id: 'x', emoji: '' }],
    ['accepted', NewReactionData, { message_id: 'x', emoji: '🫡' }],
    ['accepted', NewReactionData, { message_id: 'x', emoji: '👩🏽‍🚀' }],
    ['accepted', NewReactionData, { message_id: 'x', emoji: '🇫🇮' }],
    ['accepted', NewReactionData, { message_id: 'x', emoji: '❤' }],
    ['invalid emoji', NewReactionData, { message_id: 'x', emoji: '👍👍' }],
    ['invalid emoji', NewReactionData, { message_id: 'x', emoji: 'ok' }],
    ['required emoji', NewReactionData, { message_id: 'x' }],
    ['required message_id', NewReactionData, { emoji: '👍' }],
    ['invalid message_id', NewReactionData, { message_id: { $ne: null }, emoji: '👍' }],
    ['invalid message_id', NewReactionData, { message_id: 'x'.repeat(65), emoji: '👍' }],
    ['accepted', CreateChatData, { receiver_id: 0 }],
    ['accepted', CreateChatData, { receiver_id: Number.MAX_SAFE_INTEGER }],
    ['invalid receiver_id', CreateChatData, { receiver_id: Number.MAX_SAFE_INTEGER + 1 }],
    ['invalid receiver_id', CreateChatData, { receiver_id: -1 }],
    ['invalid receiver_id', CreateChatData, { receiver_id: 1.5 }],
    ['invalid receiver_id', CreateChatData, { receiver_id: '1' }],
    ['invalid emoji', NewReactionData, { message_id: 'x', emoji: 7 }],
    ['accepted', CreateMessageData, { chat_id: 1, receiver_id: 2, message: 'x' }],
    ['invalid chat_id', CreateMessageData, { chat_id: 0, receiver_id: 2, message: 'x' }],
    ['invalid chat_id', CreateMessageData, { chat_id: 1.5, receiver_id: 2, message: 'x' }],
    ['invalid message', CreateMessageData, { chat_id: 1, receiver_id: 2, message: '' }],
    ['required receiver_id', CreateMessageData, { chat_id: 1, message: 'x' }],
  ])('is %s', (expected, type, data) => {
    expect(fault(type, data)).toBe(expected);
  });
});

describe('each limit', () => {
  const id = 'a'.repeat(64);
  const ban = { room: 'clan', user_id: id };
  const mute = { ...ban, until: '2099-01-31T12:00:00Z' };
  const edit = { chat_id: 1, message_id: id, message: 'x' };
  /** By what it limits: the last that is taken, the first that is not, and what the refusal names. */
  it.each<[string, PayloadClass<object>, object, object, string]>([
    ['reply_to', NewMessageData, { content: 'x', reply_to: id }, { content: 'x', reply_to: `${id}a` }, '64'],
    ['message_id', MessageEditData, { message_id: id, content: 'x' }, { message_id: `${id}a`, content: 'x' }, '64'],
    [
      'content',
      MessageEditData,
      { message_id: id, content: 'x' },
      { message_id: id, content: 'x'.repeat(4_001) },
      '4000',
    ],
    ['message_id', MessageDeleteData, { message_id: id }, { message_id: `${id}a` }, '64'],
    ['reason', MessageDeleteData, reason(500), reason(501), '500'],
    ['user_id', PersonInRoomData, ban, { ...ban, user_id: `${id}a` }, '64'],
    ['room', PersonInRoomData, { ...ban, room: 'global' }, { ...ban, room: 'direct:7:8' }, 'global or clan'],
    ['reason', BanData, { ...ban, reason: 'x'.repeat(500) }, { ...ban, reason: 'x'.repeat(501) }, '500'],
    ['until', MuteData, mute, { ...mute, until: '2099-01-31T12:00:00' }, 'a time like'],
    ['seconds', SlowModeData, { room: 'clan', seconds: 86_400 }, { room: 'clan', seconds: 86_401 }, '86400'],
    ['seconds', SlowModeData, { room: 'clan', seconds: 0 }, { room: 'clan', seconds: -1 }, 'from 0'],
    ['seconds', SlowModeData, { room: 'global', seconds: 1 }, { room: 'global', seconds: 0.5 }, 'whole'],
    ['receiver_id', CreateChatData, { receiver_id: 0 }, { receiver_id: -1 }, 'number of a user'],
    ['chat_id', ChatData, { chat_id: 1 }, { chat_id: 0 }, 'number of a chat'],
    ['message', EditMessageData, edit, { ...edit, message: 'x'.repeat(4_001) }, '4000'],
    ['message_id', DeleteMessageData, { chat_id: 1, message_id: id }, { chat_id: 1, message_id: `${id}a` }, '64'],
    ['room', TypingData, { room: 'clan' }, { room: '' }, 'global or clan'],
    ['to', SubscribeData, { to: topics }, { to: [...topics, topics[0]] }, `${topics.length} at most`],
    ['to', SubscribeData, { to: [] }, { to: ['all'] }, topics.join(', ')],
    ['log', ResumeData, { rooms: {}, log: id }, { rooms: {}, log: `${id}a` }, '64'],
    ['rooms', ResumeData, { rooms: { [id]: null } }, { rooms: { [`${id}a`]: null } }, 'names of up to 64'],
    ['rooms', ResumeData, clan(id), clan(`${id}a`), 'clan_id, where it is given, an id'],
  ])('of %s in %s is named by who is beyond it', (field, type, last, beyond, named) => {
    expect(readPayload(type, last)).toEqual({ payload: last });
    const read = readPayload(type, beyond);
    expect(read).toMatchObject({ fault: { code: 'invalid', field } });
    const message = 'fault' in read ? read.fault.message : '';
    expect([message.startsWith(`${field} must be `), message]).toEqual([true, expect.stringContaining(named)]);
  });
});

function reason(length: number) {
  return { message_id: 'a', reason: 'x'.repeat(length) };
}
function clan(clan_id: string) {
  return { rooms: { clan: { n: 1, rev: 1, clan_id } } };
}

describe('the rooms of a resume', () => {
  const at = { n: 1, rev: 2 };

  it.each<[string, unknown]>([
    ['none', {}],
    ['some', { global: at, 'direct:42': { n: 0, rev: 0 }, clan: null }],
    ['a clan with its id', { clan: { ...at, clan_id: '7' } }],
    ['100 of them', Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`direct:${i + 1}`, at]))],
  ])('are taken: %s', (_, rooms) => {
    expect(readPayload(ResumeData, { rooms })).toEqual({ payload: { rooms } });
  });

  it.each<[string, unknown, string]>([
    ['missing', undefined, 'required rooms'],
    ['null', null, 'invalid rooms'],
    ['a list', [at], 'invalid rooms'],
    ['a text', 'global', 'invalid rooms'],
    [
      '101 of them',
      Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`direct:${i + 1}`, at])),
      'invalid rooms',
    ],
    ['a name that is too long', { ['x'.repeat(65)]: at }, 'invalid rooms'],
    ['no position', { global: 7 }, 'invalid rooms'],
    ['half a position', { global: { n: 1 } }, 'invalid rooms'],
    ['no whole number', { global: { n: 1, rev: 1.5 } }, 'invalid rooms'],
    ['a number below 0', { global: { n: -1, rev: 1 } }, 'invalid rooms'],
    ['a number as a text', { global: { n: '1', rev: 1 } }, 'invalid rooms'],
    ['a clan that is no id', { clan: { ...at, clan_id: 7 } }, 'invalid rooms'],
  ])('are refused: %s', (_, rooms, refused) => {
    expect(fault(ResumeData, { rooms })).toBe(refused);
  });
});
