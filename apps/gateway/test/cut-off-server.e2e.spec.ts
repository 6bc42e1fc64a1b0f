import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { GLOBAL_ROOM, mutePerson, RetryableError } from '#domain';
import { Moderation } from '#projections';
import { NatsCluster } from '../../workbench/src/nats-cluster.js';
import { ChatUnderTest, type Gateway, standOn } from './chat-under-test.js';
import { GroundOnServers } from './ground-on-servers.js';
import { until } from './until.js';

const cacheDir = process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley');
/** Longer than a gateway takes that nobody says anything to. */
const CUT_MS = 8_000;

// The gateway's own connection stands all the while; what is told elsewhere does not come over it.
describe('a gateway whose NATS server is cut off from the others', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-cut-off-'));
  let cluster: NatsCluster;
  let system: ChatUnderTest;
  let cut: Gateway;
  let steady: Gateway;
  let lonely: string;

  beforeAll(async () => {
    cluster = await NatsCluster.start({ cacheDir, dataDir, durable: false, cuttable: true, log: () => undefined });
    standOn(() => GroundOnServers.open(undefined, cluster.urlOf('n1'), 3));
    system = await ChatUnderTest.start();
    // One that does not lead the events: what it is cut off from goes on.
    const { streams } = await cluster.leaders();
    const [, leader] = [...streams].find(([name]) => /^TEST_[^_]+$/.test(name))!;
    lonely = cluster.nodes.find((node) => node !== 'n1' && node !== leader)!;
    // Again and again, as a role does whose server does not answer at once.
    const connected = (node: string) =>
      pRetry(() => system.startGateway({ servers: cluster.urlOf(node) }), { retries: 3 });
    [cut, steady] = await Promise.all([connected(lonely), connected('n1')]);
  });
  afterEach(() => {
    cluster.mend();
  });
  afterAll(async () => {
    await system.stop();
    await cluster.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** As the surrounding application does it, again and again until it is done. */
  async function mute(userId: string): Promise<string> {
    const moderation = new Moderation(system.log);
    const context = { key: system.nextKey(), at: new Date().toISOString() };
    const end = new Date(Date.now() + 600_000).toISOString();
    const command = { ...context, userId, room: GLOBAL_ROOM, by: 'application', until: end };
    for (let attempt = 1; ; attempt++) {
      try {
        await moderation.ofPerson(userId, (held) => mutePerson(command, held));
        return end;
      } catch (error) {
        if (!(error instanceof RetryableError) || attempt === 5) throw error;
      }
    }
  }

  it('tells afterwards what was missed, and nothing to who was taken out of the clan meanwhile', async () => {
    const stays = await system.room(cut, 'stays', { clanId: 'c' });
    const gone = await system.room(cut, 'gone', { clanId: 'c' });
    const ahead = await system.room(steady, 'ahead', { clanId: 'c' });
    ahead.send('clanMessage', { content: 'before' });
    for (const each of [stays, gone, ahead])
      expect(await each.next()).toMatchObject({ message: { content: 'before' } });
    cluster.cut(lonely);
    await system.putIntoClan('gone', null);
    ahead.send('clanMessage', { content: 'meanwhile' });
    // Whose consumer was led by the server that is cut off waits until another one leads it.
    expect(await ahead.next(20_000)).toMatchObject({ message: { content: 'meanwhile' } });
    await sleep(CUT_MS);
    cluster.mend();
    expect(await stays.next(20_000)).toMatchObject({ message: { content: 'meanwhile' } });
    ahead.send('clanMessage', { content: 'afterwards' });
    expect(await stays.next()).toMatchObject({ message: { content: 'afterwards' } });
    expect(await gone.quiet()).toEqual([]);
    gone.send('clanMessage', { content: 'hello?' });
    expect(await gone.next()).toMatchObject({ error: [{ field: 'clan_id' }] });
  });

  // At that moment nothing has come yet of what was told meanwhile.
  it('decides nothing by what was before, also not what comes first when it is there again', async () => {
    const [muted, hears] = [await system.room(cut, 'muted'), await system.room(steady, 'hears')];
    const content = 'somebody muted';
    muted.send('globalMessage', { content: 'before' });
    expect(await hears.next()).toMatchObject({ message: { content: 'before' } });
    await cluster.untilWhole();
    cluster.cut(lonely);
    const end = await mute('muted');
    await sleep(CUT_MS);
    // So that each comes as soon as it can.
    const talk = setInterval(() => {
      muted.send('globalMessage', { content });
    }, 250);
    await sleep(500);
    cluster.mend();
    const isRefused = () => muted.frames.some(({ error }) => String(error).includes(end));
    await until('it is refused for the mute', isRefused).finally(() => {
      clearInterval(talk);
    });
    // What was taken before that is told by then.
    await sleep(2_000);
    const said = hears.frames.filter(({ message }) => message?.['content'] === content);
    expect(said).toEqual([]);
  }, 90_000);
});
