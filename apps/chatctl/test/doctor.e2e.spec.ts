import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GLOBAL_ROOM, partitionOf } from '#domain';
import { EventLog } from '#event-store';
import { deployedServer, PASSWORD } from '../../../libs/event-store/test/deployed-server.js';
import { OwnServer } from '../../../libs/event-store/test/own-server.js';
import { type RawNats, rawNats } from '../../../libs/event-store/test/raw-nats.js';
import type { Finding } from '../src/doctor/finding.js';
import { checkRoom } from '../src/doctor/room.js';
import { checkVersions } from '../src/doctor/versions.js';
import { conversation, MONGODB_URL, posted, SystemUnderTest } from './system-under-test.js';

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl doctor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  const servers: OwnServer[] = [];
  const atEnd: (() => unknown)[] = [];
  let server: OwnServer;
  let system: SystemUnderTest;
  let nats: RawNats;
  let jetstream: RawNats['jetstream'];
  let before: NodeJS.ProcessEnv;

  beforeAll(async () => {
    server = await own();
    system = await SystemUnderTest.create(server.url);
    system.startBoth();
    await Promise.all([...conversation(20)].map((event) => system.append(event)));
    await system.folded();
    nats = await rawNats(server.url);
    ({ jetstream } = nats);
    before = { ...system.env };
  });
  afterEach(async () => {
    for (const name of Object.keys(system.env)) if (!(name in before)) Reflect.deleteProperty(system.env, name);
    Object.assign(system.env, before);
    for (const end of atEnd.splice(0)) await end();
  });
  afterAll(async () => {
    await nats.close();
    await system.close();
    await Promise.all(servers.map((one) => one.remove()));
    rmSync(folder, { recursive: true, force: true });
  });

  const own = async (...more: string[]) => {
    const one = await OwnServer.start(...more);
    servers.push(one);
    return one;
  };
  const stream = () => system.env['EVENT_STREAM']!;
  const doctor = async (...words: string[]) => {
    const { status, out } = await system.chatctl('doctor', '--json', ...words);
    const { findings } = JSON.parse(out) as { findings: Finding[] };
    return { status, of: (check: string) => findings.filter((one) => one.check === check), findings };
  };
  const expectFound = (found: readonly Finding[], level: Finding['level'], says: RegExp) => {
    expect(found).toContainEqual(expect.objectContaining({ level, says: expect.stringMatching(says) as unknown }));
    for (const { level: one, todo } of found) expect(todo === '').toBe(one === 'ok');
  };
  const role = async (status: number, ahead = 0): Promise<string> => {
    const http: Server = createServer((_, response) => {
      response
        .writeHead(status, { Date: new Date(Date.now() + ahead).toUTCString() })
        .end('{"failing":"for the test"}');
    }).listen(0, '127.0.0.1');
    await once(http, 'listening');
    atEnd.push(() => http.close());
    return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  };

  it('says that all is well where it is, a line for each check', async () => {
    const config = join(folder, 'synced.conf');
    writeFileSync(config, 'jetstream { sync_interval: always, max_file_store: 1GB }');
    const synced = await own('-c', config);
    const { status, findings } = await doctor('--monitor', synced.monitorUrl, '--roles', await role(200));
    const warned = findings.filter(({ level }) => level !== 'ok');
    // This server lets in anybody, and the machine's disk is not the test's.
    expect(warned.filter(({ check }) => check !== 'rights' && check !== 'room')).toEqual([]);
    expect(new Set(findings.map(({ check }) => check))).toEqual(
      new Set('streams sync mongodb roles clocks versions events rights room checkpoints consumers letters'.split(' ')),
    );
    expect([0, 1, 3]).toContain(status);
    const { out } = await system.chatctl('doctor');
    expect(out).toMatch(/^ok +streams +all six are as they should be$/m);
    expect(out).toMatch(/^warning +sync .* → give it: --monitor/m);
  });

  it('takes no words that it does not know', async () => {
    for (const words of [['--monitor', 'nats://x'], ['--roles', 'localhost'], ['--fix'], ['now']]) {
      expect(await system.chatctl('doctor', ...words)).toMatchObject({ status: 2 });
    }
    system.env['NATS_URL'] = 'nats://127.0.0.1:9';
    expect(await system.chatctl('doctor')).toMatchObject({ status: 2 });
  });

  it('reads what the roles are told as the roles do', async () => {
    Object.assign(system.env, { EVENT_STREAM_REPLICAS: 'three', EVENT_STREAM_SYNCED: 'no' });
    const { status, complaints } = await system.chatctl('doctor');
    expect(status).toBe(2);
    for (const name of ['EVENT_STREAM_REPLICAS', 'EVENT_STREAM_SYNCED']) expect(complaints).toContain(`${name} `);
  });

  it('sees streams that are otherwise, or not there', async () => {
    const { config } = await jetstream.streams.info(stream());
    await jetstream.streams.update(stream(), { ...config, allow_direct: false, duplicate_window: 1e9 });
    await jetstream.streams.delete(`${stream()}_TRIAL`);
    atEnd.push(async () => {
      await jetstream.streams.update(stream(), config);
      await system.log.setUp();
    });
    system.env['EVENT_STREAM_REPLICAS'] = '3';
    const { status, of } = await doctor();
    expect(status).toBe(1);
    expectFound(of('streams'), 'problem', /allow_direct is false, should be true/);
    expectFound(of('streams'), 'problem', /duplicate_window is 1000000000/);
    expectFound(of('streams'), 'problem', /_TRIAL is not there/);
    expectFound(of('streams'), 'warning', /num_replicas is 1, should be 3/);
  });

  it('sees how often NATS syncs, where it is told at its monitoring port', async () => {
    const unsynced = await doctor('--monitor', server.monitorUrl);
    expectFound(unsynced.of('sync'), 'problem', /syncs every 120 s/);
    system.env['EVENT_STREAM_REPLICAS'] = '3';
    expectFound((await doctor('--monitor', server.monitorUrl)).of('sync'), 'warning', /believe that it does/);
    system.env['EVENT_STREAM_SYNCED'] = 'off';
    expectFound((await doctor('--monitor', server.monitorUrl)).of('sync'), 'ok', /three copies/);
    const config = join(folder, 'always.conf');
    writeFileSync(config, 'jetstream { sync_interval: always }');
    const always = await own('-c', config);
    expectFound((await doctor('--monitor', always.monitorUrl)).of('sync'), 'warning', /slower than it need be/);
    expectFound((await doctor('--monitor', 'http://127.0.0.1:9')).of('sync'), 'warning', /does not answer/);
  });

  it('sees clocks that are apart, and processes that are not ready', async () => {
    const roles = [await role(200, -5_000), await role(200, 3_600_000), await role(503), 'http://127.0.0.1:9'];
    const { of } = await doctor('--roles', roles.join(','));
    expectFound(of('clocks'), 'warning', new RegExp(`${roles[0]} is [45]\\.\\d s behind`));
    expectFound(of('clocks'), 'problem', new RegExp(`${roles[1]} is 3[56]\\d\\d\\.\\d s ahead`));
    expect(of('clocks')).toHaveLength(2);
    expectFound(of('roles'), 'problem', /is not ready: 503 .*for the test/);
    expectFound(of('roles'), 'problem', /127.0.0.1:9 is not ready/);
    expect(of('roles')).toHaveLength(2);
  });

  it('sees a database that does not answer, and looks at the rest', async () => {
    system.env['MONGODB_URL'] = 'mongodb://127.0.0.1:9/';
    const { status, of } = await doctor();
    expect([status, of('checkpoints'), of('streams')[0]!.level]).toEqual([1, [], 'ok']);
    expectFound(of('mongodb'), 'problem', /does not answer/);
    delete system.env['MONGODB_URL'];
    expectFound((await doctor()).of('mongodb'), 'warning', /no MongoDB is known/);
  });

  it('sees what a role may not and should, or may and should not', async () => {
    const plain = { 'leafnodes { port: 7422 }': '', 'allow_responses: { max: 1000, expires: "1m" }': '' };
    const rightsBy = async (changes: Record<string, string>) => {
      const deployed = await deployedServer('nats-server.conf', folder, { ...plain, ...changes });
      servers.push(deployed);
      const login = { user: 'projector', password: PASSWORD, name: 'parley-projector' };
      const log = await EventLog.connect({ servers: deployed.url, stream: 'EVENTS', prefix: 'chat', ...login });
      await log.setUp();
      const { lastSeq } = await log.state();
      Object.assign(system.env, { EVENT_STREAM: 'EVENTS', SUBJECT_PREFIX: 'chat', NATS_USER: 'chatctl' });
      Object.assign(system.env, { NATS_URL: deployed.url, NATS_PASSWORD: PASSWORD });
      for (const name of ['GATEWAY', 'PROJECTOR', 'QUERY', 'CHATCTL']) system.env[`NATS_${name}_PASSWORD`] = PASSWORD;
      const { of } = await doctor();
      // Only looked.
      expect((await log.state()).lastSeq).toBe(lastSeq);
      expect((await log.streams()).map(({ messages }) => messages)).toEqual([0, 0, 0, 0, 0]);
      await log.close();
      return of('rights');
    };
    const fine = await rightsBy({});
    expect(fine.map(({ level, says }) => [level, says.split(':')[0]])).toEqual(
      ['gateway', 'projector', 'query', 'chatctl'].map((name) => ['ok', name]),
    );
    const wrong = await rightsBy({
      '"chat.ev.*.*.react"': '"$JS.API.STREAM.DELETE.EVENTS"',
      'subscribe: { allow: ["_INBOX.parley-projector.>", "chat.live.members.*"] }': '',
    });
    expectFound(wrong, 'problem', /^gateway may not chat\.ev\.\d+\.global\.react$/);
    expectFound(wrong, 'problem', /^gateway may \$JS\.API\.STREAM\.DELETE\.EVENTS, and should not/);
    expectFound(wrong, 'problem', /^projector may hear _INBOX\.>, hear chat\.ev\.>, and should not/);
    system.env['NATS_QUERY_PASSWORD'] = 'another';
    delete system.env['NATS_GATEWAY_PASSWORD'];
    const { of } = await doctor();
    expectFound(of('rights'), 'problem', /query is not let in/);
    expectFound(of('rights'), 'warning', /what gateway may do is not known/);
  });

  it('sees how soon a bound is reached', async () => {
    const { config, state } = await jetstream.streams.info(stream());
    const bounded = async (bytes: number) => {
      await jetstream.streams.update(stream(), { ...config, max_bytes: bytes });
      return (await doctor()).of('room');
    };
    atEnd.push(() => jetstream.streams.update(stream(), { ...config, max_bytes: -1 }));
    expectFound(await bounded(Math.ceil(state.bytes * 1.02)), 'problem', /\(max_bytes\): .* are used/);
    expectFound(await bounded(Math.ceil(state.bytes * 1.2)), 'warning', /\(max_bytes\)/);
    expectFound(await bounded(state.bytes * 1_000), 'ok', /\(max_bytes\)/);
    const of = (used: number, perDay: number) => checkRoom([{ name: 'it', used, limit: 1_000 }], perDay).all[0];
    expect(of(100, 200)).toMatchObject({ level: 'problem', says: expect.stringContaining('full in 4 days') });
    expect(of(100, 40)).toMatchObject({ level: 'warning', says: expect.stringContaining('full in 22 days') });
    expect(of(100, 1)).toMatchObject({ level: 'ok', says: expect.stringContaining('full in 900 days') });
  });

  it('sees checkpoints that are not of this log, or behind, and whom nobody folds', async () => {
    expectFound((await doctor()).of('checkpoints'), 'ok', /timeline-1 is 0 events .* with 1 at work/);
    await system.stopWorkers();
    atEnd.push(() => {
      system.startBoth();
      return system.folded();
    });
    await system.append(posted(GLOBAL_ROOM, 'waits'));
    expectFound((await doctor()).of('checkpoints'), 'problem', /timeline-1 is 1 events .* with 0 at work/);
    const { checkpoints, versions } = system.readModels;
    const id = `timeline-1:${partitionOf(GLOBAL_ROOM)}`;
    const { epoch, seq, eventId } = await checkpoints.claim(id, 'a test');
    await checkpoints.save([{ id, epoch, seq: 1, eventId: 'another' }]);
    expectFound((await doctor()).of('checkpoints'), 'problem', /is at another event 1 than the log/);
    await checkpoints.save([{ id, epoch, seq: 1_000_000, eventId: 'another' }]);
    expectFound((await doctor()).of('checkpoints'), 'problem', /is at 1000000, ahead of the log/);
    await checkpoints.save([{ id, epoch, seq, eventId }]);
    const kept = (await versions.read('timeline'))!;
    const other = { ...kept, serving: { number: 1, format: 99 }, revision: kept.revision + 1 };
    await versions.replace('timeline', other);
    expectFound((await doctor()).of('checkpoints'), 'problem', /has format 99/);
    await versions.replace('timeline', { ...kept, revision: kept.revision + 2 });
  });

  it('sees consumers of nobody, and a webhook that is told of nothing', async () => {
    await jetstream.consumers.add(stream(), { durable_name: 'somebody-left-this' });
    await jetstream.consumers.add(stream(), { name: 'timeline-77-3-e5', inactive_threshold: 60e9 });
    await jetstream.consumers.add(stream(), { name: 'reading', inactive_threshold: 60e9 });
    atEnd.push(async () => {
      for (const name of ['somebody-left-this', 'timeline-77-3-e5', 'reading']) {
        await jetstream.consumers.delete(stream(), name);
      }
    });
    expect((await doctor()).of('consumers').map(({ says }) => says)).toEqual([
      'nobody owns somebody-left-this, timeline-77-3-e5',
    ]);
  });

  it('sees dead letters, old servers, and events of a newer release', async () => {
    await system.log.letters.put({ projection: 'timeline', partition: 4, seq: 9, reason: 'for the test' });
    await system.log.letters.put({ projection: 'inmail', partition: 4, seq: 9, reason: 'for the test' });
    const fields = { 'Parley-Type': 'MessageSung', 'Parley-Version': '9' };
    await nats.store(`${system.env['SUBJECT_PREFIX']}.ev.4.global.msg`, '{}', fields);
    const { of } = await doctor();
    expectFound(of('letters'), 'warning', /[12] dead letters of timeline/);
    expectFound(of('letters'), 'warning', /1 dead letters of inmail/);
    expectFound(of('events'), 'problem', /cannot read/);
    expectFound(checkVersions('2.10.4', '4.4.0').all, 'warning', /nats-server 2.10.4 is older/);
    expectFound(checkVersions('2.15.1', '4.4.0').all, 'warning', /MongoDB 4.4.0 is older/);
    expect(checkVersions('2.15.1', '7.0.77').all).toMatchObject([{ level: 'ok' }]);
  });
});
