import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { EncryptionOptions } from '#event-store';
import type { SamplerName } from '#tracing';
import { apart, type Setting, Unfit } from './rows/setting.js';
import { type ProjectionName, type Role, rows } from './rows/settings.js';

/** The whole configuration of a process. What each value means and its default: `settings`. */
export interface Config {
  readonly role: Role;
  readonly http: HttpSettings;
  /** Where metrics are served; 0 for nowhere. */
  readonly metrics: { readonly port: number };
  /** Nothing is traced without an endpoint; the exporter looks for it itself. */
  readonly traces: { readonly endpoint?: string; readonly sampler: SamplerName; readonly ratio: number };
  readonly nats: {
    /** Servers, comma-separated; empty in the standalone and chatctl where none was given. */
    readonly url: string;
    readonly user?: string;
    readonly password?: string;
    readonly stream: string;
    readonly replicas: number;
    /** Whether each event is on the disk before it is answered. */
    readonly synced: boolean;
    readonly prefix: string;
    readonly tokenMaxAgeSeconds: number;
    /** Not there where no master keys were given. */
    readonly encryption?: EncryptionOptions;
  };
  /** Whether the log is to be encrypted: a standalone without master keys makes one then. */
  readonly encrypts: boolean;
  readonly mongodb: { readonly url?: string; readonly database: string };
  readonly tokens: TokenSettings;
  /** Whether clients of Socket.IO are let in. */
  readonly socketIo: boolean;
  readonly roomChat: { readonly dialect: 'documented' | 'altzone' };
  readonly chatMessagesMax: number;
  readonly chatsMax: number;
  readonly resumeChangesMax: number;
  /** How long a message may be edited; 0 for never. */
  readonly editWithinSeconds: number;
  readonly blockedMessages: 'hidden' | 'refused';
  /** The absolute path of the module that holds the word filter. */
  readonly wordFilter?: string;
  readonly limits: Limits;
  readonly inMail: { readonly url?: string; readonly secret?: string; readonly tries: number };
  readonly projections: readonly ProjectionName[];
  /** Under load what has come is stored, or folded and told, at most so often. */
  readonly paceMs: number;
  /** Whether what only a newer release can read is waited for. */
  readonly waitsForNewer: boolean;
  /** Whether the routes for operators are there; a query process with them serves nothing else. */
  readonly operations: boolean;
  readonly ready: { readonly maxLagEvents: number };
  readonly logLevel: LogLevel;
  /** Used in the standalone only; absolute paths. */
  readonly standalone: {
    readonly gateways: number;
    readonly browser: string;
    readonly dataFolder: string;
    readonly cacheFolder: string;
  };
}

export interface HttpSettings {
  readonly port: number;
  readonly host: string;
  /** Empty: any. */
  readonly allowedOrigins: readonly string[];
  /** Addresses, networks, and Express' names for some of these. */
  readonly trustedProxies: readonly string[];
  /** For each user or address, in the long run. */
  readonly requestsPerSecond: number;
  /** At once. */
  readonly requestsBurst: number;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** One of `secret` and `publicKey` where the role verifies tokens. */
export interface TokenSettings {
  readonly secret?: string;
  /** PEM, RSA or EC on P-256. */
  readonly publicKey?: string;
  readonly userClaim?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly leewaySeconds: number;
}

/** Per client of a gateway, but for `unreadListBytes`. */
export interface Limits {
  readonly frameBytes: number;
  readonly frameDepth: number;
  readonly connectionsPerUser: number;
  readonly connectsPerSecond: number;
  readonly connectBurst: number;
  readonly framesPerSecond: number;
  readonly frameBurst: number;
  readonly appendsPerSecond: number;
  readonly appendBurst: number;
  readonly outboundBytes: number;
  readonly unreadListBytes: number;
  readonly listSeconds: number;
  readonly inboundFrames: number;
  readonly pingSeconds: number;
  readonly pongSeconds: number;
}

/** The configuration is unusable; the message names every fault, each with what to do, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly faults: readonly string[]) {
    super(`The configuration cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

type ValueOf<S> = S extends Setting<infer T, infer D> ? (D extends string ? T : T | undefined) : never;
type Values = { readonly [K in keyof typeof rows]: ValueOf<(typeof rows)[K]> };

/** The text of a variable; a blank one is one not given. */
const textOf = (env: NodeJS.ProcessEnv, name: string): string | undefined =>
  env[name]?.trim() ? env[name] : undefined;

/** Reads what concerns the role; the rest keeps its default, right or wrong. */
function readValues(env: NodeJS.ProcessEnv, role: Role, faults: string[]): Values {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(rows as Record<string, Setting<unknown>>)) {
    const stands = setting.roles.includes(role) ? textOf(env, name) : undefined;
    const given = setting.exact ? stands : stands?.trim();
    const standalone = role === 'standalone' ? setting.standaloneDefault : undefined;
    const text = given ?? standalone ?? setting.default;
    if (text === null) {
      if (setting.required?.includes(role))
        faults.push(`${name} is not set. ${setting.meaning} Give a ${setting.type}.`);
      continue;
    }
    try {
      values[name] = setting.read(text);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      faults.push(`${name} cannot be used: ${error.message}.`);
    }
  }
  return values as unknown as Values;
}

