import { describe, expect, it } from '@jest/globals';
import {
  ChatData,
  CreateChatData,
  CreateMessageData,
  NewMessageData,
  NewReactionData,
  type PayloadClass,
  readPayload,
} from '../src/index.js';

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
    ['accepted', CreateMessageData, { chat_id: 1, receiver_id: 2, message: 'x' }],
    ['invalid chat_id', CreateMessageData, { chat_id: 0, receiver_id: 2, message: 'x' }],
    ['invalid message', CreateMessageData, { chat_id: 1, receiver_id: 2, message: '' }],
    ['required receiver_id', CreateMessageData, { chat_id: 1, message: 'x' }],
  ])('is %s', (expected, type, data) => {
    expect(fault(type, data)).toBe(expected);
  });
});
