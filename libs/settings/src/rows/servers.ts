import {
  anyText,
  apart,
  folding,
  mongodbUrl,
  natsServers,
  oneOf,
  password,
  row,
  sockets,
  token,
  wholeNumber,
  withData,
} from './setting.js';

/** The servers, and what is ours on them. */
export const serverRows = {
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
    roles: [...folding, 'chatctl'],
    meaning: 'On how many NATS servers of a cluster each stream is kept; streams that have fewer get more.',
    read: (text) => Number(oneOf('1', '3', '5')(text)),
  }),
  EVENT_STREAM_SYNCED: row({
    type: 'on or off',
    default: 'on',
    roles: [...sockets, 'chatctl'],
    meaning:
      'Whether NATS syncs each event to the disk before it answers (`sync_interval: always`): those that wait go together then.',
    read: (text) => oneOf('on', 'off')(text) === 'on',
  }),
  PACE_MS: row({
    type: 'milliseconds, 0–100',
    default: '16',
    roles: ['gateway', 'projector'],
    meaning:
      'Under load a gateway stores, and a projector folds and tells, what has come at most so often: the longer, the less each message costs, and the later it is told.',
    read: wholeNumber(0, 100),
  }),
  SUBJECT_PREFIX: row({
    type: 'name',
    default: 'chat',
    roles: withData,
    meaning: 'The first token of every subject; another one keeps another system on the same NATS apart.',
    read: token,
  }),
};
