import { Ack, Nack } from './acknowledgement.js';
import {
  AllChatMessages,
  ChatCreated,
  DirectMessageChanged,
  Exception,
  ResponseMessage,
  UpdatedChatList,
} from './direct-frames.js';
import type { PayloadClass } from './payload.js';
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
} from './payloads.js';
import { Resumed, type ResumedView } from './resume.js';
import { MessageChanged, NewMessage, NewReaction, RoomError } from './room-frames.js';
import type { ServerFrame } from './shape.js';
import { DirectPresence, DirectTyping, RoomPresence, RoomTyping, Seen } from './subscription.js';

// What each endpoint takes and sends: the AsyncAPI document is made of this.

export interface ClientFrame {
  readonly event: string;
  readonly summary: string;
  /** What its `data` must be; null where it has none. */
  readonly data: PayloadClass<object> | null;
  /** Each is sent to a running gateway by a test. */
  readonly examples: readonly { readonly data?: object; readonly id?: string }[];
  /** What its sender alone gets, beside an {@link Ack}. */
  readonly answer?: ServerFrame;
}

export interface ChatEndpoint {
  readonly path: string;
  readonly takes: readonly ClientFrame[];
  /** What comes unasked. */
  readonly tells: readonly ServerFrame[];
  /** What a frame may be answered with, whichever it is. */
  readonly answersAny: readonly ServerFrame[];
}

const message = (event: string, room: string): ClientFrame => ({
  event,
  summary: `A new message in ${room}.`,
  data: NewMessageData,
  examples: [
    { data: { content: 'Anyone up for a match?', feeling: 'happy' } },
    { id: 'c-17', data: { content: 'Hello!' } },
    { data: { content: 'I am!', reply_to: 'a0eac13d4411412600000002' } },
  ],
});

const reaction = (event: string, room: string): ClientFrame => ({
  event,
  summary: `The sender’s one reaction to a message in ${room}.`,
  data: NewReactionData,
  examples: [
    { data: { message_id: 'a0eac13d4411412600000002', emoji: '🫡' } },
    { data: { message_id: 'a0eac13d4411412600000002', emoji: '' } },
  ],
});

const edit = (event: string, room: string): ClientFrame => ({
  event,
  summary: `Another content for a message of the sender’s own in ${room}, for 15 minutes or as long as is set.`,
  data: MessageEditData,
  examples: [{ data: { message_id: 'a0eac13d4411412600000002', content: 'Anyone up for a quick match?' } }],
});

const deletion = (event: string, room: string): ClientFrame => ({
  event,
  summary:
    `Takes a message of the sender’s own in ${room} back, or, by a moderator, anybody’s away: it keeps its place, and ` +
    'nothing of it is shown.',
  data: MessageDeleteData,
  examples: [{ data: { message_id: 'a0eac13d4411412600000002', reason: 'Not kind.' } }],
});

/** By moderators of the room alone. */
const moderation: readonly ClientFrame[] = [
  {
    event: 'mute',
    summary: 'By a moderator: somebody may not speak in a room until a moment.',
    data: MuteData,
    examples: [
      {
        id: 'c-30',
        data: { room: 'clan', user_id: '12', until: '2099-01-31T12:00:00.000Z', reason: 'The same joke again.' },
      },
    ],
  },
  {
    event: 'unmute',
    summary: 'By a moderator: they may speak again before that.',
    data: PersonInRoomData,
    examples: [{ data: { room: 'clan', user_id: '12' } }],
  },
  {
    event: 'ban',
    summary: 'By a moderator: somebody neither hears a room nor speaks in it any more.',
    data: BanData,
    examples: [{ data: { room: 'global', user_id: '12', reason: 'Spam.' } }],
  },
  {
    event: 'unban',
    summary: 'By a moderator: they may be in the room again.',
    data: PersonInRoomData,
    examples: [{ data: { room: 'global', user_id: '12' } }],
  },
  {
    event: 'slowMode',
    summary: 'By a moderator: each person may send one message in so many seconds; 0 for no limit.',
    data: SlowModeData,
    examples: [{ data: { room: 'clan', seconds: 30 } }, { data: { room: 'clan', seconds: 0 } }],
  },
];

/** By somebody who comes back: on a new connection. */
const resume = (rooms: ResumeData['rooms'], answered: ResumedView['rooms']): ClientFrame => ({
  event: 'resume',
  summary: 'Asks for what was missed of some rooms, from the positions on up to which they are known.',
  data: ResumeData,
  examples: [{ data: { rooms } }],
  answer: { ...Resumed, examples: [{ event: 'resumed', data: { rooms: answered } }] },
});

