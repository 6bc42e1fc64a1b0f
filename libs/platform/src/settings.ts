import { projections } from '#projections';
import {
  anyText,
  listOf,
  mongodbUrl,
  natsServers,
  network,
  oneOf,
  origin,
  password,
  publicKeyPem,
  type Role,
  row,
  secret,
  type Setting,
  token,
  url,
  wholeNumber,
} from './setting.js';

export type { Role };

const every: readonly Role[] = ['gateway', 'projector', 'query', 'standalone'];
const apart: readonly Role[] = ['gateway', 'projector', 'query'];
const withData: readonly Role[] = [...every, 'chatctl'];
const serving: readonly Role[] = ['gateway', 'query', 'standalone'];
const sockets: readonly Role[] = ['gateway', 'standalone'];
const folding: readonly Role[] = ['projector', 'standalone'];
const local: readonly Role[] = ['standalone', 'chatctl'];

export type ProjectionName = keyof typeof projections;
const projectionNames = Object.keys(projections) as ProjectionName[];

/** Every variable that is read, by name. Nothing else reads the environment; what is not listed here is ignored. */
export const rows = {
  PORT: row({
    type: 'port, 0 for any free one',
    default: '8080',
    roles: every,
    meaning: 'Where HTTP and WebSockets are served.',
    read: wholeNumber(0, 65_535),
  }),
  HOST: row({
    type: 'address',
    default: '0.0.0.0',
    standaloneDefault: '127.0.0.1',
    roles: every,
    meaning: 'The address that is listened on.',
    read: anyText,
  }),
  NATS_URL: row({
    type: 'URL, several with commas',
    default: null,
    roles: withData,
    required: apart,
    meaning: 'The NATS servers that hold the log. The standalone gets one where none is given.',
    read: natsServers,
  }),
  NATS_USER: row({ type: 'text', default: null, roles: withData, meaning: 'The user at NATS.', read: anyText }),
  NATS_PASSWORD: row({
    type: 'text',
    default: null,
    roles: withData,
    meaning: 'Their password.',
    exact: true,
    read: password,
  }),
  MONGODB_URL: row({
    type: 'URL',
    default: null,
    roles: withData,
    required: apart,
    meaning: 'The MongoDB that holds the read models. The standalone gets one, or keeps them in memory.',
    read: mongodbUrl,
  }),
  MONGODB_DATABASE: row({
    type: 'name',
    default: 'parley',
    roles: withData,
    meaning: 'The database in it.',
    read: token,
  }),
  EVENT_STREAM: row({
    type: 'name',
    default: 'EVENTS',
    roles: withData,
    meaning: 'The JetStream stream that is the log.',
    read: token,
  }),
  EVENT_STREAM_REPLICAS: row({
    type: '1, 3 or 5',
    default: '1',
    roles: folding,
    meaning: 'On how many NATS servers of a cluster each stream is kept; streams that have fewer get more.',
    read: (text) => Number(oneOf('1', '3', '5')(text)),
  }),
  SUBJECT_PREFIX: row({
    type: 'name',
    default: 'chat',
    roles: withData,
    meaning: 'The first token of every subject; another one keeps another system on the same NATS apart.',
    read: token,
  }),
  JWT_SECRET: row({
    type: 'text, 32 bytes or more',
    default: null,
    roles: [...serving, 'chatctl'],
    meaning: 'Verifies HS256 tokens. Either this or JWT_PUBLIC_KEY. The standalone makes one for development.',
    exact: true,
    read: secret,
  }),
  JWT_PUBLIC_KEY: row({
    type: 'PEM',
    default: null,
    roles: serving,
    meaning: 'Verifies RS256 and PS256 tokens (RSA, 2048 bits or more) or ES256 ones (EC on P-256).',
    read: publicKeyPem,
  }),
  JWT_USER_CLAIM: row({
    type: 'name',
    default: null,
    roles: serving,
    meaning: "The claim that holds the user's id; without it the first present of player_id, user_id, sub.",
    read: anyText,
  }),
  JWT_ISSUER: row({
    type: 'text',
    default: null,
    roles: serving,
    meaning: 'The `iss` that a token must have.',
    read: anyText,
  }),
  JWT_AUDIENCE: row({
    type: 'text',
    default: null,
    roles: serving,
    meaning: 'The `aud` that a token must have.',
    read: anyText,
  }),
  JWT_LEEWAY_S: row({
    type: 'seconds, 0–60',
    default: '0',
    roles: serving,
    meaning: 'How far clocks may be apart: a token is valid that much earlier and longer.',
    read: wholeNumber(0, 60),
  }),
  ROOM_CHAT_DIALECT: row({
    type: 'documented or altzone',
    default: 'documented',
    roles: sockets,
    meaning: 'The envelope of /ws/chat: as documented, or as the shipped Altzone client reads it.',
    read: oneOf('documented', 'altzone'),
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
  ALLOWED_ORIGINS: row({
    type: 'origins, with commas',
    default: '',
    roles: serving,
    meaning:
      'The web origins whose pages may open sockets and read answers over HTTP; empty: any. Clients that send none ' +
      'always may.',
    read: listOf(origin),
  }),
  HTTP_REQUESTS_PER_SECOND: row({
    type: 'requests a second, 1–10000',
    default: '20',
    roles: serving,
    meaning:
      'How many HTTP requests a user may make of one process, or an address without a valid token, in the long run. ' +
      'Service tokens are not limited.',
    read: wholeNumber(1, 10_000),
  }),
  HTTP_REQUESTS_BURST: row({
    type: 'requests, 1–100000',
    default: '100',
    roles: serving,
    meaning: 'How many of them at once.',
    read: wholeNumber(1, 100_000),
  }),
  TRUSTED_PROXIES: row({
    type: 'addresses or networks, with commas',
    default: '',
    roles: serving,
    meaning:
      'The proxies whose X-Forwarded-For is believed, so that requests are counted by the address they come from: ' +
      '10.0.0.0/8, or loopback, linklocal, uniquelocal for such ones.',
    read: listOf(network),
  }),
  INMAIL_WEBHOOK_URL: row({
    type: 'URL',
    default: null,
    roles: sockets,
    meaning: 'Is told of direct messages whose receiver is offline; without it nobody is.',
    read: url('https://game.example/in-mail', 'http:', 'https:'),
  }),
  PROJECTIONS: row({
    type: 'names, with commas',
    default: 'timeline,directory',
    roles: folding,
    meaning: 'The projections that this process runs: timeline, directory, stats.',
    read: listOf(oneOf(...projectionNames)),
  }),
  READY_MAX_LAG: row({
    type: 'events',
    default: '10000',
    roles: ['projector', 'query', 'standalone'],
    meaning: 'How many events the projections may be behind the log for `/health/ready` to say yes.',
    read: wholeNumber(0, 1_000_000_000),
  }),
  LOG_LEVEL: row({
    type: 'error, warn, info or debug',
    default: 'info',
    roles: withData,
    meaning: 'What is logged.',
    read: oneOf('error', 'warn', 'info', 'debug'),
  }),
  GATEWAYS: row({
    type: 'gateways, 1–16',
    default: '1',
    roles: ['standalone'],
    meaning: 'How many gateways are started, on PORT and the ports after it.',
    read: wholeNumber(1, 16),
  }),
  PARLEY_DATA: row({
    type: 'folder',
    default: '.parley',
    roles: local,
    meaning: 'What lasts from start to start: the log, the read models, the secret made for development.',
    read: anyText,
  }),
  PARLEY_CACHE: row({
    type: 'folder',
    default: '~/.cache/parley',
    roles: ['standalone'],
    meaning: 'Where what was got lies (servers, Node), shared by all clones.',
    read: anyText,
  }),
};

/** A row of the configuration table, as the README shows it. */
export interface SettingRow {
  readonly name: string;
  readonly type: string;
  /** As it would stand in the environment; null for none. */
  readonly default: string | null;
  readonly standaloneDefault: string | null;
  readonly roles: readonly Role[];
  readonly meaning: string;
}

/** The table of configuration, in the order of the README. */
export const settings: readonly SettingRow[] = Object.entries(rows as Record<string, Setting<unknown>>).map(
  ([name, { type, default: usual, standaloneDefault, roles, meaning }]) => ({
    name,
    type,
    default: usual,
    standaloneDefault: standaloneDefault ?? usual,
    roles,
    meaning,
  }),
);
