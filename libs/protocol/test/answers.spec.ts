import { describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom } from '#domain';
import {
  ackFrame,
  chatView,
  EVERYBODY,
  type FaultCode,
  FrameRefused,
  IN_MAIL,
  nackFrame,
  type RoomMessageSource,
  roomMessageView,
} from '../src/index.js';

const at = '2025-06-23T13:03:15.778Z';
const messageId = '0123456789abcdef01234567';

describe('what a frame with an id is answered', () => {
  it('is an ack with what was made', () => {
    expect(JSON.parse(ackFrame('c-1', { message_id: messageId }))).toStrictEqual({
      event: 'ack',
      id: 'c-1',
      data: { message_id: messageId },
    });
  });

  it('is a nack with what was wrong, and with a time only where there is one', () => {
    const nack = (fault: Parameters<typeof nackFrame>[1]) =>
      (JSON.parse(nackFrame('c-1', fault)) as { data: object }).data;
    expect(JSON.parse(nackFrame('c-1', { code: 'forbidden', message: 'no' }))).toStrictEqual({
      event: 'nack',
      id: 'c-1',
      data: { code: 'forbidden', message: 'no', retryable: false },
    });
    expect(nack({ code: 'too_many', message: 'wait', retryAfter: 3 })).toStrictEqual({
      ...{ code: 'too_many', message: 'wait', retryable: true, retry_after: 3 },
    });
    expect(nack({ code: 'muted', message: 'hush', until: at })).toStrictEqual({
      ...{ code: 'muted', message: 'hush', retryable: false, until: at },
    });
    const retryable = (['too_many', 'slow_mode', 'unavailable', 'unknown'] satisfies FaultCode[]).map((code) =>
      nack({ code, message: '' }),
    );
    expect(retryable.every((data) => 'retryable' in data && data.retryable === true)).toBe(true);
  });

  it('goes through code that knows only exceptions as one of its own', () => {
    const fault = { code: 'forbidden', message: 'no' } as const;
    expect(new FrameRefused(fault)).toMatchObject({ name: 'FrameRefused', message: 'no', fault });
  });
});

it('a webhook of messages to who is offline has a name that the log keeps', () => {
  expect(IN_MAIL).toBe('inmail');
});

describe('what is shown, with nothing that is not so', () => {
  const source: RoomMessageSource = {
    ...{ room: clanRoom('1'), messageId, sender: { id: '7', name: 'Ada', avatar: null }, content: 'hi' },
    ...{ feeling: null, reactions: [], at, n: 1, rev: 2 },
  };
  const shown = {
    ...{ _id: messageId, clan_id: '1', sender: { _id: '7', name: 'Ada', avatar: null }, content: 'hi', type: 'clan' },
    ...{ reactions: [], createdAt: at, n: 1, rev: 2 },
  };

  it('is a message as it is, was edited, or was deleted', () => {
    expect(roomMessageView(source, EVERYBODY)).toStrictEqual(shown);
    expect(roomMessageView({ ...source, editedAt: at }, EVERYBODY)).toStrictEqual({ ...shown, editedAt: at });
    expect(roomMessageView({ ...source, content: '', deleted: true }, EVERYBODY)).toStrictEqual({
      ...shown,
      content: '',
      deleted: true,
    });
  });

  it('is one of a direct chat, with whom it was sent to', () => {
    const { clan_id: _, ...rest } = shown;
    expect(roomMessageView({ ...source, room: directRoom('7', '12') }, EVERYBODY)).toStrictEqual({
      ...rest,
      type: 'private',
      recipient: '12',
    });
  });

  it('is a chat with its last message, or with none', () => {
    const last = { messageId, senderId: '7', content: '', at, n: 4 };
    const chat = { chatId: 42, users: ['7', '12'] as const, receiverId: '12', unread: 1, createdAt: at, updatedAt: at };
    const view = {
      ...{ id: 42, user_ids: [7, 12], receiver_id: 12, unread_count: 1, created_at: at, updated_at: at },
    };
    const lastView = {
      ...{ id: messageId, chat_id: 42, sender_id: 7, receiver_id: 12, message: '', created_at: at, n: 4 },
    };
    expect(chatView({ ...chat, last: null })).toStrictEqual({ ...view, last_message: null });
    expect(chatView({ ...chat, last })).toStrictEqual({ ...view, last_message: lastView });
    expect(chatView({ ...chat, blocked: true, last: { ...last, deleted: true } })).toStrictEqual({
      ...view,
      blocked: true,
      last_message: { ...lastView, deleted: true },
    });
  });
});
