import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GLOBAL_ROOM } from '#domain';
import { EventLog, type LogRecord } from '#event-store';
import { OwnServer } from '../../../libs/event-store/test/own-server.js';
import { conversation, MONGODB_URL, posted, type Run, SystemUnderTest, until } from './system-under-test.js';

const NATS_CLI = process.env['TEST_NATS_CLI'] ?? 'nats';
const hasCli = spawnSync(NATS_CLI, ['--version']).status === 0;
const run = promisify(execFile);

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl backup and restore', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-backup-'));
  const servers: OwnServer[] = [];
  let system: SystemUnderTest;
  let source: OwnServer;
  const [dir, keys] = [join(folder, 'log'), join(folder, 'keys')];

  const server = async (...more: string[]) => {
    const one = await OwnServer.start(...more);
    servers.push(one);
    return one;
  };
  /** The same command line with other servers. */
  const at = async ({ url }: OwnServer, ...words: string[]): Promise<Run> => {
    const before = system.env['NATS_URL'];
    system.env['NATS_URL'] = url;
    try {
      return await system.chatctl(...words);
    } finally {
      system.env['NATS_URL'] = before;
    }
  };
  const logAt = async ({ url }: OwnServer) => {
    const { EVENT_STREAM: stream = '', SUBJECT_PREFIX: prefix = '', KEYS_MASTER: key = '' } = system.env;
    const encryption = { masterKeys: [Buffer.from(key, 'base64')], seals: true };
    return EventLog.connect({ servers: url, stream, prefix, name: 'backup test', encryption });
  };
  const recordsAt = async (on: OwnServer, until?: number): Promise<LogRecord[]> => {
    const log = await logAt(on);
    const records: LogRecord[] = [];
    for await (const record of log.read(until === undefined ? {} : { until })) records.push(record);
    await log.close();
    return records;
  };
  const copyOf = (name: string) => {
    const to = join(folder, name);
    cpSync(dir, to, { recursive: true });
    return to;
  };
  const stream = () => system.env['EVENT_STREAM']!;
  const snapshot = (of: string) => readdirSync(join(of, stream())).find((name) => name.endsWith('.s2'))!;

  beforeAll(async () => {
    source = await server();
    system = await SystemUnderTest.create(source.url, true);
    await Promise.all([...conversation(300)].map((event) => system.append(event)));
    await system.log.append(posted(GLOBAL_ROOM, 'what is to be forgotten', 'gone'));
    await system.log.eraser.erase('gone', { key: '0'.repeat(24), at: '2026-01-02T03:04:05.678Z' });
    await system.log.letters.put({ projection: 'inmail', partition: 1, seq: 3, reason: 'for the test' });
    await system.log.revocations.revokePerson('8');
    expect(await at(source, 'backup', dir, '--keys', keys)).toMatchObject({ status: 0, complaints: '' });
  });
  afterAll(async () => {
    await system.close();
    await Promise.all(servers.map((one) => one.remove()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes what was acknowledged before it began, while more comes, and restores it whole', async () => {
    const sending = { on: true };
    const sender = (async () => {
      while (sending.on) await system.append(posted(GLOBAL_ROOM, 'again and again'));
    })();
    const before = await system.log.lastSeq();
    const [to, keysTo] = [join(folder, 'under-load'), join(folder, 'under-load-keys')];
    const { status, out } = await at(source, 'backup', to, '--keys', keysTo, '--json');
    const { lastSeq } = JSON.parse(out) as { lastSeq: number };
    expect([status, lastSeq >= before]).toEqual([0, true]);
    await until('more has come', async () => (await system.log.lastSeq()) > lastSeq);
    sending.on = false;
    await sender;
    const empty = await server();
    const restored = await at(empty, 'restore', to, '--keys', keysTo);
    expect([restored.status, restored.complaints]).toEqual([0, '']);
    expect(restored.out).toContain(`up to event ${lastSeq} of the log`);
    expect(await recordsAt(empty)).toEqual(await recordsAt(source, lastSeq));
    const log = await logAt(empty);
    const places = (await log.letters.places()).map(({ projection, seq }) => [projection, seq]);
    expect(places).toEqual([['inmail', 3]]);
    const records = async (of: EventLog) =>
      (await of.streams()).map(({ name, messages }) => [name, messages]).filter(([name]) => name !== stream());
    expect(await records(log)).toEqual((await records(system.log)).filter(([name]) => name !== `${stream()}_MEMBERS`));
    // It is one to go on with, and is known not to be the one of before.
    expect(await log.setUp()).toEqual([]);
    expect(await log.append(posted(GLOBAL_ROOM, 'and on'))).toMatchObject({ seq: lastSeq + 1 });
    expect(await log.restoredAt()).toBeGreaterThan(20_260_000_000_000);
    expect(await system.log.restoredAt()).toBe(0);
    expect(await log.identity()).toContain('restored');
    await log.close();
  });

  it('is restored by a user with no more rights than docs/operations.md gives one', async () => {
    const [, permissions] = /`(permissions: .*?)`\. It checks the files/.exec(
      readFileSync('docs/operations.md', 'utf8'),
    )!;
    const config = join(folder, 'restoring.conf');
    writeFileSync(config, `authorization { users: [ { user: "restorer", password: "x", ${permissions} } ] }\n`);
    const empty = await server('-c', config);
    Object.assign(system.env, { NATS_USER: 'restorer', NATS_PASSWORD: 'x' });
    try {
      expect(await at(empty, 'restore', dir, '--keys', keys)).toMatchObject({ status: 0, complaints: '' });
    } finally {
      delete system.env['NATS_USER'];
      delete system.env['NATS_PASSWORD'];
    }
  });

  it('says into which folders it cannot be, and leaves them alone', async () => {
    const refused = async (complaint: RegExp, ...words: string[]) => {
      const { status, complaints } = await at(source, 'backup', ...words);
      expect([status, complaints]).toEqual([2, expect.stringMatching(complaint)]);
    };
    await refused(/into which folder/);
    await refused(/into which folder/, 'one', 'two');
    await refused(/Unknown option/, 'one', '--compress');
    await refused(/is there already/, dir);
    await refused(/is there already/, join(folder, 'new'), '--keys', keys);
    await refused(/lies in/, join(folder, 'new'), '--keys', join(folder, 'new', 'keys'));
    await refused(/lies in/, join(folder, 'new', 'log'), '--keys', join(folder, 'new'));
    await refused(/keys of \d+ people/, join(folder, 'new'));
    await refused(/not both/, join(folder, 'new'), '--keys', 'x', '--without-keys');
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });

  it('has nothing of the keys in the folder of the log', () => {
    expect(readdirSync(dir).sort()).toEqual(
      [stream(), `${stream()}_DEAD`, `${stream()}_REVOKED`, 'parley.json'].sort(),
    );
    expect(readdirSync(keys).sort()).toEqual([`${stream()}_KEYS`, 'parley.json'].sort());
  });

  it('leaves nothing where it is interrupted, and goes past what a kill left', async () => {
    const to = join(folder, 'interrupted');
    system.interruption.abort();
    const { status, told } = await at(source, 'backup', to, '--without-keys');
    system.interruption = new AbortController();
    expect([status, told]).toEqual([130, expect.stringContaining('nothing of it is left')]);
    expect(readdirSync(folder).filter((name) => name.startsWith('interrupted'))).toEqual([]);
    cpSync(dir, `${to}.part`, { recursive: true });
    writeFileSync(join(`${to}.part`, 'left'), 'over');
    expect(await at(source, 'backup', to, '--without-keys')).toMatchObject({ status: 0 });
    expect(existsSync(join(to, 'left'))).toBe(false);
    expect(existsSync(`${to}.part`)).toBe(false);
  });

  it('refuses a backup that is damaged before anything is restored', async () => {
    const empty = await server();
    const refused = async (name: string, damage: (of: string) => void, complaint: RegExp) => {
      const damaged = copyOf(name);
      damage(damaged);
      const { status, complaints } = await at(empty, 'restore', damaged, '--keys', keys);
      expect([status, complaints]).toEqual([2, expect.stringMatching(complaint)]);
      const log = await logAt(empty);
      expect(await log.backups.standing()).toEqual([]);
      await log.close();
    };
    const file = (of: string) => join(of, stream(), snapshot(of));
    await refused(
      'flipped',
      (of) => {
        const bytes = readFileSync(file(of));
        bytes[bytes.length >> 1]! ^= 1;
        writeFileSync(file(of), bytes);
      },
      /damaged: .* checksum is another/,
    );
    await refused(
      'short',
      (of) => {
        truncateSync(file(of), 100);
      },
      /damaged: .* has 100 bytes/,
    );
    await refused(
      'missing',
      (of) => {
        rmSync(file(of));
      },
      /damaged: .* is missing/,
    );
    await refused(
      'meta',
      (of) => {
        writeFileSync(join(of, stream(), 'backup.json'), '{}');
      },
      /damaged: .* checksum/,
    );
    await refused('half.part', () => undefined, /was interrupted/);
    await refused(
      'none',
      (of) => {
        rmSync(of, { recursive: true });
      },
      /there is no backup in/,
    );
    await refused(
      'empty',
      (of) => {
        for (const name of readdirSync(of)) rmSync(join(of, name), { recursive: true });
      },
      /no backup that is whole/,
    );
    await refused(
      'later',
      (of) => {
        writeFileSync(join(of, 'parley.json'), '{"format":2}');
      },
      /of a later release/,
    );
  });

  it('refuses a NATS that is not empty, and what is of another log', async () => {
    const refused = async (complaint: RegExp, on: OwnServer, env: NodeJS.ProcessEnv, ...words: string[]) => {
      const before = { ...system.env };
      Object.assign(system.env, env);
      const { status, complaints } = await at(on, 'restore', ...words);
      Object.assign(system.env, before);
      expect([status, complaints]).toEqual([2, expect.stringMatching(complaint)]);
    };
    const lastSeq = await system.log.lastSeq();
    await refused(/not empty: it has .* \(\d+ records\)/, source, {}, dir, '--keys', keys);
    expect(await system.log.lastSeq()).toBe(lastSeq);
    const empty = await server();
    await refused(/set EVENT_STREAM/, empty, { EVENT_STREAM: 'OTHER' }, dir, '--keys', keys);
    await refused(/set SUBJECT_PREFIX/, empty, { SUBJECT_PREFIX: 'other' }, dir, '--keys', keys);
    await refused(/keys are not in it/, empty, {}, dir);
    await refused(/which folder/, empty, {});
    await refused(/not both/, empty, {}, dir, '--keys', keys, '--without-keys');
    await refused(/Unknown option/, empty, {}, dir, '--force');
    const log = await logAt(empty);
    await log.setUp();
    await refused(/not empty: it has .* \(0 records\)/, empty, {}, dir, '--keys', keys);
    await log.close();
  });

  (hasCli ? describe : describe.skip)('and the nats command line', () => {
    it('restores what that wrote, and refuses what it left half', async () => {
      const by = join(folder, 'by-nats');
      for (const name of [stream(), `${stream()}_KEYS`]) {
        await run(NATS_CLI, ['-s', source.url, 'stream', 'backup', name, join(by, name), '--no-progress']);
      }
      const empty = await server();
      expect((await at(empty, 'restore', by)).complaints).toBe('');
      expect(await recordsAt(empty)).toEqual(await recordsAt(source));
      const alone = await server();
      const file = join(by, stream(), snapshot(by));
      truncateSync(file, readFileSync(file).length - 10);
      expect(await at(alone, 'restore', by)).toMatchObject({
        status: 2,
        complaints: expect.stringMatching(/ends before/),
      });
    });

    it('is restored by that', async () => {
      const empty = await server();
      await run(NATS_CLI, ['-s', empty.url, 'stream', 'restore', join(dir, stream()), '--no-progress']);
      await run(NATS_CLI, ['-s', empty.url, 'stream', 'restore', join(keys, `${stream()}_KEYS`), '--no-progress']);
      const records = await recordsAt(empty);
      expect(records).toEqual(await recordsAt(source, records.length));
    });
  });
});