const subscribe = (...lists: SubscribeData['to'][]): ClientFrame => ({
  event: 'subscribe',
  summary: 'What this connection wants to be told of beside messages: this from now on, and nothing else of it.',
  data: SubscribeData,
  examples: lists.map((to, i) => ({ id: `c-${20 + i}`, data: { to } })),
});

export const roomEndpoint = {
  path: '/ws/chat',
  takes: [
    subscribe(['presence', 'typing', 'changes']),
    message('globalMessage', 'the global room'),
    message('clanMessage', 'the clan of the sender'),
    reaction('globalMessageReaction', 'the global room'),
    reaction('clanMessageReaction', 'the clan of the sender'),
    edit('globalMessageEdit', 'the global room'),
    edit('clanMessageEdit', 'the clan of the sender'),
    deletion('globalMessageDelete', 'the global room'),
    deletion('clanMessageDelete', 'the clan of the sender'),
    ...moderation,
    {
      event: 'typing',
      summary: 'The sender is typing: to be sent again every few seconds for as long as they are.',
      data: TypingData,
      examples: [{ data: { room: 'clan' } }],
    },
    resume(
      { clan: { n: 2, rev: 2, clan_id: '3' }, global: { n: 100, rev: 120 } },
      {
        clan: { from: { n: 2, rev: 2 }, to: { n: 3, rev: 7 }, recovered: true },
        global: { from: { n: 100, rev: 120 }, to: { n: 3, rev: 7 }, recovered: false },
      },
    ),
  ],
  tells: [NewMessage, NewReaction, MessageChanged, RoomTyping, RoomPresence],
  answersAny: [RoomError, Ack, Nack],
} as const satisfies ChatEndpoint;

export const directEndpoint = {
  path: '/ws',
  takes: [
    {
      event: 'create_chat',
      summary: 'Opens the chat with somebody, or finds it where it is open.',
      data: CreateChatData,
      examples: [{ data: { receiver_id: 8 } }],
      answer: ChatCreated,
    },
    {
      event: 'create_message',
      summary: 'A new message in a chat.',
      data: CreateMessageData,
      examples: [{ id: 'c-17', data: { chat_id: 9, receiver_id: 8, message: 'Well played!' } }],
    },
    subscribe(['presence', 'typing', 'seen', 'changes']),
    {
      event: 'get_chats',
      summary: 'Asks for the chats of the sender.',
      data: null,
      examples: [{}],
      answer: UpdatedChatList,
    },
    {
      event: 'seen_message',
      summary: 'The sender has seen what the other side has sent so far.',
      data: ChatData,
      examples: [{ data: { chat_id: 9 } }],
    },
    {
      event: 'typing',
      summary: 'The sender is typing in a chat: to be sent again every few seconds for as long as they are.',
      data: ChatData,
      examples: [{ data: { chat_id: 9 } }],
    },
    {
      event: 'chat_messages',
      summary: 'Asks for the messages of a chat.',
      data: ChatData,
      examples: [{ data: { chat_id: 9 } }],
      answer: AllChatMessages,
    },
    {
      event: 'edit_message',
      summary: 'Another text for a message of the sender’s own, for 15 minutes or as long as is set.',
      data: EditMessageData,
      examples: [{ data: { chat_id: 9, message_id: '52ef810ed68809f400000008', message: 'Well played indeed!' } }],
    },
    {
      event: 'delete_message',
      summary: 'Takes a message of the sender’s own back: it keeps its place, and nothing of it is shown.',
      data: DeleteMessageData,
      examples: [{ data: { chat_id: 9, message_id: '52ef810ed68809f400000008' } }],
    },
    {
      event: 'block_chat',
      summary: 'The sender wants to be shown nothing more of what the other side of a chat says there.',
      data: ChatData,
      examples: [{ id: 'c-40', data: { chat_id: 9 } }],
    },
    {
      event: 'unblock_chat',
      summary: 'The sender is shown again what the other side says; what was said meanwhile stays hidden.',
      data: ChatData,
      examples: [{ id: 'c-41', data: { chat_id: 9 } }],
    },
    resume(
      { 'direct:9': { n: 0, rev: 0 }, 'direct:999999': { n: 0, rev: 0 } },
      {
        'direct:9': { from: { n: 0, rev: 0 }, to: { n: 1, rev: 3 }, recovered: true },
        'direct:999999': { recovered: false, code: 'not_found' },
      },
    ),
  ],
  tells: [ResponseMessage, DirectMessageChanged, DirectTyping, Seen, DirectPresence],
  answersAny: [Exception, Ack, Nack],
} as const satisfies ChatEndpoint;
