import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { clanRoom, keySequence, type MessageCreated, PARTITIONS } from '#domain';
import { EventLog } from '#event-store';
import { signDevelopmentToken } from '#platform';
import { type Config, logOf, progressBar } from '#settings';
import { checkpointsOf, openMongodbReadModels } from '#read-models';
import { startSystemApart, type SystemApart } from '../apart/system-apart.js';
import { type Afterwards, type BackedUp, lookAfterwards } from './erasure/afterwards.js';
import { KeyBackup } from './erasure/key-backup.js';
import { LoadGenerator } from './load/generator.js';
import type { LoadReport } from './load/plan.js';
import { machineOf } from './machine.js';
import { Options } from './options.js';
import { median, rounded } from './quantiles.js';

const USAGE =
  'usage: npm run bench:erasure -- [--messages 10000] [--rooms 50] [--rate 100] [--seconds 20] [--rounds 3] [--json]';
/** How many messages are under way to the log at a time. */
const AT_ONCE = 256;
/** Into the load, when somebody is erased. */
const ERASED_AFTER_MS = 2_000;
const LIMIT_MS = 120_000;

const progress = (line: string): void => {
  console.error(line);
};

interface Round {
  /** p99 from the scheduled time to each delivery, in ms: with nobody erased, and while somebody is. */
  readonly quiet: number;
  readonly erasing: number;
  /** Until the answer, and until nothing of them is in the read models. Seconds. */
  readonly answered: number;
  readonly erased: number;
  readonly lost: number;
  readonly backedUp: BackedUp;
}

const ratioOf = ({ quiet, erasing }: Round): number => erasing / quiet;

/**
 * Somebody is erased while people chat. Answers whether nothing was lost, and the read models are as the log has it, also
 * once they are built anew, and once the key came back with a backup.
 */
export async function erasure(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['messages', 'rooms', 'rate', 'seconds', 'rounds'], ['json'], USAGE);
  const plan = {
    messages: options.number('messages', 10_000, 1, 1_000_000),
    rooms: options.number('rooms', 50, 1, 1_000),
    rate: options.number('rate', 100, 1, 2_000),
    seconds: options.number('seconds', 20, 5, 600),
  };
  const count = options.number('rounds', 3, 1, 50);
  const folder = join(folders.dataFolder, 'bench', 'erasure');
  const system = await startSystemApart({ folder, fresh: true, cacheFolder: folders.cacheFolder, say: progress });
  try {
    const rounds: Round[] = [];
    for (let round = 0; round < count; round++) rounds.push(await play(system, plan, round));
    const afterwards = await lookAfterwards(system, rounds.at(-1)!.backedUp, progress);
    const of = (value: (round: Round) => number) => rounded(median(rounds.map(value)), 2);
    const figures = {
      ...plan,
      rounds: count,
      ...{ quietP99Ms: of(({ quiet }) => quiet), erasingP99Ms: of(({ erasing }) => erasing) },
      ratio: of(ratioOf),
      ratios: rounds.map((round) => rounded(ratioOf(round), 2)),
      ...{ answeredSeconds: of(({ answered }) => answered), erasedSeconds: of(({ erased }) => erased) },
      lost: rounds.reduce((sum, { lost }) => sum + lost, 0),
      ...afterwards,
      machine: machineOf(system),
    };
    console.log(options.flag('json') ? JSON.stringify(figures) : textOf(figures));
    return figures.lost === 0 && Object.values(afterwards).every((isSo) => isSo === true);
  } finally {
    await system.close();
  }
}

type Figures = Plan &
  Afterwards & {
    readonly rounds: number;
    readonly quietP99Ms: number;
    readonly erasingP99Ms: number;
    readonly ratio: number;
    /** Of each round. */
    readonly ratios: readonly number[];
    readonly answeredSeconds: number;
    readonly erasedSeconds: number;
    readonly lost: number;
    readonly machine: unknown;
  };

const textOf = (f: Figures): string =>
  [
    `somebody with ${f.messages} messages in ${f.rooms} rooms is erased while others send ${f.rate} messages a second;`,
    `medians of ${f.rounds} rounds`,
    `answered after ${f.answeredSeconds} s, gone from the read models after ${f.erasedSeconds} s`,
    `p99 of the others: ${f.erasingP99Ms} ms, ${f.quietP99Ms} ms with nobody erased, ${f.ratio}x (${f.ratios.join(', ')}); ${f.lost} lost`,
    `read models ${equalTo(f.equal)} the fold of the log; built anew ${equalTo(f.equalAfterRebuild)} it`,
    `the key, restored from a backup of before: ${f.goneAfterRestore ? 'deleted once more' : 'NOT deleted again'}, ` +
      `read models ${equalTo(f.equalAfterRestore)} the fold of the log`,
  ].join('\n');

