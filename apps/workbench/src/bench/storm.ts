import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '#settings';
import { startSystemApart, type SystemApart } from '../apart/system-apart.js';
import { machineOf } from './machine.js';
import { Options } from './options.js';
import { Member } from './storm/member.js';
import { stormJson, stormText } from './storm/report.js';
import { calm, type Round, type Stage, storm as oneStorm, until } from './storm/round.js';

const USAGE = 'usage: npm run bench:storm -- [--clients 1000] [--clans 50] [--behind 100] [--rounds 5] [--json]';
/** Of what somebody missed, this share was said in the global room. */
const IN_GLOBAL = 0.1;
/** At first they come one after the other. */
const CONNECT_GAP_MS = 10;

const progress = (line: string): void => {
  console.error(line);
};

/** Everybody is cut off at once, and comes back. Answers whether nobody missed anything. */
export async function storm(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['clients', 'clans', 'behind', 'rounds'], ['json'], USAGE);
  const clients = options.number('clients', 1_000, 1, 10_000);
  const clans = options.number('clans', 50, 1, clients);
  const behind = options.number('behind', 100, 1, 1_000);
  const rounds = options.number('rounds', 5, 1, 100);
  progress('starting the servers and the roles, each a process of its own');
  const system = await startSystemApart({
    ...{ folder: join(folders.dataFolder, 'bench', 'storm'), fresh: true, cacheFolder: folders.cacheFolder },
    // Few speak for many, and all ask from one address.
    env: { ...{ APPENDS_BURST: '100000', FRAMES_BURST: '100000' }, HTTP_REQUESTS_PER_SECOND: '10000' },
    say: progress,
  });
  const members: Member[] = [];
  try {
    const stage = await setUp(system, { clients, clans, behind }, members);
    const done: Round[] = [];
    while (done.length < rounds) {
      if (done.length > 0) await calm(stage);
      done.push(await oneStorm(stage));
      progress(`round ${done.length} of ${rounds}: ${JSON.stringify(done.at(-1))}`);
    }
    const figures = { clients, clans, behind, rounds: done, machine: machineOf(system) };
    console.log(options.flag('json') ? JSON.stringify(stormJson(figures)) : stormText(figures));
    return done.every(({ missed, faults }) => missed === 0 && faults.length === 0);
  } finally {
    for (const { chat } of members) chat.disconnect();
    await system.close();
  }
}

async function setUp(
  { secret, running: { http, gateways: urls }, gateways }: SystemApart,
  { clients, clans, behind }: { readonly clients: number; readonly clans: number; readonly behind: number },
  all: Member[],
): Promise<Stage> {
  const [doomed, staying] = gateways as [(typeof gateways)[0], (typeof gateways)[0]];
  let known: readonly string[] = urls;
  let turn = 0;
  const balancer = { next: () => known[turn++ % known.length]! };
  const ofSpeakers = { next: () => urls[1]! };
  const person = (userId: string, clan: number) => ({ userId, clanId: `storm-${clan}`, secret, http });
  const byClan = Array.from({ length: clans }, (_, clan) => ({
    speaker: new Member({ ...person(`speaker-${clan}`, clan), balancer: ofSpeakers }),
    members: [] as Member[],
  }));
  for (let i = 0; i < clients; i++) {
    byClan[i % clans]!.members.push(new Member({ ...person(`member-${i}`, i % clans), balancer }));
  }
  all.push(...byClan.flatMap(({ speaker, members }) => [speaker, ...members]));
  for (const { chat } of all) {
    chat.connect();
    await sleep(CONNECT_GAP_MS);
  }
  await until('everybody is connected', () => all.every(({ isConnected }) => isConnected));
  progress(`${clients} clients are connected, and a speaker in each of ${clans} clans`);
  const behindGlobal = Math.round(behind * IN_GLOBAL);
  const balance = (over: 'both' | 'staying'): void => {
    known = over === 'both' ? urls : urls.slice(1);
  };
  return { clans: byClan, doomed, staying, behind, behindGlobal, balance };
}
