import { oneOf, row, serving, sockets, wholeNumber } from './setting.js';

/** What is spoken over sockets, and how much of it. */
export const socketRows = {
  ROOM_CHAT_DIALECT: row({
    type: 'documented or altzone',
    default: 'documented',
    roles: sockets,
    meaning: 'The envelope of /ws/chat: as documented, or as the shipped Altzone client reads it.',
    read: oneOf('documented', 'altzone'),
  }),
  SOCKET_IO: row({
    type: 'on or off',
    default: 'off',
    roles: sockets,
    meaning: 'Whether the direct chat is also served to clients of Socket.IO 4, at /socket.io.',
    read: oneOf('on', 'off'),
  }),
  CHAT_MESSAGES_MAX: row({
    type: 'messages, 1–10000',
    default: '1000',
    roles: sockets,
    meaning: 'How many of the latest messages `chat_messages` answers with; older ones by HTTP.',
    read: wholeNumber(1, 10_000),
  }),
  CHATS_MAX: row({
    type: 'chats, 1–10000',
    default: '1000',
    roles: sockets,
    meaning: 'How many of the latest chats `get_chats` answers with; older ones by HTTP.',
    read: wholeNumber(1, 10_000),
  }),
  RESUME_CHANGES_MAX: row({
    type: 'changes, 1–10000',
    default: '1000',
    roles: sockets,
    meaning: 'How many changes of a room `resume` tells a client that was away; who missed more reads the history.',
    read: wholeNumber(1, 10_000),
  }),
  MAX_FRAME_BYTES: row({
    type: 'bytes, 1024–1048576',
    default: '65536',
    roles: sockets,
    meaning: 'The largest frame a client may send; a larger one closes its socket with 1009.',
    read: wholeNumber(1_024, 1_048_576),
  }),
  MAX_FRAME_DEPTH: row({
    type: 'levels, 4–64',
    default: '16',
    roles: sockets,
    meaning: 'How deep the JSON of a frame may be nested.',
    read: wholeNumber(4, 64),
  }),
  MAX_CONNECTIONS_PER_USER: row({
    type: 'connections, 1–1000',
    default: '10',
    roles: sockets,
    meaning: 'On one gateway, per endpoint and user.',
    read: wholeNumber(1, 1_000),
  }),
  CONNECTS_PER_SECOND: row({
    type: 'connects a second, 1–100000',
    default: '300',
    roles: sockets,
    meaning:
      'How many sockets a gateway opens in the long run, of all users together; who is one too many comes later.',
    read: wholeNumber(1, 100_000),
  }),
  CONNECTS_BURST: row({
    type: 'connects, 1–1000000',
    default: '1000',
    roles: sockets,
    meaning: 'How many of them at once.',
    read: wholeNumber(1, 1_000_000),
  }),
  FRAMES_PER_SECOND: row({
    type: 'frames a second, 1–10000',
    default: '50',
    roles: sockets,
    meaning: 'How many frames a user may send to a gateway, over all their sockets, in the long run.',
    read: wholeNumber(1, 10_000),
  }),
  FRAMES_BURST: row({
    type: 'frames, 1–100000',
    default: '200',
    roles: sockets,
    meaning: 'How many of them at once; the one too many closes its socket with 4009.',
    read: wholeNumber(1, 100_000),
  }),
  APPENDS_PER_SECOND: row({
    type: 'commands a second, 1–10000',
    default: '50',
    roles: sockets,
    meaning:
      'How many messages, reactions, seen marks and chats a user may have stored, over all gateways, in the long run.',
    read: wholeNumber(1, 10_000),
  }),
  APPENDS_BURST: row({
    type: 'commands, 1–100000',
    default: '200',
    roles: sockets,
    meaning: 'How many of them at once; the one too many is refused as `too_many`.',
    read: wholeNumber(1, 100_000),
  }),
  MAX_OUTBOUND_BYTES: row({
    type: 'bytes, 65536–67108864',
    default: '1048576',
    roles: sockets,
    meaning: 'What may wait for a client that reads slowly; beyond it the socket is closed with 4008.',
    read: wholeNumber(65_536, 67_108_864),
  }),
  MAX_UNREAD_LIST_BYTES: row({
    type: 'bytes, 65536–1073741824',
    default: '67108864',
    roles: serving,
    meaning: 'What the lists that clients asked for and have not read may take together; meanwhile no more are made.',
    read: wholeNumber(65_536, 1_073_741_824),
  }),
  LIST_TIMEOUT_S: row({
    type: 'seconds, 1–50',
    default: '30',
    roles: serving,
    meaning:
      'How long a list may wait for its turn, and a client take to read it; then its socket is closed with 4008.',
    // Whoever asks over HTTP gets no byte meanwhile, and is held on to for a time that is limited too.
    read: wholeNumber(1, 50),
  }),
  MAX_INBOUND_FRAMES: row({
    type: 'frames, 1–100000',
    default: '1000',
    roles: sockets,
    meaning: 'How many frames of one socket may wait to be handled; beyond it the socket is closed with 4009.',
    read: wholeNumber(1, 100_000),
  }),
  PING_INTERVAL_S: row({
    type: 'seconds, 1–3600',
    default: '25',
    roles: sockets,
    meaning: 'How often each socket is pinged.',
    read: wholeNumber(1, 3_600),
  }),
  PONG_TIMEOUT_S: row({
    type: 'seconds, 1–600',
    default: '8',
    roles: sockets,
    meaning: 'How long an answer to a ping may take before the socket is given up.',
    read: wholeNumber(1, 600),
  }),
};