const equalTo = (isEqual: boolean): string => (isEqual ? 'equal to' : 'NOT equal to');

interface Plan {
  readonly messages: number;
  readonly rooms: number;
  readonly rate: number;
  readonly seconds: number;
}

async function play(system: SystemApart, plan: Plan, round: number): Promise<Round> {
  const userId = `erased-${round}`;
  const log = await EventLog.connect({ ...logOf(system.running), name: 'parley-bench' });
  const readModels = await openMongodbReadModels({ url: system.mongodb.url, database: 'parley' });
  const backup = await KeyBackup.connect(system.running.nats);
  try {
    await speak(log, userId, plan);
    const key = (await backup.read(userId))!;
    const isFolded = async (seqs: readonly number[]) => {
      const { serving } = (await readModels.versions.read('timeline'))!;
      const stored = await checkpointsOf(readModels.checkpoints, 'timeline', serving.number);
      return stored.every((checkpoint, partition) => (checkpoint?.seq ?? 0) >= seqs[partition]!);
    };
    const ends = (kind?: 'erase') =>
      Promise.all(
        Array.from({ length: PARTITIONS }, (_, partition) => log.lastSeq({ partition, ...(kind && { kind }) })),
      );
    const all = await ends();
    await until(() => isFolded(all));
    const quiet = await load(system, plan, 2 * round, () => Promise.resolve());
    let [answered, erased] = [0, 0];
    const erasing = await load(system, plan, 2 * round + 1, async () => {
      await sleep(ERASED_AFTER_MS);
      const begun = performance.now();
      await eraseOver(system, userId);
      answered = (performance.now() - begun) / 1_000;
      const fences = await ends('erase');
      await until(() => isFolded(fences));
      erased = (performance.now() - begun) / 1_000;
    });
    const lost = quiet.lost + erasing.lost;
    const [before, meanwhile] = [quiet.latency.p99, erasing.latency.p99];
    return { quiet: before, erasing: meanwhile, answered, erased, lost, backedUp: { userId, key } };
  } finally {
    await backup.close();
    await readModels.close();
    await log.close();
  }
}

/** All that they ever said, in all rooms in turns. */
async function speak(log: EventLog, userId: string, { messages, rooms }: Plan): Promise<void> {
  const nextKey = keySequence(randomBytes(8));
  const bar = progressBar(`Messages of ${userId}`, process.stderr);
  const sender = { id: userId, name: 'Somebody', avatar: null };
  for (let sent = 0; sent < messages; sent += AT_ONCE) {
    const part = Array.from({ length: Math.min(AT_ONCE, messages - sent) }, (_, i): MessageCreated => {
      const [key, n] = [nextKey(), sent + i];
      const room = clanRoom(`erasure-${n % rooms}`);
      const at = new Date().toISOString();
      return {
        ...{ type: 'MessageCreated', room, id: `msg.${key}`, at, messageId: key, sender },
        content: `what ${userId} said, number ${n}`,
      };
    });
    await Promise.all(part.map((event) => log.append(event)));
    bar(messages - sent - part.length);
  }
}

async function load(
  { running, secret }: SystemApart,
  { rate, seconds }: Plan,
  turn: number,
  meanwhile: () => Promise<void>,
): Promise<LoadReport> {
  const { gateways, http } = running;
  const people = { turn, characters: 0, rooms: 10, members: 10, rate, warmUpSeconds: 2, seconds };
  const generator = new LoadGenerator({ gateways, http, secret, ...people });
  try {
    await generator.reached('connected');
    await generator.reached('ready');
    progress(`${rate} messages a second for ${seconds} s`);
    generator.go();
    await meanwhile();
    await generator.reached('drained');
    return await generator.report();
  } finally {
    generator.stop();
  }
}

async function eraseOver({ running, secret }: SystemApart, userId: string): Promise<void> {
  const token = signDevelopmentToken(secret, { userId: 'bench', scope: 'service', seconds: 60 });
  const answer = await fetch(`${running.http}/players/${userId}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`${userId} was not erased: ${answer.status} ${await answer.text()}`);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUp = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > giveUp) throw new Error(`not in ${LIMIT_MS / 1_000} s: see the logs of the projector`);
    await sleep(50);
  }
}
