import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { directRoom, clanRoom, GLOBAL_ROOM, type Room, roomIds } from '#domain';
import { EventLog } from '#event-store';
import { ServedTimeline, type Timeline } from '#projections';
import { openMongodbReadModels } from '#read-models';
import { startNats } from '../../../standalone/src/servers/nats-server.js';
import { freePort } from '../../../standalone/src/servers/network.js';
import type { RunningServer } from '../../../standalone/src/servers/process.js';
import { CleanUp } from '../apart/clean-up.js';
import { startServersApart } from '../apart/servers-apart.js';
import { seededRandom } from '../seeded-random.js';
import { type Command, type Evidence, eventsOf, messagesOf, type StoredChat } from './evidence.js';
import { Faults } from './faults.js';
import { Front } from './front.js';
import { type Finding, holds, invariants } from './invariants.js';
import { type Crowd, crowdOf, type InRooms } from './people.js';
import { logOf } from '#platform';

const GATEWAYS = 3;
const PROJECTORS = 2;
/** After the last fault everybody must know everything within this time, unaided. */
const HEAL_LIMIT_MS = 30_000;
const REPEATED = 50;

export interface ChaosOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly crowd: Crowd;
  readonly folder: string;
  readonly cacheFolder: string;
  readonly say: (line: string) => void;
}

export interface ChaosReport {
  readonly faults: ReadonlyMap<string, number>;
  readonly events: number;
  /** Until everybody knew everything after the last fault; null where that did not come. */
  readonly healedMs: number | null;
  readonly findings: readonly Finding[];
}

/**
 * People talk by the client library, through a front, over three gateways, while gateways, projectors and NATS are
 * killed and connections are cut, one way too; then what each was told is compared with the log and the read models.
 * Who does what and what is broken when follows from the seed; what comes of it together does not.
 */
export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, seconds, crowd, folder, cacheFolder, say } = options;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const cleanUp = new CleanUp();
  try {
    const parts = {
      cacheDir: cacheFolder,
      dataDir: join(folder, 'log'),
      port: await freePort(),
      durable: false,
      log: say,
    };
    let nats: RunningServer = await startNats(parts);
    cleanUp.add(() => nats.stop());
    // Everybody is behind the same address here.
    const env = { MAX_CONNECTIONS_PER_USER: '20', HTTP_REQUESTS_PER_SECOND: '10000', HTTP_REQUESTS_BURST: '10000' };
    const servers = await startServersApart({ folder, fresh: false, cacheFolder, nats, durable: false, env, say });
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

    const addresses = { url: front.url, httpUrl: query.http, secret: servers.secret };
    const { inRooms, inChats } = crowdOf(crowd, addresses, (who) => seededRandom(seed * 100_003 + who));
    const people = [...inRooms, ...inChats];
    cleanUp.add(() => {
      for (const person of people) person.disconnect();
    });
    await until('everybody is connected', () => people.every(({ isConnected }) => isConnected), HEAL_LIMIT_MS);
    await Promise.all(inChats.map((person) => person.openAll()));
    say(`${people.length} clients are there; breaking things for ${seconds} s, seed ${seed}`);

    const breakNats = async (forMs: number): Promise<void> => {
      process.kill(nats.pid, 'SIGKILL');
      await sleep(forMs);
      nats = await startNats(parts);
    };
    const faults = new Faults({ gateways, projectors, front, breakNats }, seededRandom(seed), say);
    for (const person of people) person.start();
    faults.start();
    for (let second = 0; second < seconds; second += 5) {
      await sleep(Math.min(5, seconds - second) * 1_000);
      const commands = people.reduce((sum, { history }) => sum + history.commands.length, 0);
      say(
        `${second + 5} s: ${commands} commands, ${[...faults.made].map(([what, count]) => `${count} ${what}`).join(', ')}`,
      );
    }
    await faults.stop();
    if (faults.failures.length > 0)
      throw new Error(`what was broken could not be mended: ${faults.failures.join('; ')}`);
    await Promise.all(people.map((person) => person.stop()));
    const wholeAt = performance.now();

    const { keysFile } = servers;
    const ofLog = logOf({ nats: { servers: nats.url, stream: 'EVENTS', prefix: 'chat', keysFile } });
    const log = await EventLog.connect({ ...ofLog, name: 'chaos' });
    cleanUp.add(() => log.close());
    const readModels = await openMongodbReadModels({ url: servers.mongodb.url, database: 'parley' });
    cleanUp.add(() => readModels.close());
    const { queries } = await new ServedTimeline(readModels).pin();
    const rooms = roomsOf(
      crowd,
      inChats.flatMap(({ userId, partnerIds }) => partnerIds.map((other) => directRoom(userId, other))),
    );
    const lasts = new Map<Room, number>();
    const isQuiet = async (): Promise<boolean> => {
      if (people.some(({ unsettled }) => unsettled > 0)) return false;
      for (const room of rooms) lasts.set(room, await queries.lastN(room));
      return people.every((person) => person.isAt((room) => lasts.get(room) ?? 0));
    };
    const healed = await until('everybody knows everything', isQuiet, HEAL_LIMIT_MS).catch(() => null);
    const healedMs = healed === null ? null : performance.now() - wholeAt;
    say(healedMs === null ? 'not everybody knows everything after 30 s' : `quiet after ${Math.round(healedMs)} ms`);

    const repeated = await repeat(inRooms, seededRandom(seed + 1));
    const evidence: Evidence = {
      histories: people.map(({ history }) => history),
      events: await eventsOf(log),
      rooms: new Map(await Promise.all(rooms.map(async (room) => [room, await messagesOf(queries, room)] as const))),
      chats: await chatsOf(queries, rooms),
      repeated,
    };
    const findings = invariants.map((check) => check(evidence));
    const isWhole = healedMs !== null && findings.every(holds);
    if (!isWhole) await keep(evidence, folder);
    await cleanUp.run();
    if (isWhole) rmSync(folder, { recursive: true, force: true });
    return { faults: faults.made, events: evidence.events.length, healedMs, findings };
  } catch (error) {
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

async function chatsOf(queries: Timeline, rooms: readonly Room[]): Promise<StoredChat[]> {
  const chats: StoredChat[] = [];
  for (const room of rooms.filter((each) => each.startsWith('direct:'))) {
    for (const userId of roomIds(room)) {
      const entry = await queries.entry(userId, room);
      if (entry) chats.push({ room, userId, unread: entry.unread });
    }
  }
  return chats;
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

/** For whoever looks into a violation. */
async function keep({ histories, events, rooms, chats, repeated }: Evidence, folder: string): Promise<void> {
  const files: [string, Iterable<unknown>][] = [
    ['histories.ndjson', histories],
    ['events.ndjson', events],
    ['rooms.ndjson', rooms],
    ['chats.ndjson', chats],
    ['repeated.ndjson', repeated],
  ];
  for (const [name, lines] of files) {
    const file = createWriteStream(join(folder, name));
    for (const line of lines) file.write(`${JSON.stringify(line)}\n`);
    file.end();
    await finished(file);
  }
}
