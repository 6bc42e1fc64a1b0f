import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EventLog, LogUnavailable } from '../src/index.js';
import { CuttableProxy } from './cuttable-proxy.js';
import { LogUnderTest } from './log-under-test.js';
import { OwnServer } from './own-server.js';
import { stopwatch } from './stopwatch.js';

const until = async (what: string, holds: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> => {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** A process that follows, and has read all. */
const following = async ({ revocations }: EventLog): Promise<EventLog['revocations']> => {
  revocations.follow();
  await until('it is read', () => revocations.hindrance === null);
  return revocations;
};
const token = (userId: string | null, jti: string | null = null, issuedAt: number | null = 0) => ({
  userId,
  jti,
  issuedAt,
});

describe('revocations', () => {
  let test: LogUnderTest;
  let log: EventLog;
  beforeEach(async () => {
    test = await LogUnderTest.create();
    log = await test.open();
  });
  afterEach(() => test.remove());

  const streamName = () => `${test.options.stream}_REVOKED`;
  const messages = () => test.jetstream(async ({ streams }) => (await streams.info(streamName())).state.messages);

  it('are heard by whoever follows at once, and by who comes later', async () => {
    const here = await following(await test.open());
    const times: number[] = [];
    for (const id of ['7', 'a.b', '*', 'ä 🦊', 'x'.repeat(64)]) {
      const begun = performance.now();
      await log.revocations.revokePerson(id);
      await until('it is heard', () => here.isRevoked(token(id)));
      times.push(performance.now() - begun);
      await log.revocations.revokeToken(id);
      await until('it is heard', () => here.isRevoked(token(null, id)));
    }
    // By looking alone it would take half a second or so.
    expect(times.sort((a, b) => a - b)[2]).toBeLessThan(200);
    const later = await following(await test.open());
    expect(later.isRevoked(token('a.b'))).toBe(true);
    expect(later.isRevoked(token(null, '*'))).toBe(true);
    expect([later.isRevoked(token('8')), later.isRevoked(token(null, '8'))]).toEqual([false, false]);
    expect(later.isRevoked(token('7', null, Date.now() + 10))).toBe(false);
  });

  it('are known to who revokes before it is told so', async () => {
    await following(log);
    for (let i = 0; i < 200; i++) {
      await log.revocations.revokePerson(`p${i}`);
      expect(log.revocations.isRevoked(token(`p${i}`))).toBe(true);
    }
  });

  it('are read as a whole before anything is said of a token, however many they are', async () => {
    expect(() => log.revocations.isRevoked(token('7'))).toThrow(LogUnavailable);
    const ids = Array.from({ length: 300 }, (_, i) => `p${i}`);
    await Promise.all(ids.map((id) => log.revocations.revokePerson(id)));
    // Those before are holes now.
    await Promise.all(ids.slice(0, 150).map((id) => log.revocations.revokePerson(id)));
    await log.revocations.revokeToken('last');
    expect(await messages()).toBe(301);
    const { revocations } = await test.open();
    revocations.follow();
    expect(revocations.hindrance).not.toBeNull();
    expect(() => revocations.isRevoked(token('p0'))).toThrow(LogUnavailable);
    await until('it is read', () => revocations.hindrance === null);
    expect(ids.filter((id) => !revocations.isRevoked(token(id)))).toEqual([]);
    expect(revocations.isRevoked(token(null, 'last'))).toBe(true);
  });

  it('are no fewer where the same is revoked again for a shorter time', async () => {
    const short = await test.open({ tokenMaxAgeSeconds: 1 });
    await log.revocations.revokePerson('7');
    await short.revocations.revokePerson('7');
    await log.revocations.revokeToken('a', Date.now() + 1e9);
    await short.revocations.revokeToken('a');
    await test.jetstream(async ({ streams }) => {
      for (const subject of ['person.7', 'token.a']) {
        const last = await streams.getMessage(streamName(), {
          last_by_subj: `${test.options.prefix}.revoked.${subject}`,
        });
        expect(last!.json<{ until: number }>().until).toBeGreaterThan(Date.now() + 9e8);
        expect(Number(last!.header.get('Nats-TTL'))).toBeGreaterThan(900_000);
      }
    });
  });

  it('are forgotten by the server once their time is over, a minute later than they say', async () => {
    const gone = Date.now() - 58_500;
    await log.revocations.revokeToken('over', gone - 5_000);
    expect(await messages()).toBe(0);
    await log.revocations.revokeToken('soon', gone);
    // In nanoseconds a second more than 64 bits hold.
    await log.revocations.revokeToken('later', Date.now() + 18_446_744_015_000);
    expect(await messages()).toBe(2);
    await until('it is forgotten', async () => (await messages()) < 2);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const here = await following(await test.open());
    expect([here.isRevoked(token(null, 'soon')), here.isRevoked(token(null, 'later'))]).toEqual([false, true]);
  });

  it('are refused where there is no room, rather than others forgotten', async () => {
    await log.revocations.revokePerson('7');
    await test.jetstream(({ streams }) => streams.update(streamName(), { max_msgs: 1 }));
    await expect(log.revocations.revokePerson('8')).rejects.toThrow(LogUnavailable);
    await log.revocations.revokePerson('7');
    const here = await following(await test.open());
    expect([here.isRevoked(token('7')), here.isRevoked(token('8'))]).toEqual([true, false]);
  });

  it('are not harmed by what is no revocation', async () => {
    await test.publish('revoked.person.7', 'nonsense');
    await test.publish('revoked.person.8', '{"at":"now","until":1e300}');
    await test.publish('revoked.other.9', `{"at":1,"until":${Date.now() + 1e6}}`);
    await log.revocations.revokePerson('7');
    const here = await following(await test.open());
    expect(['7', '8', '9'].map((id) => here.isRevoked(token(id)))).toEqual([true, false, false]);
  });
});

describe('revocations of a log that is not there as it should be', () => {
  it('cannot be read where nobody has made their stream yet, and are once somebody has', async () => {
    const test = await LogUnderTest.create(undefined, true);
    const { revocations } = await test.open();
    revocations.follow();
    await until('it says so', () => revocations.hindrance?.includes('there is no stream') ?? false);
    expect(() => revocations.isRevoked(token('7'))).toThrow(LogUnavailable);
    await (await test.open()).setUp();
    await until('it is read', () => revocations.hindrance === null);
    expect(revocations.isRevoked(token('7'))).toBe(false);
    await test.remove();
  });
});

describe('revocations over servers that fail', () => {
  let server: OwnServer;
  let proxy: CuttableProxy;
  let test: LogUnderTest;
  let cut: EventLog;
  beforeAll(async () => {
    server = await OwnServer.start();
    proxy = await CuttableProxy.start(server.url);
    test = await LogUnderTest.create(server.url);
    cut = await test.open({ servers: proxy.url });
  });
  afterAll(async () => {
    proxy.mend();
    await test.closeAll();
    await proxy.stop();
    await server.remove();
  });

  it('are kept by who was cut off, who knows the others within 2 s of being back', async () => {
    const here = await following(cut);
    const elsewhere = await test.open();
    await elsewhere.revocations.revokePerson('before');
    await until('it is heard', () => here.isRevoked(token('before')));
    proxy.cut();
    await until('it is lost', () => here.hindrance !== null);
    await elsewhere.revocations.revokePerson('meanwhile');
    await elsewhere.revocations.revokePerson('before');
    expect([here.isRevoked(token('before')), here.isRevoked(token('meanwhile'))]).toEqual([true, false]);
    await expect(here.revokePerson('8')).rejects.toThrow(LogUnavailable);
    proxy.mend();
    await until('it is back', () => cut.connected);
    const took = stopwatch();
    await until('it is read again', () => here.hindrance === null);
    expect(here.isRevoked(token('meanwhile'))).toBe(true);
    expect(took()).toBeLessThan(2_000);
  });

  it('are read whole once more where the connection was lost while they were read', async () => {
    const elsewhere = await test.open();
    for (const id of ['1', '2', 'the-last']) await elsewhere.revocations.revokePerson(id);
    // Nobody else reads through it.
    const own = await CuttableProxy.start(server.url);
    const log = await test.open({ servers: own.url });
    // What is asked after the last one is known goes nowhere.
    own.holdAfter('person.the-last');
    log.revocations.follow();
    await until('it is asked', () => own.held.includes('MSG.GET'));
    own.cut();
    await until('it is lost', () => !log.connected);
    await elsewhere.revocations.revokePerson('meanwhile too');
    own.holdAfter('(nothing)');
    own.mend();
    // Not a moment later: it would be read a moment later anyway.
    while (log.revocations.hindrance !== null) await new Promise((resolve) => setImmediate(resolve));
    for (const id of ['1', 'the-last', 'meanwhile too']) expect(log.revocations.isRevoked(token(id))).toBe(true);
    await log.close();
    await own.stop();
  });

  it('go on where their stream was made anew', async () => {
    const here = await following(cut);
    const elsewhere = await test.open();
    proxy.cut();
    await until('it is lost', () => here.hindrance !== null);
    await test.jetstream(({ streams }) => streams.delete(`${test.options.stream}_REVOKED`));
    await elsewhere.setUp();
    await elsewhere.revocations.revokePerson('anew');
    proxy.mend();
    await until('it is read again', () => here.hindrance === null);
    expect(['before', 'anew'].map((id) => here.isRevoked(token(id)))).toEqual([true, true]);
  });

  it('stay what they are while their stream is away, which takes no others meanwhile', async () => {
    const here = await following(cut);
    const elsewhere = await test.open();
    await test.jetstream(({ streams }) => streams.delete(`${test.options.stream}_REVOKED`));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect([here.hindrance, here.isRevoked(token('anew'))]).toEqual([null, true]);
    await expect(elsewhere.revocations.revokePerson('8')).rejects.toThrow(LogUnavailable);
    await elsewhere.setUp();
    await elsewhere.revocations.revokePerson('anew');
  });

  it('are there after a restart of NATS', async () => {
    const here = await following(cut);
    await server.kill();
    await until('it is lost', () => here.hindrance !== null);
    await server.start();
    await until('it is read again', () => here.hindrance === null);
    const later = await following(await test.open());
    for (const each of [here, later]) {
      expect(['anew', '8'].map((id) => each.isRevoked(token(id)))).toEqual([true, false]);
    }
  });
});

describe('revocations whose announcements are lost', () => {
  it('are known within 2 s all the same', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-revocations-'));
    const config = join(folder, 'nats-server.conf');
    // Whoever may not listen misses them all.
    writeFileSync(
      config,
      'authorization { user: deaf, password: x, permissions: { subscribe: { allow: ["_INBOX.>"] } } }',
    );
    const server = await OwnServer.start('-c', config);
    const options = {
      servers: server.url,
      stream: 'EVENTS',
      prefix: 'chat',
      name: 'deaf',
      user: 'deaf',
      password: 'x',
    };
    const [log, other] = await Promise.all([EventLog.connect(options), EventLog.connect(options)]);
    await log.setUp();
    const here = await following(log);
    for (const id of ['1', '2', '3']) {
      await other.revocations.revokePerson(id);
      const took = stopwatch();
      await until('it is known', () => here.isRevoked(token(id)));
      expect(took()).toBeLessThan(2_000);
    }
    await Promise.all([log.close(), other.close()]);
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });
});
