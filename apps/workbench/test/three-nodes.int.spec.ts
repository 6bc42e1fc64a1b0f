import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import {
  clanRoom,
  keySequence,
  type MessageCreated,
  partitionOf,
  PARTITIONS,
  type Room,
  RetryableError,
} from '#domain';
import { EventLog, type LogOptions, OutcomeUnknown } from '#event-store';
import { timeline, Worker } from '#projections';
import { decodeUpdate, type RoomUpdate } from '#projections';
import { firstVersion, memoryReadModels, openMongodbReadModels, type ReadModels } from '#read-models';
import { NatsCluster } from '../src/nats-cluster.js';

const mongodbUrl = process.env['TEST_MONGODB_URL'];
const cacheDir = process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley');
const STREAM = 'EVENTS';
/** Where NATS has nothing to elect: its consumers are missed after 2 s, given up after 4, and made anew within 5. */
const GOES_ON_WITHIN_S = 10;
/** An election of NATS takes up to 9 s by itself. */
const ELECTED_WITHIN_S = 20;

async function until(what: string, holds: () => boolean | Promise<boolean>, limitS: number): Promise<void> {
  const deadline = Date.now() + limitS * 1_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${limitS} s: ${what}`);
    await sleep(50);
  }
}

const rooms = (() => {
  const found = new Map<number, Room>();
  for (let i = 0; found.size < PARTITIONS; i++) found.set(partitionOf(clanRoom(String(i))), clanRoom(String(i)));
  return [...found.values()];
})();

describe('three nats-servers', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-cluster-'));
  const said: string[] = [];
  const logger = { log: (line: string) => said.push(line), warn: (line: string) => said.push(line), error: () => 0 };
  let cluster: NatsCluster;
  let readModels: ReadModels;

  const open = (more: Partial<LogOptions> = {}) =>
    EventLog.connect({ servers: cluster.url, stream: STREAM, prefix: 'chat', name: 'test', replicas: 3, ...more });

  beforeAll(async () => {
    cluster = await NatsCluster.start({ cacheDir, dataDir, durable: false, log: () => undefined });
    readModels =
      mongodbUrl === undefined
        ? memoryReadModels()
        : await openMongodbReadModels({ url: mongodbUrl, database: `three_${randomUUID().slice(0, 8)}` });
  });
  afterAll(async () => {
    await readModels.close();
    await cluster.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('keep each stream on as many of them as is wanted, also one that was there before', async () => {
    const [one, three] = [await open({ replicas: 1 }), await open()];
    const nats = await connect({ servers: cluster.url.split(',') });
    const { streams } = await jetstreamManager(nats);
    const replicas = async () => {
      const infos = ['EVENTS', 'EVENTS_DEAD', 'EVENTS_MEMBERS'].map((name) => streams.info(name));
      return (await Promise.all(infos)).map(({ config }) => config.num_replicas);
    };
    expect(await one.setUp()).toEqual([]);
    expect(await replicas()).toEqual([1, 1, 1]);
    expect(await three.setUp()).toEqual([]);
    expect(await replicas()).toEqual([3, 3, 3]);
    const copies = async () => (await streams.info(STREAM)).cluster?.replicas?.filter(({ current }) => current) ?? [];
    await until('the others have what is there', async () => (await copies()).length === 2, ELECTED_WITHIN_S);
    // Nobody takes copies away on their own.
    expect(await one.setUp()).toEqual([]);
    expect(await replicas()).toEqual([3, 3, 3]);
    await Promise.all([one.close(), three.close(), nats.close()]);
  });

  it('keep nobody out once there is another leader, because one did not answer', async () => {
    await cluster.untilWhole();
    const leader = (await cluster.leaders()).streams.get(STREAM)!;
    // From another one, which does not know that it answers nothing.
    const log = await open({ servers: cluster.urlOf(cluster.nodes.find((node) => node !== leader)!) });
    cluster.suspend(leader);
    const append = log.append(message(rooms[0]!), { deadline: performance.now() + 2_100 });
    await expect(append).rejects.toThrow(OutcomeUnknown);
    expect(await log.hindrance()).not.toBeNull();
    await until('nobody is kept out', async () => (await log.hindrance()) === null, ELECTED_WITHIN_S);
    await cluster.kill(leader);
    await cluster.startNode(leader);
    await log.close();
  });

  it('go on without any one of them, in every partition, and leave nothing behind', async () => {
    await cluster.untilWhole();
    const { meta, streams } = await cluster.leaders();
    const leader = streams.get(STREAM)!;
    const follower = cluster.nodes.find((node) => node !== leader && node !== meta)!;
    // On a node that stays: what is lost is the consumers on the other one, and not the connection.
    const servers = cluster.urlOf(cluster.nodes.find((node) => node !== leader && node !== follower)!);
    const [log, workers] = [await open({ servers }), await open({ servers })];
    // As a gateway does: what is told again, after a take-over, is at or below the change that was told already.
    const told = new Map<Room, number>(rooms.map((room) => [room, 0]));
    const holes: string[] = [];
    for (const room of rooms) {
      log.live.subscribeToRoom(room, (text) => {
        const { from, to } = decodeUpdate(text) as RoomUpdate;
        const last = told.get(room)!;
        if (from > last) holes.push(`${room}: ${from} after ${last}`);
        told.set(room, Math.max(last, to));
      });
    }
    await log.live.flush();
    await readModels.versions.replace('timeline', firstVersion(timeline.format, 1));
    const options = { projection: timeline, version: 1, announcing: true, owner: 'three', log: workers, readModels };
    const worker = new Worker({ ...options, logger });
    void worker.start();

    let times = 0;
    const post = (room: Room) => retried(() => log.append(message(room)));
    /** Says something in every room. */
    const say = async (limitS: number) => {
      times++;
      await Promise.all(rooms.map(post));
      await until('each room is told', () => [...told.values()].every((rev) => rev === times), limitS);
      expect(holes).toEqual([]);
    };
    await say(ELECTED_WITHIN_S);

    await cluster.kill(follower);
    await say(GOES_ON_WITHIN_S);
    // Some were on the node that is dead, or this showed nothing.
    expect(said.join('\n')).toContain('has lost the consumers of');
    await cluster.startNode(follower);
    await cluster.untilWhole();

    await cluster.kill(leader);
    await say(ELECTED_WITHIN_S);
    expect(said.join('\n')).not.toContain('starts over');
    const consumers = () => log.consumers().catch(() => []);
    await until('there is one consumer for each', async () => (await consumers()).length === PARTITIONS, 20);
    await worker.stop();
    await Promise.all([log.close(), workers.close()]);
  }, 120_000);
});

const newKey = keySequence(Buffer.from('3-nodes!'));

function message(room: Room): MessageCreated {
  const key = newKey();
  const sender = { id: '1', name: 'Ada', avatar: null };
  const at = new Date().toISOString();
  return { type: 'MessageCreated', room, id: `msg.${key}`, at, messageId: key, sender, content: 'said' };
}

async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + ELECTED_WITHIN_S * 1_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RetryableError) || Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
