import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GLOBAL_ROOM, keySequence, type MessageCreated, RetryableError } from '#domain';
import { decodeRecord, EventLog, type LogOptions } from '#event-store';
import { NatsCluster } from '../src/nats-cluster.js';

const cacheDir = process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley');
const nextKey = keySequence(randomBytes(8));
const context = () => ({ key: nextKey(), at: new Date().toISOString() });

const by = (userId: string, content: string): MessageCreated => {
  const { key, at } = context();
  const sender = { id: userId, name: `name of ${userId}`, avatar: null };
  return { type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${key}`, at, messageId: key, sender, content };
};

/** Until it is done, for half a minute. */
async function insist(work: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (!(error instanceof RetryableError) || Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

describe('where three servers hold the log', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-cut-off-keys-'));
  let cluster: NatsCluster;
  let lonely: string;
  let cut: EventLog;
  let steady: EventLog;

  const open = (node: string): Promise<EventLog> => {
    const encryption = { masterKeys: [Buffer.alloc(32, 1)], seals: true };
    const names = { stream: 'EVENTS', prefix: 'chat', name: 'cut-off keys' } as const;
    return EventLog.connect({ ...names, servers: cluster.urlOf(node), replicas: 3, encryption } satisfies LogOptions);
  };
  const saidBy = async (userId: string): Promise<string[]> => {
    const said: string[] = [];
    for await (const record of steady.read()) {
      const event = decodeRecord(record);
      if (event.type === 'MessageCreated' && event.sender.id === userId) said.push(event.content);
    }
    return said;
  };

  beforeAll(async () => {
    cluster = await NatsCluster.start({ cacheDir, dataDir, durable: false, cuttable: true, log: () => undefined });
    steady = await open('n1');
    await steady.setUp();
    // One that leads nothing: what it is cut off from goes on.
    const { meta, streams } = await cluster.leaders();
    const leading = new Set([meta, ...streams.values(), 'n1']);
    lonely = cluster.nodes.find((node) => !leading.has(node)) ?? 'n3';
    await steady.close();
    const [one, other] = cluster.nodes.filter((node) => node !== lonely);
    [cut, steady] = [await open(lonely), await open(one ?? other!)];
  });
  afterAll(async () => {
    cluster.mend();
    await Promise.all([cut.close(), steady.close()]);
    await cluster.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('nothing is stored with the key of a person once they were erased, however late that is heard of', async () => {
    await cut.append(by('gone', 'before'));
    const refused: string[] = [];
    const stop = cut.keyring.onRefused((userId) => refused.push(userId));
    cluster.cut(lonely);
    // What the others are led by may have to be chosen anew.
    await insist(() => steady.eraser.erase('gone', context()));
    // Sealed and sent while nobody here can know; it is sent again until it arrives.
    const meanwhile = cut.append(by('gone', 'meanwhile')).catch((error: unknown) => error);
    await sleep(500);
    cluster.mend();
    expect(await meanwhile).toBeInstanceOf(RetryableError);
    await cluster.untilWhole();
    await insist(() => cut.append(by('stays', 'it takes events again')));
    await expect(cut.append(by('gone', 'afterwards'))).rejects.toThrow('was erased');
    stop();
    expect(new Set(refused)).toEqual(new Set(['gone']));
    expect(await saidBy('gone')).toEqual(['']);
    await cut.keyring.renewKey('gone');
    await cut.append(by('gone', 'of somebody else'));
    expect(await saidBy('gone')).toEqual(['', 'of somebody else']);
  }, 90_000);

  // As of somebody with as many connections as they may have, over two gateways.
  it('all is stored that one person says at the same moment, over two servers', async () => {
    const each = (log: EventLog) => Array.from({ length: 10 }, (_, i) => log.append(by('quick', String(i))));
    const stored = await Promise.all([...each(cut), ...each(steady)]);
    expect(stored.filter((outcome) => outcome === 'conflict')).toEqual([]);
    expect((await saidBy('quick')).length).toBe(20);
  });

  it('a leader that is cut off shows that it is none, while it still answers', async () => {
    const leader = (await cluster.leaders()).streams.get('EVENTS')!;
    const log = await open(leader);
    try {
      await log.whenLed();
      cluster.cut(leader);
      await sleep(4_500);
      expect((await log.state()).lastSeq).toBeGreaterThan(0);
      await expect(log.whenLed()).rejects.toThrow('cut off from the others');
      cluster.mend();
      await insist(() => log.whenLed());
    } finally {
      await log.close();
    }
  });
});
