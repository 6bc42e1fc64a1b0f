import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NatsCluster } from '../../workbench/src/nats-cluster.js';
import { ChatUnderTest, type Gateway, standOn } from './chat-under-test.js';
import { GroundOnServers } from './ground-on-servers.js';

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
    standOn(() => GroundOnServers.open(undefined, cluster.urlOf('n1')));
    system = await ChatUnderTest.start();
    // One that leads nothing: what it is cut off from goes on.
    const { meta, streams } = await cluster.leaders();
    const leading = new Set([meta, ...streams.values(), 'n1']);
    lonely = cluster.nodes.find((node) => !leading.has(node)) ?? 'n3';
    [cut, steady] = await Promise.all([
      system.startGateway({ servers: cluster.urlOf(lonely) }),
      system.startGateway({ servers: cluster.urlOf('n1') }),
    ]);
  }, 60_000);
  afterAll(async () => {
    cluster.mend();
    await system.stop();
    await cluster.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

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
    expect(await ahead.next()).toMatchObject({ message: { content: 'meanwhile' } });
    await sleep(CUT_MS);
    cluster.mend();
    expect(await stays.next(20_000)).toMatchObject({ message: { content: 'meanwhile' } });
    ahead.send('clanMessage', { content: 'afterwards' });
    expect(await stays.next()).toMatchObject({ message: { content: 'afterwards' } });
    expect(await gone.quiet()).toEqual([]);
    gone.send('clanMessage', { content: 'hello?' });
    expect(await gone.next()).toMatchObject({ error: [{ field: 'clan_id' }] });
  }, 60_000);
});
