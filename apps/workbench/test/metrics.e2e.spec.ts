import 'reflect-metadata';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { directRoom } from '#domain';
import { lagFigures, LogFigures, Metrics, ReadModelFigures, signDevelopmentToken } from '#platform';
import { directEndpoint, roomEndpoint } from '#protocol';
import { MONGODB_URL, posted, SystemUnderTest, until } from '../../chatctl/test/system-under-test.js';
import { ChatClient } from '../../gateway/test/chat-client.js';
import { gatewayFigures, trafficOf } from '../../gateway/src/figures.js';
import { observeRounds, projectionFigures } from '../../projector/src/figures.js';
import { freePort } from '../../standalone/src/servers/network.js';
import { CuttableProxy } from '../../../libs/event-store/test/cuttable-proxy.js';
import { type RoleName, RoleProcess } from '../src/apart/role-process.js';
import { metricsTable } from './metrics-table.js';
import { Scraped } from './scraped.js';

const JWT_SECRET = 'a secret for tests, 32 bytes long';
const mainOf = (role: RoleName) => `dist/apps/${role}/src/main.js`;
const ROLES: readonly RoleName[] = ['gateway', 'projector', 'query'];

/** The address of MongoDB, as it is behind a proxy. */
const mongodbBehind = (proxy: CuttableProxy): string => {
  const [behind, at] = [new URL(MONGODB_URL!), new URL(proxy.url)];
  behind.host = at.host;
  return behind.href;
};

/** All that each kind of role tells beside what every one does. */
async function describedBy(system: SystemUnderTest) {
  const [servers, gateway, projector, lag] = await Promise.all([1, 2, 3, 4].map(() => Metrics.load()));
  new LogFigures(servers!).follow(system.log);
  new ReadModelFigures(servers!);
  gateway!.add(...gatewayFigures(trafficOf(gateway), () => []));
  observeRounds(projector!);
  projector!.add(...projectionFigures(() => []));
  lag!.add(...lagFigures(system.log, system.readModels, () => undefined));
  const [every, ...own] = [servers!, gateway!, projector!, lag!].map(({ described }) => described);
  return { every: every!, gateway: own[0]!, projector: own[1]!, query: own[2]! };
}

