import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom, type MessageCreated } from '#domain';
import {
  ackFrame,
  chatView,
  EVERYBODY,
  faultCode,
  type FaultCode,
  FrameRefused,
  IN_MAIL,
  inMailNotice,
  INTERNAL,
  nackFrame,
  type RoomMessageSource,
  roomMessageView,
  tooMany,
  UNAVAILABLE,
  UNKNOWN,
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

describe('a webhook of messages to who is offline', () => {
  it('has a name that the log keeps', () => {
    expect(IN_MAIL).toBe('inmail');
  });

  it('is told who has sent what to whom, by their numbers where they have some', () => {
    const event = { room: directRoom('7', '8'), messageId, sender: { id: '7' }, content: 'Same time tomorrow?', at };
    const notice = {
      ...{ type: 'in_mail', chat_id: 9, message_id: messageId, sender_id: 7, receiver_id: 8 },
      ...{ message: 'Same time tomorrow?', created_at: at },
    };
    expect(inMailNotice(event as MessageCreated, 9)).toStrictEqual(notice);
    const unnumbered = { ...event, room: directRoom('7', 'ada') };
    expect(inMailNotice(unnumbered as MessageCreated, 9)).toStrictEqual({ ...notice, receiver_id: null });
  });
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

describe('what can be wrong', () => {
  it('has the codes of the contract, each of which is said', () => {
    const codes = [
      ...[
        'not_json',
        'binary',
        'too_deep',
        'unknown_event',
        'required',
        'invalid',
        'not_found',
        'no_clan',
        'not_yours',
      ],
      ...['too_late', 'deleted', 'muted', 'banned', 'slow_mode', 'blocked', 'filtered', 'forbidden', 'wrong_receiver'],
      ...['same_person', 'too_many', 'unavailable', 'unknown', 'internal'],
    ];
    expect([...(faultCode['enum'] as string[])].sort()).toEqual(codes.sort());
    const said = faultCode.description!.replace(/\.$/, '').split('; ');
    expect(said.map((one) => /^`(\w+)`: \w+ \w.*$/.exec(one)?.[1]).sort()).toEqual(codes);
  });

  it('is, through no fault of the frame, said in the words of the contract', () => {
    const page = readFileSync('docs/wire.md', 'utf8');
    expect(page).toContain(`\`${UNAVAILABLE.message}\` (\`${UNAVAILABLE.code}\`)`);
    const [words, rest] = UNKNOWN.message.split('. ') as [string, string];
    expect(page).toContain(`\`${words}. …\` (\`${UNKNOWN.code}\`)`);
    expect(rest).toContain('30 s');
    expect(INTERNAL).toStrictEqual({ code: 'internal', message: expect.stringMatching(/\w/) });
    const { message, ...fault } = tooMany(7);
    expect(fault).toStrictEqual({ code: 'too_many', retryAfter: 7 });
    expect(message).toMatch(/nothing was stored.*\b7 s$/);
  });
});
