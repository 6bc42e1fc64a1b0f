import { describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom, GLOBAL_ROOM } from '#domain';
import {
  EVERYBODY,
  type Fault,
  INTERNAL,
  READY_FRAME,
  type RoomDialect,
  roomErrorFrame,
  roomErrorView,
  roomFrame,
  type RoomMessageSource,
  roomMessageView,
  type RoomPosition,
  UNAVAILABLE,
  UNKNOWN,
} from '../src/index.js';

const source: RoomMessageSource = {
  room: clanRoom('a clan:1'),
  messageId: '0123456789abcdef01234567',
  sender: { id: 'p 1', name: 'Ada', avatar: '{"head":{"hat":2}}' },
  content: 'Hello',
  feeling: 'happy',
  reactions: [{ userName: 'Bob', emoji: '🫡' }],
  at: '2025-06-23T13:03:15.778Z',
  n: 3,
  rev: 9,
};

const clanMessage = {
  _id: '0123456789abcdef01234567',
  clan_id: 'a clan:1',
  sender: { _id: 'p 1', name: 'Ada', avatar: { head: { hat: 2 } } },
  content: 'Hello',
  type: 'clan',
  feeling: 'happy',
  reactions: [{ playerName: 'Bob', emoji: '🫡' }],
  createdAt: '2025-06-23T13:03:15.778Z',
  n: 3,
  rev: 9,
};

describe('a message', () => {
  it('of a clan', () => {
    expect(roomMessageView(source, EVERYBODY)).toEqual(clanMessage);
  });

  it('of the global room has no clan, and only what was given', () => {
    const sender = { ...source.sender, avatar: null };
    const view = roomMessageView({ ...source, room: GLOBAL_ROOM, feeling: null, reactions: [], sender }, EVERYBODY);
    const { _id, content, createdAt, n, rev } = clanMessage;
    const shown = { ...clanMessage.sender, avatar: null };
    expect(view).toEqual({ _id, content, createdAt, n, rev, type: 'global', reactions: [], sender: shown });
  });

  it('that is a reply says to which one', () => {
    expect(roomMessageView({ ...source, replyTo: 'ab'.repeat(12) }, EVERYBODY)).toEqual({
      ...clanMessage,
      reply_to: 'ab'.repeat(12),
    });
  });

  it('with an avatar that is no JSON has none', () => {
    expect(
      roomMessageView({ ...source, sender: { ...source.sender, avatar: '{' } }, EVERYBODY).sender.avatar,
    ).toBeNull();
  });

  it('of a direct chat is private', () => {
    const view = roomMessageView({ ...source, room: directRoom('1', '2') }, EVERYBODY);
    expect(view.type).toBe('private');
    expect(view).not.toHaveProperty('clan_id');
  });
});

describe('a frame', () => {
  it('is flat as documented', () => {
    const text = roomFrame('documented', 'newMessage', roomMessageView(source, EVERYBODY));
    expect(JSON.parse(text)).toEqual({ chat: 'clan', event: 'newMessage', message: clanMessage });
  });

  it('lies in one more envelope in the altzone dialect', () => {
    const text = roomFrame('altzone', 'newReaction', roomMessageView({ ...source, room: GLOBAL_ROOM }, EVERYBODY));
    expect(JSON.parse(text)).toMatchObject({ message: { chat: 'global', event: 'newReaction', message: { n: 3 } } });
    expect(JSON.parse(READY_FRAME)).toEqual({ event: 'ready', data: true });
  });

  it('says beside the message up to where the room was told of everything, where the message does not', () => {
    const view = roomMessageView(source, EVERYBODY);
    const { n, rev } = view;
    const frame = (told: RoomPosition, dialect: RoomDialect = 'documented') =>
      JSON.parse(roomFrame(dialect, 'newReaction', view, told)) as unknown;
    expect(frame({ n, rev })).not.toHaveProperty('position');
    const further = { n: n + 1, rev };
    expect(frame(further)).toMatchObject({ message: { n, rev }, position: further });
    expect(frame({ n, rev: rev - 1 }, 'altzone')).toMatchObject({ message: { position: { n, rev: rev - 1 } } });
  });
});

describe('an error', () => {
  const shown = (fault: Fault) => JSON.parse(roomErrorFrame(fault)) as unknown;

  it('names its field where there is one', () => {
    const fault: Fault = { code: 'not_found', field: 'message_id', value: 'x', message: 'no such message' };
    expect(shown(fault)).toEqual({
      error: [{ reason: 'NOT_FOUND', field: '_id', value: 'x', message: 'no such message', additional: null }],
    });
  });

  it('names the field as the frame did, but for a message that is not there', () => {
    const named = (code: Fault['code'], field: string) => shown({ code, field, message: 'm' });
    expect(named('not_found', 'chat_id')).toMatchObject({ error: [{ field: 'chat_id' }] });
    expect(named('required', 'message_id')).toMatchObject({ error: [{ field: 'message_id' }] });
    expect(roomErrorView({ code: 'internal', message: 'm' }).field).toBeNull();
  });

  it.each([UNAVAILABLE, UNKNOWN, INTERNAL])('of nobody’s frame says what to do: $code', (fault) => {
    expect(shown(fault)).toEqual({ error: expect.stringMatching(/\w+ \w+/) });
  });

  it('is a description where there is none', () => {
    expect(shown({ code: 'not_json', message: 'a frame must be JSON' })).toEqual({ error: 'a frame must be JSON' });
  });

  it.each<[Fault['code'], string]>([
    ['no_clan', 'NOT_FOUND'],
    ['not_found', 'NOT_FOUND'],
    ['required', 'REQUIRED'],
    ['invalid', 'VALIDATION'],
    ['unknown_event', 'VALIDATION'],
  ])('of code %s has the reason %s', (code, reason) => {
    expect(shown({ code, field: 'f', message: 'm' })).toMatchObject({ error: [{ reason }] });
  });

  it.each<[unknown, unknown]>([
    [7, 7],
    [true, true],
    [undefined, null],
    [{ a: 1 }, null],
    [[[]], null],
    ['x'.repeat(101), 'x'.repeat(100)],
    ['👋'.repeat(101), '👋'.repeat(100)],
    ['x\ud83d', 'x\ufffd'],
  ])('echoes no more than is safe: %j', (value, echoed) => {
    expect(shown({ code: 'invalid', field: 'f', value, message: 'm' })).toMatchObject({ error: [{ value: echoed }] });
  });
});
