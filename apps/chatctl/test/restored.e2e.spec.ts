import { afterAll, afterEach, beforeAll, expect, it, describe } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DomainEvent, GLOBAL_ROOM } from '#domain';
import { EventLog } from '#event-store';
import { directory, ServedTimeline, timeline } from '#projections';
import { OwnServer } from '../../../libs/event-store/test/own-server.js';
import { conversation, MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

// Everything is destroyed: what is left is a backup that was taken under load, and the read models, or not even these.

(MONGODB_URL === undefined ? describe.skip : describe)('a system whose log is lost', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-restored-'));
  const [dir, keys] = [join(folder, 'log'), join(folder, 'keys')];
  const servers: OwnServer[] = [];
  const systems: SystemUnderTest[] = [];
  let system: SystemUnderTest;
  /** The last event that was acknowledged before the backup began, and the last one that is in it. */
  let acknowledged: { readonly seq: number; readonly event: DomainEvent };
  let lastSeq: number;
  let versionsBefore: string;
  /** What the log held, up to the last of the backup. */
  const ids: string[] = [];

  beforeAll(async () => {
    const server = await OwnServer.start();
    servers.push(server);
    system = await SystemUnderTest.create(server.url, true);
    systems.push(system);
    system.run('before', timeline);
    system.run('before', directory);
    await Promise.all([...conversation(400)].map((event) => system.append(event)));
    const event = posted(GLOBAL_ROOM, 'acknowledged before');
    acknowledged = { seq: await system.append(event), event };
    const sending = { on: true };
    const senders = Array.from({ length: 8 }, async () => {
      while (sending.on) await system.append(posted(GLOBAL_ROOM, 'under load'));
    });
    const { status, out } = await system.chatctl('backup', dir, '--keys', keys, '--json');
    expect(status).toBe(0);
    ({ lastSeq } = JSON.parse(out) as { lastSeq: number });
    await new Promise((resolve) => setTimeout(resolve, 500));
    sending.on = false;
    await Promise.all(senders);
    for (let i = 0; i < 100; i++) await system.append(posted(GLOBAL_ROOM, 'lost, and seen'));
    await system.folded();
    for await (const { id } of system.log.read({ until: lastSeq })) ids.push(id);
    await system.stopWorkers();
    versionsBefore = JSON.stringify((await system.readModels.versions.read('timeline'))!.serving.number);
    await server.remove();
  });
  afterEach(async () => {
    for (const one of systems.splice(1)) await one.close();
  });
  afterAll(async () => {
    for (const one of systems) await one.close();
    await Promise.all(servers.map((one) => one.remove()));
    rmSync(folder, { recursive: true, force: true });
  });

  /** Restores into a server that is empty. */
  const restored = async (
    MONGODB_DATABASE = system.env['MONGODB_DATABASE']!,
    knowsDatabase = true,
  ): Promise<[SystemUnderTest, string]> => {
    const server = await OwnServer.start();
    servers.push(server);
    const again = await system.elsewhere({ NATS_URL: server.url, MONGODB_DATABASE });
    systems.push(again);
    const url = again.env['MONGODB_URL'];
    if (!knowsDatabase) delete again.env['MONGODB_URL'];
    const { status, complaints, out } = await again.chatctl('restore', dir, '--keys', keys);
    expect([status, complaints]).toEqual([0, '']);
    again.env['MONGODB_URL'] = url;
    return [again, out];
  };
  const expectWhole = async (again: SystemUnderTest) => {
    again.run('after', timeline);
    again.run('after', directory);
    await until('both are folded', async () => {
      await again.folded();
      return true;
    });
    const served = await new ServedTimeline(again.readModels).pin();
    const there: string[] = [];
    for await (const { id } of again.log.read()) there.push(id);
    expect(there).toEqual(ids);
    expect(there[acknowledged.seq - 1]).toBe(acknowledged.event.id);
    const verified = await again.chatctl('verify');
    expect([verified.status, verified.out]).toEqual([0, expect.stringContaining('all equal to the fold of')]);
    // And it goes on.
    const before = await served.queries.position(GLOBAL_ROOM);
    await again.append(posted(GLOBAL_ROOM, 'and on'));
    await until('it is folded', async () => (await served.queries.position(GLOBAL_ROOM)).n === before.n + 1);
    return served;
  };

  it('is the fold of the backup where the read models were kept, which hold more', async () => {
    const [again, out] = await restored();
    expect(out).toContain(`timeline-${versionsBefore}`);
    // At once, before a projector runs: whoever asks is told to wait.
    const served = new ServedTimeline(again.readModels);
    expect((await served.pin()).version).toBeGreaterThan(Number(versionsBefore));
    const { earlier } = await expectWhole(again);
    expect(earlier).toEqual([]);
    const listed = (await again.chatctl('versions', 'list')).out;
    expect(listed).toContain(versionsBefore);
    // An operator who has seen enough of it.
    expect(await again.chatctl('versions', 'remove', 'timeline', versionsBefore, '--yes')).toMatchObject({ status: 0 });
  });

  it('is so where a projector alone sees that the read models are of before', async () => {
    const database = `${system.env['MONGODB_DATABASE']}-2`;
    // A log like that one, whose read models go further than the backup.
    const [first] = await restored(database, false);
    first.run('before', timeline);
    for (let i = 0; i < 50; i++) await first.append(posted(GLOBAL_ROOM, 'lost again'));
    await first.folded();
    await first.stopWorkers();
    const before = (await new ServedTimeline(first.readModels).pin()).version;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const [again, out] = await restored(database, false);
    expect(out).toContain('no MongoDB is known here');
    const { version } = await expectWhole(again);
    expect(version).toBeGreaterThan(before);
  });

  it('is so where they are gone as well', async () => {
    const [again, out] = await restored(`${system.env['MONGODB_DATABASE']}-3`);
    expect(out).toContain('read models: there are none');
    await expectWhole(again);
  });

  it('has positions of another log from then on', async () => {
    const [again] = await restored();
    expect(await again.log.restoredAt()).toBeGreaterThan(Number(versionsBefore));
    const exported = await again.chatctl('export', join(folder, 'export'));
    expect(exported.status).toBe(0);
    const [other] = await restored();
    expect(await other.chatctl('export', join(folder, 'export'))).toMatchObject({
      status: 2,
      complaints: expect.stringContaining('of another log') as unknown,
    });
    const log: EventLog = other.log;
    expect(await log.identity()).not.toBe(await again.log.identity());
  });
});
