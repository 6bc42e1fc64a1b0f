import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '#settings';
import type { RoleProcess } from '../apart/role-process.js';
import { startSystemApart, type SystemApart } from '../apart/system-apart.js';
import { cpuBetween, cpuByPart, type PartCpu, processesOf, totalOf } from './cpu-time.js';
import { Idlers } from './idle/idlers.js';
import { type Machine, machineLine, machineOf } from './machine.js';
import { Options } from './options.js';
import { rounded } from './quantiles.js';
import { residentBytes } from './stalled/memory.js';

const USAGE = 'usage: npm run bench:idle -- [--connections 8000] [--groups 4] [--members 10] [--seconds 30] [--json]';
/** Those who come first, so that what a gateway needs for anybody at all is not counted. */
const FIRST = 500;
/** For what connecting has left to be done. */
const SETTLE_MS = 3_000;
const COLLECTED_MS = 500;

const progress = (line: string): void => {
  console.error(line);
};

interface IdleFigures {
  readonly connections: number;
  readonly members: number;
  readonly seconds: number;
  /** The gateway's memory in bytes: before them, and after each group. */
  readonly resident: readonly number[];
  /** Of all roles and servers while nothing happens. */
  readonly cpu: readonly PartCpu[] | null;
  readonly faults: readonly string[];
  readonly machine: Machine;
}

/** What connections cost by which nothing is said. Answers whether all of them stayed. */
export async function idle(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['connections', 'groups', 'members', 'seconds'], ['json'], USAGE);
  const groups = options.number('groups', 4, 1, 20);
  const members = options.number('members', 10, 1, 100);
  const perGroup = Math.ceil(options.number('connections', 8_000, 100, 20_000) / groups / members) * members;
  const seconds = options.number('seconds', 30, 1, 3_600);
  if (process.platform !== 'linux') throw new Error('only Linux tells what a process has in memory');
  progress('starting the servers and the roles, each a process of its own');
  const collect = new URL('./idle/collect-on-signal.js', import.meta.url).href;
  const system = await startSystemApart({
    ...{ folder: join(folders.dataFolder, 'bench', 'idle'), fresh: true, cacheFolder: folders.cacheFolder },
    ...{ gateways: 1, say: progress },
    env: {
      ...{ CONNECTS_PER_SECOND: '100000', CONNECTS_BURST: '1000000' },
      NODE_OPTIONS: `--expose-gc --import=${collect}`,
    },
  });
  const idlers = new Idlers();
  try {
    const [gateway] = system.gateways as [RoleProcess];
    const resident: number[] = [];
    for (let turn = 0; turn <= groups; turn++) {
      const rooms = (turn === 0 ? FIRST : perGroup) / members;
      const { gateways } = system.running;
      await idlers.join({ gateways, secret: system.secret, turn, rooms: Math.ceil(rooms), members });
      await sleep(SETTLE_MS);
      resident.push(await residentAfterCollecting(gateway));
      progress(`${turn * perGroup} connections: ${rounded(resident.at(-1)! / 1e6, 1)} MB`);
    }
    const cpu = await cpuOf(system, seconds);
    const figures: IdleFigures = {
      ...{ connections: perGroup * groups, members, seconds, resident, cpu, faults: idlers.faults },
      machine: machineOf(system),
    };
    console.log(options.flag('json') ? JSON.stringify(idleJson(figures)) : idleText(figures));
    return idlers.faults.length === 0;
  } finally {
    idlers.leave();
    await system.close();
  }
}

async function residentAfterCollecting(gateway: RoleProcess): Promise<number> {
  process.kill(gateway.pid!, 'SIGUSR2');
  await sleep(COLLECTED_MS);
  // It answers nothing while it collects.
  await gateway.isReady(30_000);
  return residentBytes(gateway.pid!);
}

async function cpuOf(system: SystemApart, seconds: number): Promise<readonly PartCpu[] | null> {
  progress(`nothing happens for ${seconds} s`);
  await sleep(SETTLE_MS);
  const processes = processesOf(system);
  const before = cpuByPart(processes);
  await sleep(seconds * 1_000);
  return cpuBetween(before, cpuByPart(processes));
}

/** Of each connection: of those between two measurements, the first and the last by default. */
const kilobytesEach = ({ resident, connections }: IdleFigures, from = 0, to = resident.length - 1): number =>
  rounded(((resident[to]! - resident[from]!) * (resident.length - 1)) / (to - from) / connections / 1_024, 2);

const byGroup = (figures: IdleFigures): number[] =>
  figures.resident.slice(1).map((_, group) => kilobytesEach(figures, group, group + 1));

function idleJson(figures: IdleFigures): object {
  const { connections, members, seconds, resident, cpu, faults, machine } = figures;
  return {
    ...{ benchmark: 'idle', connections, members, seconds, kilobytesEach: kilobytesEach(figures) },
    ...{ kilobytesEachByGroup: byGroup(figures), gatewayBytes: resident },
    coresBusy: cpu && rounded(totalOf(cpu) / seconds, 4),
    coresBusyByPart: cpu && Object.fromEntries(cpu.map((part) => [part.part, rounded(part.seconds / seconds, 4)])),
    ...{ machine, faults },
  };
}

function idleText(figures: IdleFigures): string {
  const { connections, members, seconds, resident, cpu, faults, machine } = figures;
  const ofCore = (spent: number) => (spent / seconds).toFixed(3);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  return [
    `${connections} connections in rooms of ${members}, and nothing is said`,
    `memory   ${kilobytesEach(figures)} KB a connection (by groups: ${byGroup(figures).join(', ')}); the gateway has ${megabytes(resident[0]!)} MB before them, ${megabytes(resident.at(-1)!)} MB with them`,
    `CPU      ${cpu ? `${ofCore(totalOf(cpu))} of a core (${cpu.map((part) => `${part.part} ${ofCore(part.seconds)}`).join(', ')})` : 'n/a'}`,
    `machine  ${machineLine(machine)}`,
    ...faults.map((fault) => `FAULT    ${fault}`),
  ].join('\n');
}