(MONGODB_URL === undefined ? describe.skip : describe)('metrics', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-metrics-'));
  const ports = new Map<RoleName, number>();
  const roles = new Map<RoleName, RoleProcess>();
  let system: SystemUnderTest;
  let proxy: CuttableProxy;
  let mongodb: CuttableProxy;

  const scrape = (role: RoleName, accept?: string) => Scraped.from(ports.get(role)!, accept);
  const connect = (path: string, userId: number, clanId: string) => {
    const token = signDevelopmentToken(JWT_SECRET, { userId, name: `n${userId}`, clanId, seconds: 600 });
    const address = roles.get('gateway')!.http.replace(/^http/, 'ws');
    return ChatClient.connect(`${address}${path}?userId=${userId}&token=${token}`);
  };
  const inRoom = (userId: number, clanId: string) => connect('/ws/chat', userId, clanId);
  /** How much the samples of a name have grown since. */
  const grownSince = async (role: RoleName, before: Scraped) => {
    const now = await scrape(role);
    return (name: string, labels?: Readonly<Record<string, string>>) =>
      (now.of(name, labels) ?? 0) - (before.of(name, labels) ?? 0);
  };
  const lag = async () => (await scrape('query')).of('parley_projection_lag_events', { version: 'serving' });

  beforeAll(async () => {
    proxy = await CuttableProxy.start(process.env['TEST_NATS_URL'] ?? 'nats://127.0.0.1:4222');
    mongodb = await CuttableProxy.start(MONGODB_URL!);
    system = await SystemUnderTest.create();
    const many = { FRAMES_PER_SECOND: '10000', FRAMES_BURST: '100000' };
    const env = {
      ...{ ...system.env, JWT_SECRET, MAX_OUTBOUND_BYTES: '65536', RESUME_CHANGES_MAX: '2', ...many },
      ...{ APPENDS_PER_SECOND: '10000', APPENDS_BURST: '100000' },
    } as Record<string, string>;
    for (const role of ['projector', 'query', 'gateway'] as const) {
      const port = await freePort();
      ports.set(role, port);
      const own = {
        METRICS_PORT: String(port),
        ...(role === 'gateway' && { NATS_URL: proxy.url, MONGODB_URL: mongodbBehind(mongodb) }),
      };
      const log = join(folder, `${role}.log`);
      const started = new RoleProcess(role, await freePort(), { ...env, ...own }, log, mainOf(role));
      roles.set(role, started);
      await started.start();
    }
  }, 120_000);
  afterAll(async () => {
    for (const each of [proxy, mongodb]) each.mend();
    await Promise.all([...roles.values()].map((role) => role.kill()));
    await system.close();
    await Promise.all([proxy.stop(), mongodb.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('tell of each frame, command, append, answer and delivery', async () => {
    const [ada, bob] = [await inRoom(1, 'a'), await inRoom(2, 'a')];
    const [before, folded] = [await scrape('gateway'), await scrape('projector')];
    for (const id of ['1', '2', '3']) ada.send('clanMessage', { content: 'hello' }, id);
    ada.send('clanMessage', { content: '' }, '4');
    bob.send('globalMessageDelete', { message_id: 'a0eac13d4411412600000002' });
    ada.send('<script>', {}, '5');
    ada.send('event"} 1\nparley_x', {});
    ada.sendRaw('no JSON');
    await until('all is answered', () => ada.frames.length === 3 + 3 + 2 + 2 && bob.frames.length === 4);
    const grown = await grownSince('gateway', before);
    const frames = (event: string, outcome: string) =>
      grown('parley_gateway_frames_total', { endpoint: 'room', event, outcome });
    expect(frames('clanMessage', 'accepted')).toBe(3);
    expect(frames('clanMessage', 'refused')).toBe(1);
    expect(frames('globalMessageDelete', 'refused')).toBe(1);
    expect(frames('other', 'refused')).toBe(3);
    expect(grown('parley_gateway_frames_total')).toBe(8);
    expect(grown('parley_gateway_acknowledgements_total', { kind: 'ack' })).toBe(3);
    expect(grown('parley_gateway_acknowledgements_total', { kind: 'nack' })).toBe(2);
    expect(grown('parley_gateway_commands_total', { outcome: 'decided' })).toBe(4);
    expect(grown('parley_gateway_command_duration_seconds_count')).toBe(4);
    expect(grown('parley_log_appends_total', { outcome: 'stored' })).toBe(3);
    expect(grown('parley_log_append_duration_seconds_count')).toBe(3);
    expect(grown('parley_gateway_deliveries_total')).toBe(2 * 3);
    expect(grown('parley_gateway_sent_bytes_total')).toBeGreaterThan(1_000);
    expect(grown('parley_gateway_received_bytes_total')).toBeGreaterThan(300);
    const now = await scrape('gateway');
    expect(now.of('parley_gateway_sockets', { endpoint: 'room' })).toBe(2);
    expect(now.of('parley_gateway_people')).toBe(2);
    expect(now.of('parley_log_appends_in_flight')).toBe(0);
    // It counts a round when that is over, behind what it has told of it.
    const timeline = { projection: 'timeline' };
    await until(
      'the round is counted',
      async () => (await grownSince('projector', folded))('parley_projection_folded_events_total', timeline) >= 3,
    );
    const all = await grownSince('projector', folded);
    expect(all('parley_projection_folded_events_total', { projection: 'timeline' })).toBe(3);
    expect(all('parley_projection_written_documents_total', { projection: 'timeline' })).toBeGreaterThanOrEqual(3);
    const rounds = all('parley_projection_rounds_total', { projection: 'timeline' });
    expect(rounds).toBeGreaterThan(0);
    expect(all('parley_projection_round_duration_seconds_count', { projection: 'timeline' })).toBe(rounds);
    expect((await scrape('projector')).of('parley_projection_owned_partitions')).toBe(2 * 16);
    await until('nothing is left', async () => (await lag()) === 0);
  });

  it('have labels of few values, whatever clients send', async () => {
    const now = await scrape('gateway');
    const events = [...roomEndpoint.takes, ...directEndpoint.takes].map(({ event }) => event);
    expect([...now.labels('parley_gateway_frames_total', 'event')].sort()).toEqual(
      [...new Set(events), 'other'].sort(),
    );
    expect(now.text).not.toContain('<script>');
    expect(now.of('parley_x')).toBeNull();
  });

  it('tell resumes that recovered from those that did not', async () => {
    const ada = await inRoom(3, 'r');
    for (let i = 1; i <= 5; i++) ada.send('clanMessage', { content: String(i) });
    await until('it is told', () => ada.frames.length === 5);
    const before = await scrape('gateway');
    const resume = async (rooms: object) => {
      const back = await inRoom(3, 'r');
      back.send('resume', { rooms });
      await until('it is answered', () => back.frames.some(({ event }) => event === 'resumed'));
    };
    await resume({ clan: { n: 4, rev: 4 } });
    await resume({ clan: { n: 1, rev: 1 } });
    await resume({ clan: { n: 4, rev: 4 }, nowhere: { n: 0, rev: 0 } });
    const grown = await grownSince('gateway', before);
    expect(grown('parley_gateway_resumed_rooms_total', { outcome: 'recovered' })).toBe(2);
    expect(grown('parley_gateway_resumed_rooms_total', { outcome: 'not_recovered' })).toBe(1);
    expect(grown('parley_gateway_resumed_rooms_total', { outcome: 'not_found' })).toBe(1);
  });

  it('tell of a reader that is too slow', async () => {
    const [slow, quick] = [await inRoom(4, 's'), await inRoom(5, 's')];
    const before = await scrape('gateway');
    slow.ws.pause();
    const content = 'x'.repeat(4_000);
    const closed = async () =>
      (await grownSince('gateway', before))('parley_gateway_closed_sockets_total', { reason: 'slow_reader' });
    let waited = 0;
    for (let sent = 0; sent < 5_000 && (await closed()) === 0;) {
      for (let i = 0; i < 50; i++, sent++) quick.send('clanMessage', { content });
      // It waits until it is cut off, two seconds after it was found too slow.
      const isDelivered = async () => {
        waited = Math.max(waited, (await scrape('gateway')).of('parley_gateway_waiting_bytes')!);
        return quick.frames.length >= sent;
      };
      await until('it is delivered', isDelivered, 20_000);
    }
    expect(await closed()).toBe(1);
    expect(waited).toBeGreaterThan(10_000);
    slow.ws.terminate();
  });

  it('tell how far the projections are behind, while nobody folds too', async () => {
    const epochs = (await scrape('query')).of('parley_projection_epoch', { projection: 'timeline' })!;
    await roles.get('projector')!.kill('SIGTERM');
    for (let i = 0; i < 5; i++) await system.append(posted(directRoom('1', '2'), 'before its chat'));
    await until('it is behind', async () => (await lag()) === 5);
    const now = await scrape('query');
    expect(now.of('parley_projection_lag_seconds')).toBeGreaterThan(0);
    await until('it grows old', async () => (await scrape('query')).of('parley_projection_lag_seconds')! > 0.5);
    expect(now.labels('parley_projection_lag_events', 'partition').size).toBe(16);
    await roles.get('projector')!.start();
    await until('it is not any more', async () => (await lag()) === 0, 20_000);
    const after = await scrape('query');
    // Once for each partition, and once more for one that had to be taken over anew.
    expect(after.of('parley_projection_epoch', { projection: 'timeline' })).toBeGreaterThanOrEqual(epochs + 16);
    expect(after.of('parley_projection_lag_seconds')).toBe(0);
    // Messages without a chat are none that can be folded.
    const letters = { projection: 'timeline' };
    expect((await scrape('projector')).of('parley_projection_dead_letters_total', letters)).toBe(5);
    expect(after.of('parley_dead_letters', letters)).toBe(5);
  }, 90_000);

  it('tell that NATS was away', async () => {
    const before = await scrape('gateway');
    proxy.cut();
    const connected = async () => (await scrape('gateway')).of('parley_nats_connected');
    await until('it is away', async () => (await connected()) === 0);
    proxy.mend();
    await until('it is back', async () => (await connected()) === 1);
    expect((await grownSince('gateway', before))('parley_nats_reconnects_total')).toBe(1);
  });

  it('tell that MongoDB was away', async () => {
    const before = await scrape('gateway');
    const grown = async () => grownSince('gateway', before);
    expect((await grown())('parley_mongodb_reconnects_total')).toBe(0);
    mongodb.cut();
    const failures = async () => (await grown())('parley_mongodb_failures_total');
    await until('it is away', async () => (await failures()) > 0, 30_000);
    // What was under way when it was cut says nothing of it being away: another one, which was asked since, does.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const atFirst = await failures();
    await until('it is away for who asks', async () => (await failures()) > atFirst, 30_000);
    expect((await grown())('parley_mongodb_reconnects_total')).toBe(0);
    mongodb.mend();
    await until('it is back', async () => (await grown())('parley_mongodb_reconnects_total') > 0, 30_000);
    expect((await grown())('parley_mongodb_reconnects_total')).toBe(1);
  }, 90_000);

  it('tell how long NATS and MongoDB take, and what Node says of itself', async () => {
    for (const role of ROLES) {
      const now = await scrape(role);
      expect(now.of('parley_nats_answer_duration_seconds_count')).toBeGreaterThan(0);
      expect(now.of('parley_mongodb_operation_duration_seconds_count')).toBeGreaterThan(0);
      expect(now.labels('parley_mongodb_operation_duration_seconds_bucket', 'le')).toContain('10');
      expect(now.of('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
      expect(now.text.endsWith('# EOF\n')).toBe(true);
    }
  });

  it('are those of docs/operations.md, on each role', async () => {
    const { every, ...own } = await describedBy(system);
    const page = readFileSync('docs/operations.md', 'utf8');
    const table = (name: string) =>
      new RegExp(`<!-- metrics ${name} -->\\n([\\s\\S]*?)<!-- /metrics -->`).exec(page)?.[1];
    expect(table('every')?.trim()).toBe(metricsTable(every));
    for (const role of ROLES) {
      expect(table(role)?.trim()).toBe(metricsTable(own[role]));
      const told = [...every, ...own[role]].map(({ name }) => name);
      expect((await scrape(role)).names.sort()).toEqual(told.sort());
    }
  });

  const promtool = spawnSync('promtool', ['--version']).status === 0;
  (promtool ? it : it.skip)('pass the check of Prometheus itself', async () => {
    for (const role of ROLES) {
      const { text } = await scrape(role, 'text/plain');
      expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
    }
  });

  it('are nowhere else, nor under another name, and end with the role', async () => {
    const gateway = roles.get('gateway')!;
    expect((await fetch(`${gateway.http}/metrics`)).status).toBe(404);
    const at = `http://127.0.0.1:${ports.get('gateway')!}`;
    expect((await fetch(`${at}/`)).status).toBe(404);
    expect((await fetch(`${at}/metrics`, { method: 'POST' })).status).toBe(405);
    await gateway.kill('SIGTERM');
    await expect(scrape('gateway')).rejects.toThrow('fetch failed');
  });

  it('say that their port is taken', async () => {
    const env = { ...process.env, ...system.env, HOST: '127.0.0.1', METRICS_PORT: String(ports.get('projector')) };
    const child = spawn(process.execPath, [mainOf('projector')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(said).toContain(`METRICS_PORT ${ports.get('projector')} on 127.0.0.1 cannot be listened on: it is in use`);
  });
});