/** What no single variable shows. */
function checkTogether(env: NodeJS.ProcessEnv, role: Role, faults: string[]): void {
  const isGiven = (name: keyof Values) => textOf(env, name) !== undefined;
  if (isGiven('NATS_PASSWORD') && !isGiven('NATS_USER')) {
    faults.push('NATS_PASSWORD is set without NATS_USER: set both or none.');
  }
  if (isGiven('KEYS_MASTER') && isGiven('KEYS_MASTER_FILE')) {
    faults.push('KEYS_MASTER and KEYS_MASTER_FILE are both set: keep one.');
  } else if (!isGiven('KEYS_MASTER') && !isGiven('KEYS_MASTER_FILE') && needsKeys(env, role)) {
    faults.push(
      'KEYS_MASTER is not set, nor KEYS_MASTER_FILE. Give what "openssl rand -base64 32" prints, the same to all roles, ' +
        'and keep it where the log cannot be lost with it; or set ENCRYPTION to off for a log in plain text.',
    );
  }
  if (role !== 'gateway' && role !== 'query' && role !== 'standalone') return;
  if (isGiven('JWT_SECRET') && isGiven('JWT_PUBLIC_KEY')) {
    faults.push('JWT_SECRET and JWT_PUBLIC_KEY are both set: keep the one that tokens are signed with.');
  } else if (!isGiven('JWT_SECRET') && !isGiven('JWT_PUBLIC_KEY') && role !== 'standalone') {
    faults.push(
      'JWT_SECRET is not set, nor JWT_PUBLIC_KEY. Give the key that your tokens are verified with: ' +
        'a secret of 32 bytes or more for HS256, or a public key as PEM.',
    );
  }
}

/** The standalone makes its own, and not every command of chatctl looks into the log. */
const needsKeys = (env: NodeJS.ProcessEnv, role: Role): boolean =>
  apart.includes(role) && textOf(env, 'ENCRYPTION')?.trim() !== 'off';

/** A variable that was not given is a property that is not there. */
const given = <K extends string, T>(key: K, value: T | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };

const absolute = (path: string): string => resolve(path.replace(/^~(?=$|\/)/, homedir()));

/**
 * Reads the configuration of a role from the environment.
 * @throws ConfigError naming all faults at once, each with what to do
 */
