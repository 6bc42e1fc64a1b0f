import { generateKeyPairSync } from 'node:crypto';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from '../src/config.js';
import { type Role } from '../src/rows/setting.js';
import { settings } from '../src/rows/settings.js';

const KEYS_MASTER = Buffer.alloc(32, 1).toString('base64');
const servers = { NATS_URL: 'nats://127.0.0.1:4222', MONGODB_URL: 'mongodb://127.0.0.1:27017/', KEYS_MASTER };
const secret = 'a secret of thirty-two bytes, 32';
const publicKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' });

function faultsOf(env: NodeJS.ProcessEnv, role: Role): readonly string[] {
  try {
    loadConfig(env, role);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('is all defaults in the standalone, which gets its servers and makes its secret', () => {
    const config = loadConfig({}, 'standalone');
    expect(config).toEqual({
      role: 'standalone',
      paceMs: 16,
      waitsForNewer: true,
      operations: false,
      metrics: { port: 0 },
      traces: { sampler: 'parentbased_always_on', ratio: 1 },
      blockedMessages: 'hidden',
      http: {
        port: 8080,
        host: '127.0.0.1',
        allowedOrigins: [],
        trustedProxies: [],
        requestsPerSecond: 20,
        requestsBurst: 100,
      },
      nats: { url: '', stream: 'EVENTS', prefix: 'chat', replicas: 1, synced: true, tokenMaxAgeSeconds: 2_592_000 },
      encrypts: true,
      mongodb: { database: 'parley' },
      tokens: { leewaySeconds: 0 },
      roomChat: { dialect: 'documented' },
      socketIo: false,
      chatMessagesMax: 1000,
      chatsMax: 1000,
      resumeChangesMax: 1000,
      editWithinSeconds: 900,
      limits: {
        frameBytes: 65536,
        frameDepth: 16,
        connectionsPerUser: 10,
        framesPerSecond: 50,
        connectsPerSecond: 300,
        connectBurst: 1_000,
        frameBurst: 200,
        appendsPerSecond: 50,
        appendBurst: 200,
        outboundBytes: 1048576,
        unreadListBytes: 67108864,
        listSeconds: 30,
        inboundFrames: 1000,
        pingSeconds: 25,
        pongSeconds: 8,
      },
      inMail: { tries: 16 },
      projections: ['timeline', 'directory'],
      ready: { maxLagEvents: 10000 },
      logLevel: 'info',
      standalone: {
        ...{ gateways: 1, browser: '' },
        ...{ dataFolder: resolve('.parley'), cacheFolder: resolve(homedir(), '.cache/parley') },
      },
    });
  });

  it('reads every variable', () => {
    const config = loadConfig(
      {
        ...servers,
        JWT_SECRET: secret,
        JWT_USER_CLAIM: 'profile_id',
        HOST: '::',
        PORT: '0',
        NATS_USER: 'gateway',
        NATS_PASSWORD: 'x',
        ALLOWED_ORIGINS: 'https://a.example, https://b.example:8443',
        ROOM_CHAT_DIALECT: 'altzone',
        TRUSTED_PROXIES: '10.0.0.0/8,loopback, ::1',
        INMAIL_WEBHOOK_URL: 'https://game.example/in-mail',
        INMAIL_WEBHOOK_SECRET: secret,
        INMAIL_TRIES: '3',
        JWT_LEEWAY_S: '60',
      },
      'gateway',
    );
    expect(config.http).toMatchObject({ host: '::', port: 0, trustedProxies: ['10.0.0.0/8', 'loopback', '::1'] });
    expect(config.nats).toMatchObject({ url: servers.NATS_URL, user: 'gateway', password: 'x' });
    expect(config.tokens).toEqual({ secret, userClaim: 'profile_id', leewaySeconds: 60 });
    expect(config.http.allowedOrigins).toEqual(['https://a.example', 'https://b.example:8443']);
    expect(config.roomChat.dialect).toBe('altzone');
    expect(config.inMail).toEqual({ url: 'https://game.example/in-mail', secret, tries: 3 });
  });

  it('listens on every address apart, and on this machine only in the standalone', () => {
    expect(loadConfig({ ...servers, JWT_SECRET: secret }, 'query').http.host).toBe('0.0.0.0');
    expect(loadConfig({ HOST: '0.0.0.0' }, 'standalone').http.host).toBe('0.0.0.0');
  });

  it('has no secret of its own: a role that verifies tokens does not start without a key', () => {
    for (const role of ['gateway', 'query'] as const) {
      expect(faultsOf(servers, role)).toEqual([expect.stringMatching(/^JWT_SECRET is not set, nor JWT_PUBLIC_KEY/)]);
    }
    expect(faultsOf(servers, 'projector')).toEqual([]);
    expect(loadConfig({}, 'standalone').tokens.secret).toBeUndefined();
  });

  it('encrypts the log with the first of the master keys, which roles apart do not start without', () => {
    const { KEYS_MASTER: _, ...without } = { ...servers, JWT_SECRET: secret };
    for (const role of ['gateway', 'projector', 'query'] as const) {
      expect(faultsOf(without, role)).toEqual([expect.stringMatching(/^KEYS_MASTER is not set, nor KEYS_MASTER_FILE/)]);
      expect(loadConfig({ ...without, ENCRYPTION: 'off' }, role).nats.encryption).toBeUndefined();
    }
    expect(faultsOf({ ...without, KEYS_MASTER: 'short' }, 'query')).toEqual([
      expect.stringMatching(/^KEYS_MASTER cannot be used: give what "openssl rand -base64 32" prints/),
    ]);
    expect(faultsOf({ ...without, KEYS_MASTER_FILE: '/nowhere' }, 'query')).toEqual([
      'KEYS_MASTER_FILE cannot be used: give a file that can be read (ENOENT).',
    ]);
    expect(faultsOf({ ...without, KEYS_MASTER, KEYS_MASTER_FILE: '/nowhere' }, 'query')).toContain(
      'KEYS_MASTER and KEYS_MASTER_FILE are both set: keep one.',
    );
    const second = Buffer.alloc(32, 2);
    const both = loadConfig({ ...without, KEYS_MASTER: `${KEYS_MASTER}, ${second.toString('base64')}` }, 'gateway');
    expect(both.nats.encryption).toEqual({ masterKeys: [Buffer.alloc(32, 1), second], seals: true });
    const plain = loadConfig({ ...servers, JWT_SECRET: secret, ENCRYPTION: 'off' }, 'gateway');
    expect(plain.nats.encryption).toMatchObject({ seals: false });
    expect(loadConfig({}, 'standalone')).toMatchObject({ encrypts: true });
  });

  it('names all faults together, each with what to do', () => {
    const faults = faultsOf(
      {
        ENCRYPTION: 'off',
        JWT_SECRET: 'short',
        PORT: '80a',
        LOG_LEVEL: 'loud',
        MAX_FRAME_BYTES: '1e9',
        ALLOWED_ORIGINS: 'b.example/x',
      },
      'gateway',
    );
    expect(faults.map((fault) => /^\w+/.exec(fault)?.[0])).toEqual([
      'PORT',
      'NATS_URL',
      'MONGODB_URL',
      'JWT_SECRET',
      'MAX_FRAME_BYTES',
      'ALLOWED_ORIGINS',
      'LOG_LEVEL',
    ]);
    for (const fault of faults) expect(fault).toMatch(/\b[Gg]ive\b/);
    expect(new ConfigError(faults).message).toContain(faults[3]);
  });

  it('never repeats a secret', () => {
    const servers = { NATS_URL: 'nats://u:hunter2@host', MONGODB_URL: 'x://u:hunter2@host', JWT_SECRET: 'hunter2' };
    const webhook = { INMAIL_WEBHOOK_URL: 'http://u:hunter2@host', INMAIL_WEBHOOK_SECRET: 'hunter2' };
    const text = faultsOf({ ...servers, ...webhook }, 'gateway').join();
    expect(text).toContain('NATS_USER');
    expect(text).not.toContain('hunter2');
  });

  it('takes an empty variable for one that is not given, and ignores those it does not know', () => {
    expect(faultsOf({ ...servers, JWT_SECRET: '', JWT_PUBLIC_KEY: '' }, 'query')).toHaveLength(1);
    expect(loadConfig({ LOG_LEVEL: '', PARLEY_COLOUR: 'green', GATEWAY: '3' }, 'standalone').logLevel).toBe('info');
  });

  it('takes a blank secret for none', () => {
    for (const blank of ['', ' ', '\t\n ']) {
      const env = { ...servers, JWT_SECRET: blank };
      expect(faultsOf(env, 'gateway')).toEqual([expect.stringMatching(/^JWT_SECRET is not set, nor JWT_PUBLIC_KEY/)]);
      expect(loadConfig({ ...env, JWT_PUBLIC_KEY: publicKey.toString() }, 'gateway').tokens.secret).toBeUndefined();
      expect(loadConfig({ JWT_SECRET: blank }, 'standalone').tokens.secret).toBeUndefined();
    }
  });

  it('uses no secret but the one that was given', () => {
    for (const name of ['JWT_SECRET', 'NATS_PASSWORD']) {
      for (const padded of [`${secret}\n`, ` ${secret}`, `${secret}\u00a0`]) {
        const env = { ...servers, NATS_USER: 'gateway', JWT_SECRET: secret, [name]: padded };
        expect(faultsOf(env, 'gateway')).toEqual([
          expect.stringMatching(new RegExp(`^${name} cannot be used: it begins or ends with white space`)),
        ]);
      }
    }
    const inside = 'thirty-two  bytes\twith white\nspace';
    expect(loadConfig({ ...servers, JWT_SECRET: inside }, 'gateway').tokens.secret).toBe(inside);
  });

  it('does not look at what its role does not use', () => {
    expect(faultsOf({ ...servers, JWT_SECRET: 'short', GATEWAYS: 'many', MAX_FRAME_DEPTH: '-1' }, 'projector')).toEqual(
      [],
    );
  });

  it.each([
    ['NATS_URL', 'localhost'],
    ['NATS_URL', 'http://localhost:4222'],
    ['MONGODB_URL', 'localhost:27017'],
    ['SUBJECT_PREFIX', 'a.b'],
    ['EVENT_STREAM', '*'],
    ['JWT_LEEWAY_S', '61'],
    ['JWT_LEEWAY_S', '-1'],
    ['JWT_SECRET', 'x'.repeat(31)],
    ['JWT_PUBLIC_KEY', 'not a key'],
    ['PORT', '65536'],
    ['PROJECTIONS', 'timeline,weather'],
    ['GATEWAYS', '0'],
    ['INMAIL_WEBHOOK_URL', 'ftp://x'],
    ['INMAIL_WEBHOOK_URL', 'https://user@game.example/in-mail'],
    ['INMAIL_WEBHOOK_SECRET', 'x'.repeat(31)],
    ['INMAIL_TRIES', '0'],
    ['ALLOWED_ORIGINS', '*'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '0.0.0.0/0'],
    ['TRUSTED_PROXIES', '10.0.0.1,::/0'],
    ['TRUSTED_PROXIES', 'caddy'],
    ['TRUSTED_PROXIES', '::1/'],
    ['HTTP_REQUESTS_PER_SECOND', '0'],
    ['NATS_PASSWORD', 'alone'],
  ])('refuses %s=%s', (name, value) => {
    expect(faultsOf({ [name]: value }, 'standalone')).toEqual([expect.stringMatching(new RegExp(`^${name} `))]);
  });

  it('takes a public key with line breaks or with them written out, and no private one', () => {
    const oneLine = publicKey.toString().replaceAll('\n', '\\n');
    for (const key of [publicKey.toString(), oneLine]) {
      const { tokens } = loadConfig({ ...servers, JWT_PUBLIC_KEY: key }, 'gateway');
      expect(tokens.publicKey?.trim()).toBe(publicKey.toString().trim());
    }
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(faultsOf({ JWT_PUBLIC_KEY: pem }, 'standalone')).toEqual([expect.stringContaining('private key')]);
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' });
    expect(faultsOf({ JWT_PUBLIC_KEY: weak.toString() }, 'standalone')).toHaveLength(1);
    expect(faultsOf({ JWT_PUBLIC_KEY: publicKey.toString(), JWT_SECRET: secret }, 'standalone')).toHaveLength(1);
  });

  it('is a table with a meaning, a type and a role for every variable', () => {
    expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length);
    for (const { meaning, type, roles } of settings) {
      expect(meaning).toMatch(/\.$/);
      expect(type).not.toBe('');
      expect(roles.length).toBeGreaterThan(0);
    }
  });
});
