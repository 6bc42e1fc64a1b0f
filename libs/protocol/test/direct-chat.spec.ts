import { describe, expect, it } from '@jest/globals';
import { directRoom } from '#domain';
import {
  chatView,
  directErrorFrame,
  directMessageFrame,
  directMessageView,
  EVERYBODY,
  INTERNAL,
  UNAVAILABLE,
  UNKNOWN,
  userIdOf,
  roomMessageView,
  shownTo,
  userNumberOf,
} from '../src/index.js';

const at = '2025-06-23T13:03:15.778Z';
const room = directRoom('7', '12');
const source = { room, messageId: '0123456789abcdef01234567', sender: { id: '12' }, content: 'hi', at, n: 1, rev: 1 };

describe('a user’s number', () => {
  it.each([0, 7, 1_000_000, Number.MAX_SAFE_INTEGER])('%d is its canonical decimal', (number) => {
    expect(userNumberOf(userIdOf(number))).toBe(number);
  });

  it.each(['', '07', '+7', '-7', '7.0', '7e1', ' 7', '7\n', '٧', 'ada', '9007199254740992', '99999999999999999'])(
    '%j is none',
    (id) => {
      expect(userNumberOf(id)).toBeNull();
    },
  );
});

describe('a message', () => {
  it('not yet seen', () => {
    expect(directMessageView(source, 42, EVERYBODY, null)).toEqual({
      id: '0123456789abcdef01234567',
      chat_id: 42,
      sender_id: 12,
      receiver_id: 7,
      message: 'hi',
      seen: false,
      seen_at: null,
      created_at: at,
      n: 1,
      rev: 1,
    });
  });

  it('that is a reply says to which one', () => {
    const plain = directMessageView(source, 42, EVERYBODY, null);
    const reply = directMessageView({ ...source, replyTo: 'ab'.repeat(12) }, 42, EVERYBODY, null);
    expect(reply).toEqual({ ...plain, reply_to: 'ab'.repeat(12) });
  });

  it('seen', () => {
    expect(directMessageView({ ...source, sender: { id: '7' } }, 42, EVERYBODY, at)).toMatchObject({
      sender_id: 7,
      receiver_id: 12,
      seen: true,
      seen_at: at,
    });
  });
});

describe('a chat', () => {
  const chat = { chatId: 42, users: ['12', '7'], receiverId: '7', createdAt: at, updatedAt: at, unread: 2 } as const;

  it('without messages', () => {
    expect(chatView({ ...chat, last: null })).toEqual({
      id: 42,
      user_ids: [12, 7],
      receiver_id: 7,
      last_message: null,
      unread_count: 2,
      created_at: at,
      updated_at: at,
    });
  });

  it('with its last message', () => {
    const last = { n: 3, messageId: 'x', senderId: '7', content: 'bye', at };
    expect(chatView({ ...chat, last }).last_message).toEqual({
      id: 'x',
      chat_id: 42,
      sender_id: 7,
      receiver_id: 12,
      message: 'bye',
      created_at: at,
      n: 3,
    });
    const answered = { ...last, senderId: '12' };
    expect(chatView({ ...chat, last: answered }).last_message).toMatchObject({ sender_id: 12, receiver_id: 7 });
  });
});

it('a message says beside it up to where its chat was told of everything, where it does not itself', () => {
  const view = directMessageView(source, 42, EVERYBODY, null);
  const { n, rev } = view;
  const frame = { event: 'response_message', data: view };
  expect(JSON.parse(directMessageFrame(view, { n, rev }))).toEqual(frame);
  expect(JSON.parse(directMessageFrame(view, { n, rev: rev - 1 }))).toEqual({
    ...frame,
    position: { n, rev: rev - 1 },
  });
});

it('errors are frames of the framework', () => {
  const fault = { code: 'not_found', message: 'no such chat', field: 'chat_id', value: 7 } as const;
  expect(JSON.parse(directErrorFrame(fault))).toEqual({
    event: 'exception',
    data: { status: 'error', message: 'no such chat', code: 'not_found' },
  });
});

it.each([
  ['unavailable', UNAVAILABLE],
  ['unknown', UNKNOWN],
  ['internal', INTERNAL],
])('what is wrong through no fault of the frame has a code of its own: %s', (code, fault) => {
  expect(JSON.parse(directErrorFrame(fault))).toMatchObject({ data: { code } });
});

describe('a message that is hidden from somebody', () => {
  const hidden = {
    ...source,
    ...{ sender: { id: '12', name: 'Ada', avatar: null }, feeling: 'happy', editedAt: at, hiddenFrom: '7' },
    ...{ replyTo: 'ab'.repeat(12), reactions: [{ userName: 'Eve', emoji: '👍' }] },
  };
  const { editedAt: _, ...unedited } = hidden;

  it('is to them, and to whoever is told the same as they are, as one that was deleted', () => {
    const sender = { id: '12', name: '12', avatar: null };
    const deleted = { ...unedited, sender, content: '', feeling: null, reactions: [], deleted: true as const };
    for (const viewer of ['7', EVERYBODY] as const) {
      expect(shownTo(hidden, viewer)).toEqual(deleted);
      expect(directMessageView(hidden, 42, viewer, null)).toEqual(directMessageView(deleted, 42, '12', null));
      expect(directMessageView(hidden, 42, viewer, null)).toMatchObject({ message: '', deleted: true, n: 1, rev: 1 });
      expect(roomMessageView(hidden, viewer)).toEqual(roomMessageView(deleted, '12'));
      expect(roomMessageView(hidden, viewer)).toMatchObject({ content: '', deleted: true, reactions: [] });
    }
  });

  it('is to the other side what it is', () => {
    expect(shownTo(hidden, '12')).toBe(hidden);
    expect(directMessageView(hidden, 42, '12', null)).toMatchObject({ message: 'hi', edited_at: at });
    expect(directMessageView(hidden, 42, '12', null)).not.toHaveProperty('deleted');
  });
});
