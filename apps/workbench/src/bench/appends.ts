import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { clanRoom, keySequence, type MessageCreated } from '#domain';
import { EventLog } from '#event-store';
import type { Config } from '#settings';
import { startNats } from '../../../standalone/src/servers/nats-server.js';
import { NatsCluster } from '../nats-cluster.js';
import { cpuSeconds } from './cpu-time.js';
import { machineLine, machineOf } from './machine.js';
import { Options } from './options.js';
import { median, quantile, rounded } from './quantiles.js';

const USAGE =
  'usage: npm run bench:appends -- [--senders 500] [--seconds 5] [--rounds 4] [--fast-ack] [--cluster] [--json]';
const ROOMS = 100;
const TEXT = 'the quick brown fox jumps over the lazy dog, and the dog does not mind at all';
const WARM_UP_MS = 1_500;

const nextKey = keySequence(randomBytes(8));

/** What one period came to. */
interface Period {
  readonly rate: number;
  /** From the call to the answer, ms. */
  readonly p50: number;
  readonly p99: number;
  /** µs for each event; null where the system does not say. */
  readonly server: number | null;
  readonly client: number;
  readonly isWhole: boolean;
}

/**
 * How many events are stored a second where many senders wait for their answers, each for one at a time: where what waits
 * goes together and where it does not, in turns. Answers whether each was stored once, in its sender's order.
 */
export async function appends(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['senders', 'seconds', 'rounds'], ['fast-ack', 'cluster', 'json'], USAGE);
  const senders = options.number('senders', 500, 1, 5_000);
  const ms = 1_000 * options.number('seconds', 5, 1, 600);
  const rounds = options.number('rounds', 4, 1, 100);
  const dataDir = join(folders.dataFolder, 'bench', 'appends');
  rmSync(dataDir, { recursive: true, force: true });
  const log = (line: string): void => {
    console.error(line);
  };
  const start = { cacheDir: folders.cacheFolder, dataDir, log, durable: !options.flag('fast-ack') };
  const servers = options.flag('cluster') ? await NatsCluster.start(start) : await startNats(start);
  const [replicas, pids] = servers instanceof NatsCluster ? [3, servers.pids] : [1, [servers.pid]];
  try {
    const open = await Promise.all([true, false].map((both) => openLog(servers.url, both, replicas)));
    const [together, apart] = open as [EventLog, EventLog];
    const pairs: { readonly batches: Period; readonly singles: Period }[] = [];
    for (let round = 0; round < rounds; round++) {
      const of = (stream: EventLog) => measure(stream, senders, ms, pids);
      const [first, second] = round % 2 === 0 ? [together, apart] : [apart, together];
      const [one, other] = [await of(first), await of(second)];
      pairs.push(round % 2 === 0 ? { batches: one, singles: other } : { batches: other, singles: one });
      log(`${round + 1} of ${rounds}: ${one.rate} and ${other.rate} a second`);
    }
    await Promise.all(open.map((each) => each.close()));
    const middle = (values: readonly (number | null)[]) =>
      values.includes(null) ? null : rounded(median(values as number[]), 1);
    const figuresOf = (way: 'batches' | 'singles') =>
      Object.fromEntries(
        (['rate', 'p50', 'p99', 'server', 'client'] as const).map((figure) => [
          figure,
          middle(pairs.map((pair) => pair[way][figure])),
        ]),
      );
    const figures = {
      ...{ senders, rounds, replicas, syncs: !options.flag('fast-ack') },
      ...{ batches: figuresOf('batches'), singles: figuresOf('singles') },
      ratio: middle(pairs.map(({ batches, singles }) => batches.rate / singles.rate)),
      isWhole: pairs.every(({ batches, singles }) => batches.isWhole && singles.isWhole),
      machine: machineLine(machineOf({ nats: servers, mongodb: { taken: 'no database' } })),
    };
    console.log(options.flag('json') ? JSON.stringify(figures) : textOf(figures));
    return figures.isWhole;
  } finally {
    await servers.stop();
  }
}

type Figures = Readonly<Record<string, number | null>>;

function textOf(figures: {
  readonly batches: Figures;
  readonly singles: Figures;
  readonly ratio: number | null;
  readonly senders: number;
  readonly rounds: number;
  readonly isWhole: boolean;
  readonly machine: string;
}): string {
  const line = (name: string, f: Figures): string =>
    `${name}: ${f['rate']} events/s; p50 ${f['p50']} ms, p99 ${f['p99']} ms; ` +
    `CPU for each: server ${f['server']} µs, sender ${f['client']} µs`;
  return [
    `${figures.senders} senders, medians of ${figures.rounds} pairs`,
    line('together', figures.batches),
    line('one by one', figures.singles),
    `${figures.ratio}x; ${figures.isWhole ? 'each stored once, in its order' : 'NOT each stored once in its order'}`,
    figures.machine,
  ].join('\n');
}

async function openLog(servers: string, together: boolean, replicas: number): Promise<EventLog> {
  const stream = together ? 'TOGETHER' : 'APART';
  const options = { servers, stream, prefix: stream.toLowerCase(), name: 'parley-bench', replicas, synced: together };
  const log = await EventLog.connect(options);
  await log.setUp();
  return log;
}

async function measure(log: EventLog, senders: number, ms: number, pids: readonly number[]): Promise<Period> {
  const before = await log.lastSeq();
  const sent: number[][] = Array.from({ length: senders }, () => []);
  const took: number[] = [];
  let [counting, ending] = [false, false];
  const send = async (sender: number): Promise<void> => {
    while (!ending) {
      const begun = performance.now();
      const outcome = await log.append(message(sender));
      if (outcome === 'conflict') throw new Error('an event without an expectation was refused');
      sent[sender]!.push(outcome.seq);
      if (counting) took.push(performance.now() - begun);
    }
  };
  const all = Promise.all(sent.map((_, sender) => send(sender)));
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
  const [cpu, own, begun] = [cpuSeconds(pids), process.cpuUsage(), performance.now()];
  counting = true;
  await new Promise((resolve) => setTimeout(resolve, ms));
  counting = false;
  const [lasted, used] = [performance.now() - begun, process.cpuUsage(own)];
  const later = cpuSeconds(pids);
  ending = true;
  await all;
  const server = cpu && later ? later.reduce((sum, seconds, i) => sum + seconds - cpu[i]!, 0) : null;
  const seqs = sent.flat();
  const isInOrder = sent.every((own) => own.every((seq, i) => i === 0 || seq > own[i - 1]!));
  return {
    rate: Math.round((took.length / lasted) * 1_000),
    p50: quantile(took, 0.5) ?? 0,
    p99: quantile(took, 0.99) ?? 0,
    server: server === null ? null : (server * 1e6) / took.length,
    client: (used.user + used.system) / took.length,
    isWhole: isInOrder && new Set(seqs).size === seqs.length && (await log.lastSeq()) - before === seqs.length,
  };
}

function message(sender: number): MessageCreated {
  const key = nextKey();
  return {
    ...{ type: 'MessageCreated', room: clanRoom(String(sender % ROOMS)), id: `msg.${key}`, messageId: key },
    ...{ at: new Date().toISOString(), content: TEXT },
    sender: { id: String(sender), name: 'Ada Lovelace', avatar: null },
  };
}
