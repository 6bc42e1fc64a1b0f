import { type Machine, machineLine } from '../machine.js';
import { median, rounded } from '../quantiles.js';
import type { Round, Times } from './round.js';

export interface StormFigures {
  readonly clients: number;
  readonly clans: number;
  readonly behind: number;
  readonly rounds: readonly Round[];
  readonly machine: Machine;
}

function summary({ rounds }: StormFigures) {
  const middle = (figure: (round: Round) => number, digits = 0) => rounded(median(rounds.map(figure)), digits);
  const times = (of: (round: Round) => Times) => ({
    p50: middle((round) => of(round).p50),
    p99: middle((round) => of(round).p99),
    all: middle((round) => of(round).all),
  });
  return {
    connectedMs: times(({ connected }) => connected),
    resumedMs: times(({ resumed }) => resumed),
    allResumedMs: rounds.map(({ resumed }) => Math.round(resumed.all)),
    missed: rounds.reduce((sum, { missed }) => sum + missed, 0),
    cores: {
      gateway: middle(({ cores }) => cores.gateway, 2),
      clients: middle(({ cores }) => cores.clients, 2),
      machine: middle(({ cores }) => cores.machine, 2),
    },
    faults: rounds.flatMap(({ faults }) => faults),
  };
}

/** As `--json` prints it: medians of the rounds, times in ms. */
export function stormJson(figures: StormFigures): object {
  const { clients, clans, behind, rounds, machine } = figures;
  return { benchmark: 'storm', clients, clans, behind, rounds: rounds.length, ...summary(figures), machine };
}

const FAULTS_SHOWN = 20;

export function stormText(figures: StormFigures): string {
  const { clients, clans, behind, rounds, machine } = figures;
  const { connectedMs, resumedMs, allResumedMs, missed, cores, faults } = summary(figures);
  const line = ({ p50, p99, all }: Times) => `p50 ${p50} ms, p99 ${p99} ms, all ${all} ms`;
  return [
    ['storm', `${clients} clients in ${clans} clans and the global room, cut at once, each ${behind} messages behind`],
    ['connected', line(connectedMs)],
    ['resumed', line(resumedMs)],
    ['rounds', `medians of ${rounds.length}; all had resumed after ${allResumedMs.join(', ')} ms`],
    ['missed', String(missed)],
    ['cores busy', `gateway ${cores.gateway}, clients ${cores.clients}, machine ${cores.machine}`],
    ['machine', machineLine(machine)],
    ...faults.slice(0, FAULTS_SHOWN).map((fault) => ['FAULT', fault]),
  ]
    .map(([name, text]) => `${name!.padEnd(10)} ${text}`)
    .join('\n');
}