export function loadConfig(env: NodeJS.ProcessEnv, role: Role): Config {
  const faults: string[] = [];
  const values = readValues(env, role, faults);
  checkTogether(env, role, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  const masterKeys = values.KEYS_MASTER ?? values.KEYS_MASTER_FILE;
  const encryption = masterKeys && { masterKeys, seals: values.ENCRYPTION === 'on' };
  return {
    role,
    http: {
      port: values.PORT,
      host: values.HOST,
      allowedOrigins: values.ALLOWED_ORIGINS,
      trustedProxies: values.TRUSTED_PROXIES,
      requestsPerSecond: values.HTTP_REQUESTS_PER_SECOND,
      requestsBurst: values.HTTP_REQUESTS_BURST,
    },
    metrics: { port: values.METRICS_PORT },
    traces: {
      ...given('endpoint', values.OTEL_EXPORTER_OTLP_ENDPOINT),
      sampler: values.OTEL_TRACES_SAMPLER,
      ratio: values.OTEL_TRACES_SAMPLER_ARG,
    },
    nats: {
      url: values.NATS_URL ?? '',
      ...given('user', values.NATS_USER),
      ...given('password', values.NATS_PASSWORD),
      stream: values.EVENT_STREAM,
      replicas: values.EVENT_STREAM_REPLICAS,
      synced: values.EVENT_STREAM_SYNCED,
      prefix: values.SUBJECT_PREFIX,
      tokenMaxAgeSeconds: values.TOKEN_MAX_AGE_S,
      ...given('encryption', encryption),
    },
    encrypts: values.ENCRYPTION === 'on',
    mongodb: { ...given('url', values.MONGODB_URL), database: values.MONGODB_DATABASE },
    tokens: {
      ...given('secret', values.JWT_SECRET),
      ...given('publicKey', values.JWT_PUBLIC_KEY),
      ...given('userClaim', values.JWT_USER_CLAIM),
      ...given('issuer', values.JWT_ISSUER),
      ...given('audience', values.JWT_AUDIENCE),
      leewaySeconds: values.JWT_LEEWAY_S,
    },
    socketIo: values.SOCKET_IO === 'on',
    roomChat: { dialect: values.ROOM_CHAT_DIALECT },
    chatMessagesMax: values.CHAT_MESSAGES_MAX,
    chatsMax: values.CHATS_MAX,
    resumeChangesMax: values.RESUME_CHANGES_MAX,
    editWithinSeconds: values.EDIT_WITHIN_S,
    blockedMessages: values.BLOCKED_MESSAGES,
    ...given('wordFilter', values.WORD_FILTER && absolute(values.WORD_FILTER)),
    limits: {
      frameBytes: values.MAX_FRAME_BYTES,
      frameDepth: values.MAX_FRAME_DEPTH,
      connectionsPerUser: values.MAX_CONNECTIONS_PER_USER,
      connectsPerSecond: values.CONNECTS_PER_SECOND,
      connectBurst: values.CONNECTS_BURST,
      framesPerSecond: values.FRAMES_PER_SECOND,
      frameBurst: values.FRAMES_BURST,
      appendsPerSecond: values.APPENDS_PER_SECOND,
      appendBurst: values.APPENDS_BURST,
      outboundBytes: values.MAX_OUTBOUND_BYTES,
      unreadListBytes: values.MAX_UNREAD_LIST_BYTES,
      listSeconds: values.LIST_TIMEOUT_S,
      inboundFrames: values.MAX_INBOUND_FRAMES,
      pingSeconds: values.PING_INTERVAL_S,
      pongSeconds: values.PONG_TIMEOUT_S,
    },
    inMail: {
      ...given('url', values.INMAIL_WEBHOOK_URL),
      ...given('secret', values.INMAIL_WEBHOOK_SECRET),
      tries: values.INMAIL_TRIES,
    },
    projections: values.PROJECTIONS,
    paceMs: values.PACE_MS,
    waitsForNewer: values.NEWER_EVENTS,
    operations: values.OPERATIONS,
    ready: { maxLagEvents: values.READY_MAX_LAG },
    logLevel: values.LOG_LEVEL,
    standalone: {
      gateways: values.GATEWAYS,
      browser: values.BROWSER,
      dataFolder: absolute(values.PARLEY_DATA),
      cacheFolder: absolute(values.PARLEY_CACHE),
    },
  };
}
