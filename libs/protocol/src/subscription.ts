import { Type } from '@sinclair/typebox';
import { avatar, type FrameOf, listOf, oneOf, serverFrame, shape, text, time, whole } from './shape.js';

// What a connection is told only where it has asked for it by `subscribe`. All of it but `changes` is told at most
// once, to whoever is there at that moment, and left out first where a connection takes nothing.

export const topics = ['presence', 'typing', 'seen', 'changes'] as const;
export type Topic = (typeof topics)[number];

const userId = text('A person’s id.');
const userNumber = whole('A person’s number.');

const online = <T extends typeof userNumber | typeof userId>(id: T) => ({
  online: listOf(id),
  offline: listOf(id),
  snapshot: Type.Optional(
    Type.Literal(true, { description: '`online` is everybody who is; whoever is not in it is not.' }),
  ),
});

export const RoomTyping = serverFrame({
  name: 'userTyping',
  summary: 'Somebody else is typing in a room: to those who subscribed to `typing`. It holds for five seconds.',
  payload: shape({
    chat: oneOf('global', 'clan'),
    event: oneOf('typing'),
    user: shape({ _id: text(), name: text(), avatar }),
  }),
  examples: [{ chat: 'clan', event: 'typing', user: { _id: '8', name: 'Bob', avatar: null } }],
});

export const RoomPresence = serverFrame({
  name: 'presence',
  summary: 'Who of the clan is connected: to those who subscribed to `presence`.',
  payload: shape({ chat: oneOf('clan'), event: oneOf('presence'), ...online(userId) }),
  examples: [
    { chat: 'clan', event: 'presence', online: ['7', '8'], offline: [], snapshot: true },
    { chat: 'clan', event: 'presence', online: [], offline: ['8'] },
  ],
});

export const DirectTyping = serverFrame({
  name: 'userTyping',
  summary: 'The other side of a chat is typing: to those who subscribed to `typing`. It holds for five seconds.',
  payload: shape({ event: oneOf('typing'), data: shape({ chat_id: whole(), user_id: userNumber }) }),
  examples: [{ event: 'typing', data: { chat_id: 9, user_id: 8 } }],
});

export const Seen = serverFrame({
  name: 'seen',
  summary: 'The other side of a chat has seen it up to its message `n`: to those who subscribed to `seen`.',
  payload: shape({
    event: oneOf('seen'),
    data: shape({ chat_id: whole(), user_id: userNumber, n: whole(), seen_at: time() }),
  }),
  examples: [{ event: 'seen', data: { chat_id: 9, user_id: 8, n: 1, seen_at: '2026-11-23T01:57:25.506Z' } }],
});

export const DirectPresence = serverFrame({
  name: 'presence',
  summary: 'Who of those with whom there is a chat is connected: to those who subscribed to `presence`.',
  payload: shape({ event: oneOf('presence'), data: shape(online(userNumber)) }),
  examples: [
    { event: 'presence', data: { online: [8], offline: [], snapshot: true } },
    { event: 'presence', data: { online: [], offline: [8] } },
  ],
});

export type SoftRoomFrame = FrameOf<typeof RoomTyping | typeof RoomPresence>;
export type SoftDirectFrame = FrameOf<typeof DirectTyping | typeof Seen | typeof DirectPresence>;
