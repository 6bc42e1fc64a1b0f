import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AckPolicy, DeliverPolicy, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { clanRoom, GLOBAL_ROOM } from '#domain';
import { EventLog } from '../src/index.js';
import { deployedServer, PASSWORD } from './deployed-server.js';
import { all, contentOf, message } from './log-under-test.js';
import { freePort, type OwnServer } from './own-server.js';

// What analysts may do, by the configuration that is deployed: on their own server, with a copy of the events.

const folder = mkdtempSync(join(tmpdir(), 'parley-mirror-'));
const run = promisify(execFile);
let [server, copy]: OwnServer[] = [];
let log: EventLog;
let analyst: NatsConnection;

const makeMirror = () =>
  run(process.execPath, ['deploy/nats/mirror.mjs'], {
    env: { ...process.env, NATS_URL: copy!.url, NATS_ANALYSTS_SETUP_PASSWORD: PASSWORD },
  });
const analystsLog = () =>
  EventLog.connect({
    ...{ servers: copy!.url, stream: 'EVENTS', prefix: 'chat', name: 'parley-chatctl' },
    ...{ user: 'analyst', password: PASSWORD },
  });

beforeAll(async () => {
  const port = await freePort();
  server = await deployedServer('nats-server.conf', folder, { 'port: 7422': `port: ${port}, host: 127.0.0.1` });
  copy = await deployedServer('analysts.conf', folder, {
    $NATS_MIRROR_URL: `"nats-leaf://mirror:${PASSWORD}@127.0.0.1:${port}"`,
  });
  const options = { servers: server.url, stream: 'EVENTS', prefix: 'chat', password: PASSWORD };
  const projector = await EventLog.connect({ ...options, user: 'projector', name: 'parley-projector' });
  await projector.setUp();
  await projector.close();
  log = await EventLog.connect({ ...options, user: 'gateway', name: 'parley-gateway' });
  for (let i = 1; i <= 300; i++) await log.append(message(i % 2 ? GLOBAL_ROOM : clanRoom('3'), `message ${i}`));
  await makeMirror();
  analyst = await connect({ servers: copy.url, user: 'analyst', pass: PASSWORD });
});
afterAll(async () => {
  await analyst.close();
  await log.close();
  await copy?.remove();
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const copied = async (mirror: EventLog, seq: number) => {
  while ((await mirror.state()).lastSeq < seq) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe('an analyst', () => {
  it('reads the events, with the sequences and the times of the log, and hears of new ones', async () => {
    const mirror = await analystsLog();
    await copied(mirror, 300);
    const theirs = await all(mirror.read());
    expect(theirs.map(contentOf)).toEqual(Array.from({ length: 300 }, (_, i) => `message ${i + 1}`));
    const reader = await EventLog.connect({
      ...{ servers: server!.url, stream: 'EVENTS', prefix: 'chat', name: 'parley-chatctl' },
      ...{ user: 'chatctl', password: PASSWORD },
    });
    expect(theirs).toEqual(await all(reader.read()));
    expect(await all(mirror.read({ filter: { room: clanRoom('3') }, from: 299 }))).toMatchObject([{ seq: 300 }]);
    await log.append(message(GLOBAL_ROOM, 'news'));
    for await (const records of mirror.readAllowed({ from: 301, follow: true })) {
      expect(records.map(contentOf)).toEqual(['news']);
      break;
    }
    await Promise.all([mirror.close(), reader.close()]);
  });

  it('has it once, however often it is made, and it goes on after the log was away', async () => {
    expect((await makeMirror()).stdout).toMatch(/^EVENTS is there, with 301 events/);
    await server!.kill();
    await server!.start();
    while (!log.connected) await new Promise((resolve) => setTimeout(resolve, 20));
    await log.append(message(GLOBAL_ROOM, 'after it'));
    const mirror = await analystsLog();
    await copied(mirror, 302);
    await mirror.close();
  });

  it('can write nothing, neither to the copy nor to the log', async () => {
    const refused = async (subject: string, body = '{}') => {
      await expect(analyst.request(subject, body, { timeout: 2_000 })).rejects.toThrow(/[Pp]ermissions/);
    };
    for (const subject of ['chat.ev.14.global.msg', 'chat.live.room.global', 'chat.revoked.person.7', 'chat.key.7']) {
      await refused(subject);
    }
    for (const request of ['DELETE', 'PURGE', 'UPDATE', 'CREATE', 'MSG.DELETE'])
      await refused(`$JS.API.STREAM.${request}.EVENTS`);
    for (const request of ['STREAM.INFO.EVENTS', 'STREAM.MSG.GET.EVENTS_KEYS', 'CONSUMER.CREATE.EVENTS']) {
      await refused(`$JS.parley.API.${request}`);
    }
  });

  it('gets nothing into the log by a consumer that delivers to its subjects, nor by an answer to them', async () => {
    const before = await log.lastSeq();
    const { consumers } = await jetstreamManager(analyst, { checkAPI: false });
    // The server may refuse it, too.
    await consumers
      .add('EVENTS', {
        ...{ name: 'smuggler', deliver_policy: DeliverPolicy.All, ack_policy: AckPolicy.None },
        deliver_subject: 'chat.revoked.person.7',
      })
      .catch(() => undefined);
    analyst.publish('$JS.API.STREAM.INFO.EVENTS', '', { reply: 'chat.ev.14.global.msg' });
    analyst.publish('$JS.API.STREAM.INFO.EVENTS', '', { reply: '$JS.parley.API.CONSUMER.CREATE.EVENTS' });
    await analyst.flush();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const operator = await EventLog.connect({
      ...{ servers: server!.url, stream: 'EVENTS', prefix: 'chat', name: 'parley-chatctl' },
      ...{ user: 'chatctl', password: PASSWORD },
    });
    expect(await operator.lastSeq()).toBe(before);
    expect((await operator.streams()).filter(({ messages }) => messages > 0).map(({ name }) => name)).toEqual([
      'EVENTS',
    ]);
    // But for the one that copies.
    expect((await operator.consumers()).filter(({ name }) => !name.startsWith('JS_MIRROR'))).toEqual([]);
    await operator.close();
  });
});
