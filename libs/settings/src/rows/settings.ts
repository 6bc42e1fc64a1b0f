import { projections } from '#projections';
import { encryptionRows } from './encryption.js';
import { httpRows } from './http.js';
import { inMailRows } from './in-mail.js';
import { serverRows } from './servers.js';
import {
  anyText,
  every,
  folding,
  listOf,
  local,
  oneOf,
  type Role,
  row,
  type Setting,
  wholeNumber,
  withData,
} from './setting.js';
import { socketRows } from './sockets.js';
import { tokenRows } from './tokens.js';
import { traceRows } from './traces.js';

export type { Role };

export type ProjectionName = keyof typeof projections;
const projectionNames = Object.keys(projections) as ProjectionName[];

/** Every variable that is read, by name. No other code of ours reads the environment; what is not listed here it ignores. */
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
  METRICS_PORT: row({
    type: 'port',
    default: '0',
    roles: every,
    meaning:
      'Where `/metrics` is served, at HOST, for Prometheus: another port than PORT, which the public does not reach; 0 for none.',
    read: wholeNumber(0, 65_535),
  }),
  ...traceRows,
  ...serverRows,
  ...encryptionRows,
  ...tokenRows,
  ...socketRows,
  ...httpRows,
  ...inMailRows,
  PROJECTIONS: row({
    type: 'names, with commas',
    default: 'timeline,directory',
    roles: folding,
    meaning: 'The projections that this process runs: timeline, directory, stats.',
    read: listOf(oneOf(...projectionNames)),
  }),
  NEWER_EVENTS: row({
    type: 'wait or dead-letters',
    default: 'wait',
    roles: [...folding, 'query', 'chatctl'],
    meaning:
      'What becomes of events that only a newer release can read: they are waited for, or, where that release never comes back, set aside.',
    read: (text) => oneOf('wait', 'dead-letters')(text) === 'wait',
  }),
  OPERATIONS: row({
    type: 'on or off',
    default: 'off',
    roles: ['query', 'standalone'],
    meaning:
      'Whether the routes for operators (`/operations/…`) are there. A query process with them serves nothing else, and needs the users of chatctl. On in a standalone that makes its own secret.',
    read: (text) => oneOf('on', 'off')(text) === 'on',
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
  BROWSER: row({
    type: 'none, or anything',
    default: '',
    roles: ['standalone'],
    meaning: '`none`: the page is not opened by itself where there is a desktop.',
    read: anyText,
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
