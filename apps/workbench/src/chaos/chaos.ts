import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clanRoom, directRoom, GLOBAL_ROOM, type Room } from '#domain';
import { EventLog } from '#event-store';
import { logOf } from '#settings';
import { Timeline } from '#projections';
import { openMongodbReadModels } from '#read-models';
import { CleanUp } from '../apart/clean-up.js';
import { startServersApart } from '../apart/servers-apart.js';
import { seededRandom } from '../seeded-random.js';
import { Application } from './application.js';
import type { ClusterFault } from './cluster-faults.js';
import type { Command, Evidence } from './evidence.js';
import type { KindReport } from './episodes.js';
import { Front } from './front.js';
import { chatsOf, eventsOf, keep, listedFor, messagesOf, shownTo, tracesOf, verifiedOn } from './gather.js';
import { clusterGround, singleGround, upgradeGround } from './ground.js';
import { invariants } from './invariants/all.js';
import { type Finding, holds } from './invariants/finding.js';
import { erasedTexts } from './invariants/moderated.js';
import { type Crowd, crowdOf } from './people/crowd.js';
import type { InRooms } from './people/in-rooms.js';
import type { Someone } from './people/someone.js';

const GATEWAYS = 3;
const PROJECTORS = 2;
/** After the last fault everybody must know everything within this time, unaided. */
const HEAL_LIMIT_MS = 30_000;
const REPEATED = 50;

export interface ChaosOptions {
  readonly seed: number;
  readonly seconds: number;
  /**
   * What is done to it: everything is killed and cut; or NATS is a cluster of three servers, and these are; or nothing is,
   * and all roles are replaced by those of another release.
   */
  readonly mode: 'everything' | 'cluster' | 'upgrade';
  /** The kinds of faults of a cluster; all of them where none is named. */
  readonly only: readonly ClusterFault[];
  readonly crowd: Crowd;
  readonly folder: string;
  readonly cacheFolder: string;
  readonly say: (line: string) => void;
}

export interface ChaosReport {
  readonly faults: ReadonlyMap<string, number>;
  /** Of a cluster, what held in each kind of fault. */
  readonly kinds: readonly KindReport[];
  readonly events: number;
  /** How often each thing was said, done or decided. */
  readonly done: ReadonlyMap<string, number>;
  /** Until everybody knew everything after the last fault; null where that did not come. */
  readonly healedMs: number | null;
  readonly findings: readonly Finding[];
}

/**
 * People talk by the client library, through a front, over three gateways: they react, edit, delete and block; the
 * surrounding application mutes some and erases others. Meanwhile gateways, projectors, the query side and NATS are killed
 * and connections are cut, one way too; then what each was told is compared with the log and the read models.
 * Who does what and what is broken when follows from the seed; what comes of it together does not.
 */
