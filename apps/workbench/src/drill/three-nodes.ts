import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventLog } from '#event-store';
import { startSystemApart, type SystemApart } from '../apart/system-apart.js';
import { NatsCluster } from '../nats-cluster.js';
import { RoomWatch } from './room-watch.js';
import type { Drill, Stage } from './stage.js';

const STREAM = 'EVENTS';
const ROUNDS = 3;
/** What is seen of a kill is seen within this time. */
const WATCHED_S = 16;
const SETTLE_MS = 3_000;
const LOOK_MS = 500;
const CONSUMERS = 32;
/** NATS's own election takes 4 to 9 s, which nothing can shorten; the rest is ours. */
const LIMIT_S = { 'the leader of the events': 12, 'the leader of the cluster': 12, 'a follower': 5 } as const;

type Part = keyof typeof LIMIT_S;

interface Scene {
  readonly cluster: NatsCluster;
  readonly system: SystemApart;
  readonly rooms: readonly RoomWatch[];
}

async function nodeOf(part: Part, cluster: NatsCluster): Promise<string> {
  const { meta, streams } = await cluster.leaders();
  const events = streams.get(STREAM);
  if (part === 'the leader of the cluster') return meta;
  if (part === 'the leader of the events') return events!;
  return cluster.nodes.find((node) => node !== meta && node !== events)!;
}

/** Kills one node while everybody talks, and starts it again. */
async function killOne(stage: Stage, part: Part, { cluster, system, rooms }: Scene): Promise<void> {
  // Its consumers are made anew, on all nodes: those of one that was dead are on the others.
  await system.projector.kill('SIGTERM');
  await system.projector.start();
  await sleep(SETTLE_MS);
  const node = await nodeOf(part, cluster);
  stage.say(`kill -9 of ${node}, ${part}`);
  const at = performance.now();
  await cluster.kill(node);
  const roles = [system.projector, system.query, ...system.gateways];
  const notReady = new Map<string, number>();
  while (performance.now() < at + WATCHED_S * 1_000) {
    await Promise.all([
      sleep(LOOK_MS),
      ...roles.map(async (role) => {
        if ((await role.isReady()) !== true) notReady.set(role.role, (notReady.get(role.role) ?? 0) + LOOK_MS / 1_000);
      }),
    ]);
  }
  const silences = rooms.map((room) => room.longestSilence(at, at + WATCHED_S * 1_000)).sort((a, b) => a - b);
  const [median, longest] = [silences[silences.length >> 1]!, silences.at(-1)!];
  stage.check(
    `${part}: nothing was told in a room for ${longest.toFixed(1)} s at most (median ${median.toFixed(1)} s)`,
    longest <= LIMIT_S[part],
  );
  for (const [role, seconds] of notReady) stage.figure(`the ${role} was not ready for about ${seconds.toFixed(1)} s`);
  await cluster.startNode(node);
  await cluster.untilWhole();
  await sleep(SETTLE_MS);
}

async function consumersOf(servers: string): Promise<number> {
  const log = await EventLog.connect({ servers, stream: STREAM, prefix: 'chat', name: 'parley-drill' });
  try {
    return (await log.consumers()).length;
  } finally {
    await log.close();
  }
}

export const threeNodes: Drill = {
  about: 'three nats-servers, kill -9 of one: how long nothing is told, for each part that it may have',
  limitSeconds: 420,
  async play(stage) {
    const { folder, cacheFolder, say } = stage;
    const cluster = await NatsCluster.start({ cacheDir: cacheFolder, dataDir: join(folder, 'cluster'), log: say });
    stage.atEnd(() => cluster.stop());
    const nats = { url: cluster.url, taken: 'three nats-servers', pid: 0, stop: () => Promise.resolve() };
    const env = { EVENT_STREAM_REPLICAS: '3' };
    const system = await startSystemApart({
      folder: join(folder, 'system'),
      fresh: false,
      cacheFolder,
      nats,
      env,
      say,
    });
    stage.atEnd(() => system.close());
    const rooms = RoomWatch.ofEachPartition(system.running.gateways, system.secret);
    stage.atEnd(() => {
      for (const room of rooms) room.stop();
    });
    for (const room of rooms) room.start();
    await sleep(SETTLE_MS);
    for (let round = 1; round <= ROUNDS; round++) {
      for (const part of Object.keys(LIMIT_S) as Part[]) await killOne(stage, part, { cluster, system, rooms });
    }
    const errors = new Map<string, number>();
    for (const room of rooms) for (const [text, n] of room.errors) errors.set(text, (errors.get(text) ?? 0) + n);
    for (const [text, n] of errors) stage.figure(`${n} frames were answered: ${text}`);
    const isWhole = ({ told }: RoomWatch) => told.every(({ n }, i) => i === 0 || n === told[i - 1]!.n + 1);
    stage.figure(
      `${rooms.reduce((sum, { told }) => sum + told.length, 0)} messages were told in ${rooms.length} rooms`,
    );
    stage.check('each room was told every message once, in order', rooms.every(isWhole));
    const consumers = await consumersOf(cluster.url);
    stage.check(`there are ${consumers} consumers, as many as there must be`, consumers === CONSUMERS);
    for (const role of [system.projector, system.query, ...system.gateways]) {
      stage.check(`the ${role.role} is ready`, (await role.isReady()) === true);
    }
  },
};
