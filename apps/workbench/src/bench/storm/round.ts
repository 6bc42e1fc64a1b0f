import { setTimeout as sleep } from 'node:timers/promises';
import type { RoleProcess } from '../../apart/role-process.js';
import { busySeconds, cpuSeconds } from '../cpu-time.js';
import { quantile } from '../quantiles.js';
import type { Member } from './member.js';

/** Nobody should have to wait so long for anything. */
const LIMIT_MS = 120_000;
const LOOK_MS = 20;
const SETTLE_MS = 1_000;
/** A connection that stood so long makes up for the attempts before it: see the library. */
const STEADY_MS = 10_500;

/** Of one storm, in ms from the moment when all were cut. */
export interface Round {
  /** Until the last one, the middle one, and all but one of a hundred had a connection; were told all they had missed. */
  readonly connected: Times;
  readonly resumed: Times;
  readonly missed: number;
  /** Cores that were busy until all had resumed: of the gateway, of this process with all clients, of the machine. */
  readonly cores: { readonly gateway: number; readonly clients: number; readonly machine: number };
  readonly faults: readonly string[];
}

export interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly all: number;
}

export interface Stage {
  /** Each with the speaker of their own clan. */
  readonly clans: readonly { readonly speaker: Member; readonly members: readonly Member[] }[];
  /** Those whose gateway is killed, and those of the one that stays. */
  readonly doomed: RoleProcess;
  readonly staying: RoleProcess;
  readonly behind: number;
  /** Of those, in the global room. */
  readonly behindGlobal: number;
  /** From now on, or until then, the load balancer knows the doomed one. */
  readonly balance: (over: 'both' | 'staying') => void;
}

/**
 * While nothing arrives at the members, each of their rooms gets messages. Then one of two gateways is killed and all
 * connections are cut at the same moment, and everybody comes to the other one.
 */
export async function storm({ clans, doomed, staying, behind, behindGlobal, balance }: Stage): Promise<Round> {
  const members = clans.flatMap((clan) => clan.members);
  for (const member of members) member.deafen();
  const speakers = clans.map(({ speaker }) => speaker);
  const begin = clans.map(({ speaker }) => ({ ...speaker.lastN }));
  const global = Array.from({ length: behindGlobal }, (_, i) =>
    speakers[i % speakers.length]!.chat.send('global', say(i)),
  );
  const clan = speakers.flatMap(({ chat }) =>
    Array.from({ length: behind - behindGlobal }, (_, i) => chat.send('clan', say(i))),
  );
  await Promise.all([...global, ...clan]);
  const ends = begin.map((from) => ({ global: from.global + behindGlobal, clan: from.clan + behind - behindGlobal }));
  await until('the speakers hear it', () => speakers.every((speaker, i) => speaker.isAt(ends[i]!)));
  await sleep(SETTLE_MS);

  balance('staying');
  const gateway = cpuSeconds([staying.pid ?? -1]);
  const [own, machine, at] = [process.cpuUsage(), busySeconds(), performance.now()];
  const killed = doomed.kill();
  for (const member of members) member.cut();
  await until('all have resumed', () =>
    clans.every((each, i) => each.members.every((one) => one.isAt(ends[i]!))),
  ).catch(() => undefined);
  const seconds = (performance.now() - at) / 1_000;
  const { user, system } = process.cpuUsage(own);
  const cores = {
    gateway: gateway ? (cpuSeconds([staying.pid ?? -1])![0]! - gateway[0]!) / seconds : 0,
    clients: (user + system) / 1e6 / seconds,
    machine: (busySeconds() - machine) / seconds,
  };
  await killed;
  const missing = clans.flatMap((each, i) =>
    each.members.map(({ lastN }) => ends[i]!.global - lastN.global + ends[i]!.clan - lastN.clan),
  );
  return {
    connected: timesOf(members.map(({ connectedAt }) => connectedAt - at)),
    resumed: timesOf(members.map(({ toldAt }) => toldAt - at)),
    missed: missing.reduce((sum, each) => sum + each, 0),
    cores,
    faults: members.flatMap(({ faults }) => faults.splice(0)),
  };
}

/** Everybody on both gateways again. */
export async function calm({ clans, doomed, balance }: Stage): Promise<void> {
  await doomed.start();
  balance('both');
  const members = clans.flatMap((clan) => clan.members);
  for (const member of members) member.cut();
  await sleep(SETTLE_MS);
  await until('all are connected again', () => members.every(({ isConnected }) => isConnected));
  await sleep(STEADY_MS);
}

export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${LIMIT_MS / 1_000} s: ${what}`);
    await sleep(LOOK_MS);
  }
}

const say = (i: number): string => `${i} the quick brown fox jumps over the lazy dog`;

const timesOf = (values: readonly number[]): Times => ({
  p50: quantile(values, 0.5) ?? 0,
  p99: quantile(values, 0.99) ?? 0,
  all: quantile(values, 1) ?? 0,
});