export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, seconds, crowd, folder, cacheFolder, say } = options;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const cleanUp = new CleanUp();
  // Made last, it is run first where this is interrupted: else what is ended would be started again.
  let faultsEnd: CleanUp | null = null;
  try {
    const log_ = { cacheDir: cacheFolder, dataDir: join(folder, 'log'), durable: false, log: say };
    const grounds = { everything: singleGround, cluster: clusterGround, upgrade: upgradeGround };
    const ground = await grounds[options.mode](log_, folder, options.only);
    cleanUp.add(() => ground.stop());
    // Everybody is behind the same address here.
    const env = { MAX_CONNECTIONS_PER_USER: '20', HTTP_REQUESTS_PER_SECOND: '10000', HTTP_REQUESTS_BURST: '10000' };
    const { nats, checkout } = ground;
    const given = { folder, fresh: false, cacheFolder, nats, durable: false, say, ...(checkout && { checkout }) };
    const servers = await startServersApart({ ...given, env: { ...env, ...ground.env } });
    cleanUp.add(() => servers.close());
    say(`starting ${PROJECTORS} projectors, ${GATEWAYS} gateways and the query side`);
    const projectors = [await servers.start('projector')];
    const [gateways, query] = await Promise.all([
      Promise.all(Array.from({ length: GATEWAYS }, () => servers.start('gateway'))),
      servers.start('query'),
    ]);
    while (projectors.length < PROJECTORS) projectors.push(await servers.start('projector'));
    const front = await Front.start(gateways.map(({ http }) => Number(new URL(http).port)));
    cleanUp.add(() => front.stop());

    const queryFront = await Front.start([Number(new URL(query.http).port)]);
    cleanUp.add(() => queryFront.stop());

    const addresses = { url: front.url, httpUrl: queryFront.url, secret: servers.secret };
    const { inRooms, inChats } = crowdOf(crowd, addresses, (who) => seededRandom(seed * 100_003 + who));
    const people = [...inRooms, ...inChats];
    cleanUp.add(() => {
      for (const person of people) person.disconnect();
    });
    await until('everybody is connected', () => people.every(({ isConnected }) => isConnected), HEAL_LIMIT_MS);
    await Promise.all(inChats.map((person) => person.openAll()));
    say(`${people.length} clients are there; breaking things for ${seconds} s, seed ${seed}`);

    const { keysFile } = servers;
    const ofLog = logOf({ nats: { servers: ground.nats.url, stream: 'EVENTS', prefix: 'chat', keysFile } });
    const log = await EventLog.connect({ ...ofLog, name: 'chaos' });
    cleanUp.add(() => log.close());
    const readModels = await openMongodbReadModels({ url: servers.mongodb.url, database: 'parley' });
    cleanUp.add(() => readModels.close());
    const faults = ground.faults(
      { gateways, projectors, query, front },
      { log, ofLog, readModels, servers, queryFront },
      seededRandom(seed),
      say,
    );
    faultsEnd = new CleanUp();
    faultsEnd.add(() => faults.stop());
    const whom = {
      inRooms: inRooms.map(({ userId, clan: room }) => ({ userId, room })),
      all: [...new Set(people.map(({ userId }) => userId))],
    };
    const application = new Application(queryFront.url, servers.secret, whom, seededRandom(seed + 2));
    for (const person of people) person.start();
    application.start();
    faults.start();
    for (let second = 0; second < seconds; second += 5) {
      await sleep(Math.min(5, seconds - second) * 1_000);
      const commands = people.reduce((sum, { history }) => sum + history.commands.length, 0);
      say(
        `${second + 5} s: ${commands} commands, ${[...faults.made].map(([what, count]) => `${count} ${what}`).join(', ')}`,
      );
    }
    await faultsEnd.run();
    if (faults.failures.length > 0)
      throw new Error(`what was broken could not be mended: ${faults.failures.join('; ')}`);
    await Promise.all([application, ...people].map((each) => each.stop()));
    const wholeAt = performance.now();

    // Whatever its format: it is served by the release that is there by now.
    const { serving } = (await readModels.versions.read('timeline'))!;
    const queries = new Timeline(readModels.projection('timeline', serving.number));
    const rooms = roomsOf(
      crowd,
      inChats.flatMap(({ userId, partnerIds }) => partnerIds.map((other) => directRoom(userId, other))),
    );
    const isQuiet = () => everybodyKnows(people, rooms, queries);
    const healed = await until('everybody knows everything', isQuiet, HEAL_LIMIT_MS).catch(() => null);
    const healedMs = healed === null ? null : performance.now() - wholeAt;
    say(healedMs === null ? 'not everybody knows everything after 30 s' : `quiet after ${Math.round(healedMs)} ms`);

    const repeated = await repeat(inRooms, seededRandom(seed + 1));
    const onServers = { nats: ground.nats.url, mongodb: servers.mongodb.url, keysFile, checkout: faults.checkout };
    const histories = people.map(({ history }) => history);
    const events = await eventsOf(log);
    const evidence: Evidence = {
      ...{ histories, events, repeated, orders: application.orders },
      rooms: new Map(await Promise.all(rooms.map(async (room) => [room, await messagesOf(queries, room)] as const))),
      chats: await chatsOf(queries, rooms),
      listed: await listedFor(people),
      verified: await verifiedOn(onServers),
      traces: await tracesOf(readModels, erasedTexts({ histories, events })),
      unfinished: await log.eraser.carryOut(),
    };
    const { kinds, findings: ofGround } = faults.judge(evidence);
    const findings = [...invariants.map((check) => check(evidence)), ...ofGround];
    const isWhole =
      healedMs !== null && findings.every(holds) && kinds.every(({ violations }) => violations.length === 0);
    if (!isWhole) await keep(evidence, folder);
    await cleanUp.run();
    if (isWhole) rmSync(folder, { recursive: true, force: true });
    return { faults: faults.made, kinds, events: events.length, done: doneIn(evidence), healedMs, findings };
  } catch (error) {
    await faultsEnd?.run();
    await cleanUp.run();
    throw error;
  }
}

async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs: number): Promise<true> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${limitMs / 1_000} s: ${what}`);
    await sleep(200);
  }
  return true;
}

const roomsOf = ({ clans }: Crowd, chats: readonly Room[]): Room[] => [
  ...new Set([GLOBAL_ROOM, ...Array.from({ length: clans }, (_, i) => clanRoom(String(i))), ...chats]),
];

/** Whether everything has an end, and every client knows each message of its rooms as it is shown it. */
async function everybodyKnows(people: readonly Someone[], rooms: readonly Room[], queries: Timeline): Promise<boolean> {
  if (people.some(({ unsettled }) => unsettled > 0)) return false;
  const lasts = new Map<Room, number>();
  for (const room of rooms) lasts.set(room, await queries.lastN(room));
  const isAt = (person: Someone) => person.rooms.every((room) => person.lastOf(room) === (lasts.get(room) ?? 0));
  if (!people.every(isAt)) return false;
  for (const room of rooms) {
    const messages = await messagesOf(queries, room);
    for (const person of people.filter((each) => each.rooms.includes(room))) {
      const known = person.knownOf(room);
      const isKnown = messages.every((message) => {
        const [is, should] = [known.get(message.n), shownTo(person.userId, message)];
        return !is || (is.text === should.text && is.isDeleted === should.isDeleted);
      });
      if (!isKnown) return false;
    }
  }
  return true;
}

function doneIn({ histories, orders }: Evidence): Map<string, number> {
  const done = new Map<string, number>();
  for (const { kind } of [...histories.flatMap(({ commands }) => commands), ...orders]) {
    done.set(kind, (done.get(kind) ?? 0) + 1);
  }
  return done;
}

/** Some commands once more, over other connections. */
async function repeat(people: readonly InRooms[], random: () => number): Promise<Evidence['repeated'][number][]> {
  const repeated: { command: Command; ackedAs: string }[] = [];
  const given = people.flatMap((person) =>
    person.history.commands
      .filter(({ kind, ackedAs }) => kind === 'message' && ackedAs !== null)
      .map((command) => ({ person, command })),
  );
  for (let i = 0; i < REPEATED && given.length > 0; i++) {
    const [{ person, command }] = given.splice(Math.floor(random() * given.length), 1) as [(typeof given)[number]];
    const another = person.another();
    repeated.push({ command, ackedAs: await another.repeat(command) });
    another.disconnect();
  }
  return repeated;
}
