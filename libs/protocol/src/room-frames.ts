import { type Static, Type } from '@sinclair/typebox';
import { echo, type Fault, type FaultCode } from './fault.js';
import { beside, positionBeside, type RoomPosition } from './resume.js';
import { RoomMessageView } from './room-chat.js';
import { type FrameOf, listOf, oneOf, serverFrame, shape, text } from './shape.js';

// What the room chat sends.

/** `documented`: as the published document has it; `altzone`: as the shipped client reads it. */
export type RoomDialect = 'documented' | 'altzone';

const roomEvent = <E extends string>(event: E) =>
  shape({ chat: oneOf('global', 'clan'), event: oneOf(event), message: RoomMessageView.ref, ...beside });

const matchCall: RoomMessageView = {
  _id: 'a0eac13d4411412600000002',
  clan_id: '3',
  sender: { _id: '8', name: 'Bob', avatar: null },
  content: 'Anyone up for a match?',
  type: 'clan',
  feeling: 'happy',
  reactions: [],
  createdAt: '2026-11-23T01:57:25.291Z',
  n: 1,
  rev: 1,
};

export const NewMessage = serverFrame({
  name: 'newMessage',
  summary: 'A message, to every connection in its room, the sender’s own too.',
  payload: roomEvent('newMessage'),
  examples: [
    { chat: 'clan', event: 'newMessage', message: matchCall },
    {
      chat: 'global',
      event: 'newMessage',
      message: {
        _id: '52ef810ed68809f400000004',
        sender: { _id: '7', name: 'Ada', avatar: { hat: 'red' } },
        content: 'Hello!',
        type: 'global',
        reactions: [],
        createdAt: '2026-11-23T01:57:25.350Z',
        n: 2,
        rev: 2,
      },
    },
    {
      chat: 'global',
      event: 'newMessage',
      message: {
        _id: '52ef810ed68809f400000005',
        sender: { _id: '7', name: 'Ada', avatar: { hat: 'red' } },
        content: 'I am!',
        type: 'global',
        reactions: [],
        createdAt: '2026-11-23T01:57:31.120Z',
        reply_to: 'a0eac13d4411412600000002',
        n: 3,
        rev: 3,
      },
    },
  ],
});

export const NewReaction = serverFrame({
  name: 'newReaction',
  summary: 'A message as it is after a reaction was given or taken back, to every connection in its room.',
  payload: roomEvent('newReaction'),
  examples: [
    {
      chat: 'clan',
      event: 'newReaction',
      message: { ...matchCall, reactions: [{ playerName: 'Ada', emoji: '🫡' }], rev: 4 },
      position: { n: 3, rev: 4 },
    },
  ],
});

export const MessageChanged = serverFrame({
  name: 'messageChanged',
  summary: 'A message as it is after it was edited or deleted: to those who subscribed to `changes`.',
  payload: roomEvent('messageChanged'),
  examples: [
    {
      chat: 'clan',
      event: 'messageChanged',
      message: { ...matchCall, content: 'Anyone up for a quick match?', editedAt: '2026-11-23T01:58:02.117Z', rev: 6 },
      position: { n: 3, rev: 6 },
    },
  ],
});

export type RoomEvent = FrameOf<typeof NewMessage | typeof NewReaction | typeof MessageChanged>['event'];

/** The frame that tells a room of a message as it now is. @param told up to where the room was told of everything, with it */
export function roomFrame(
  dialect: RoomDialect,
  event: RoomEvent,
  message: RoomMessageView,
  told: RoomPosition = message,
): string {
  // A direct chat is no such room.
  const chat = message.type as 'global' | 'clan';
  const position = positionBeside(message, told);
  const frame = { chat, event, message, ...position } satisfies object as
    FrameOf<typeof NewMessage> | FrameOf<typeof NewReaction> | FrameOf<typeof MessageChanged>;
  return enveloped(dialect, frame);
}

/** A frame that a room is told, in the envelope of the dialect. */
export const enveloped = (dialect: RoomDialect, frame: object): string =>
  JSON.stringify(dialect === 'altzone' ? { message: frame } : frame);

/** What the altzone dialect says once the user has joined their rooms. */
export const READY_FRAME = JSON.stringify({ event: 'ready', data: true });

/** One entry of the room API's list of errors. */
const RoomErrorView = shape({
  reason: oneOf('REQUIRED', 'VALIDATION', 'NOT_FOUND', 'NOT_AUTHORIZED'),
  field: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
  value: Type.Unsafe<string | number | boolean | null>({
    type: ['string', 'number', 'boolean', 'null'],
    description: 'What was sent there; of a text, the first 100 characters.',
  }),
  message: text('For people.'),
  additional: Type.Null(),
});
export type RoomErrorView = Static<typeof RoomErrorView>;

export const RoomError = serverFrame({
  name: 'error',
  summary: 'A frame without an id was not carried out.',
  payload: shape({
    error: Type.Unsafe<string | readonly RoomErrorView[]>({
      oneOf: [
        listOf(RoomErrorView),
        text('Where no field is at fault; or a fault of the server’s: it says whether to send the frame again.'),
      ],
    }),
  }),
  examples: [
    {
      error: [
        {
          reason: 'NOT_FOUND',
          field: '_id',
          value: '68595f4f1f2f6a2d3c1b0a99',
          message: 'no such message in this room',
          additional: null,
        },
      ],
    },
    { error: 'a frame must be JSON' },
  ],
});

const reasons: Partial<Record<FaultCode, RoomErrorView['reason']>> = {
  not_found: 'NOT_FOUND',
  no_clan: 'NOT_FOUND',
  required: 'REQUIRED',
  invalid: 'VALIDATION',
  forbidden: 'NOT_AUTHORIZED',
};

/** A message that is not there is named by `_id` in this API's errors, whatever the frame called it. */
const fieldName = (fault: Fault): string | null =>
  fault.code === 'not_found' && fault.field === 'message_id' ? '_id' : (fault.field ?? null);

export const roomErrorView = (fault: Fault): RoomErrorView => ({
  reason: reasons[fault.code] ?? 'VALIDATION',
  field: fieldName(fault),
  value: echo(fault.value),
  message: fault.message,
  additional: null,
});

/** A fault as the room API says it: a list where it names a field, else just its description. */
export const roomErrorFrame = (fault: Fault): string =>
  JSON.stringify({
    error: fault.field === undefined ? fault.message : [roomErrorView(fault)],
  } satisfies FrameOf<typeof RoomError>);
