import { ChangedMessageView, ChatListEntryView, DirectMessageView } from './direct-chat.js';
import { type Fault, faultCode } from './fault.js';
import { beside, positionBeside, type RoomPosition } from './resume.js';
import { type FrameOf, listOf, oneOf, serverFrame, shape, text } from './shape.js';

// What the direct chat sends.

const wellPlayed: DirectMessageView = {
  id: '52ef810ed68809f400000008',
  chat_id: 9,
  sender_id: 7,
  receiver_id: 8,
  message: 'Well played!',
  seen: false,
  seen_at: null,
  created_at: '2026-11-23T01:57:25.490Z',
  n: 1,
  rev: 1,
};

const { seen: _seen, seen_at: _seenAt, ...wellPlayedUnseen } = wellPlayed;

export const ChatCreated = serverFrame({
  name: 'chat_created',
  summary: 'The chat of these two people, whoever opened it and however often.',
  payload: shape({ event: oneOf('chat_created'), data: ChatListEntryView.ref }),
  examples: [
    {
      event: 'chat_created',
      data: {
        id: 9,
        user_ids: [7, 8],
        receiver_id: 8,
        last_message: null,
        unread_count: 0,
        created_at: '2026-11-23T01:57:25.463Z',
        updated_at: '2026-11-23T01:57:25.463Z',
      },
    },
  ],
});

export const ResponseMessage = serverFrame({
  name: 'response_message',
  summary: 'A message, to every connection of both people, once it is there for everybody.',
  payload: shape({ event: oneOf('response_message'), data: DirectMessageView.ref, ...beside }),
  examples: [{ event: 'response_message', data: wellPlayed }],
});

export const DirectMessageChanged = serverFrame({
  name: 'message_changed',
  summary: 'A message as it is after it was edited or deleted: to those who subscribed to `changes`.',
  payload: shape({ event: oneOf('message_changed'), data: ChangedMessageView.ref, ...beside }),
  examples: [
    {
      event: 'message_changed',
      data: { ...wellPlayedUnseen, message: 'Well played indeed!', edited_at: '2026-11-23T01:58:02.117Z', rev: 2 },
    },
  ],
});

export const AllChatMessages = serverFrame({
  name: 'get_all_chat_messages',
  summary: 'The latest messages of the chat, oldest first. Older ones are a matter of HTTP.',
  payload: shape({ event: oneOf('get_all_chat_messages'), data: listOf(DirectMessageView.ref) }),
  examples: [
    { event: 'get_all_chat_messages', data: [{ ...wellPlayed, seen: true, seen_at: '2026-11-23T01:57:25.506Z' }] },
  ],
});

export const UpdatedChatList = serverFrame({
  name: 'updated_chat_list',
  summary: 'The caller’s latest chats, the latest first. Older ones are a matter of HTTP.',
  payload: shape({ event: oneOf('updated_chat_list'), data: listOf(ChatListEntryView.ref) }),
  examples: [
    {
      event: 'updated_chat_list',
      data: [
        {
          id: 9,
          user_ids: [7, 8],
          receiver_id: 7,
          last_message: {
            id: wellPlayed.id,
            chat_id: 9,
            sender_id: 7,
            receiver_id: 8,
            message: wellPlayed.message,
            created_at: wellPlayed.created_at,
            n: 1,
          },
          unread_count: 1,
          created_at: '2026-11-23T01:57:25.463Z',
          updated_at: '2026-11-23T01:57:25.490Z',
        },
      ],
    },
  ],
});

export const Exception = serverFrame({
  name: 'exception',
  summary: 'A frame without an id was not carried out.',
  payload: shape({
    event: oneOf('exception'),
    data: shape({ status: oneOf('error'), message: text('For people.'), code: faultCode }),
  }),
  examples: [{ event: 'exception', data: { status: 'error', message: 'no such chat', code: 'not_found' } }],
});

/** What is answered with a list. */
export type DirectList = FrameOf<typeof AllChatMessages | typeof UpdatedChatList>;

/** Tells of a message. @param told up to where its chat was told of everything, with it */
export const directMessageFrame = (message: DirectMessageView, told: RoomPosition): string =>
  JSON.stringify({
    event: 'response_message',
    data: message,
    ...positionBeside(message, told),
  } satisfies FrameOf<typeof ResponseMessage>);

/** The same of one that was edited or deleted. */
export const changedMessageFrame = (message: ChangedMessageView, told: RoomPosition): string =>
  JSON.stringify({
    event: 'message_changed',
    data: message,
    ...positionBeside(message, told),
  } satisfies FrameOf<typeof DirectMessageChanged>);

/** A fault as the framework of this API says it, without the client's data in it. */
export const directErrorFrame = ({ message, code }: Fault): string =>
  JSON.stringify({
    event: 'exception',
    data: { status: 'error', message, code },
  } satisfies FrameOf<typeof Exception>);
