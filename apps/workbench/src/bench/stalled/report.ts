import { type Machine, machineLine } from '../machine.js';
import { median, rounded } from '../quantiles.js';
import type { Memory } from './memory.js';

export type Beside = 'nobody' | 'reading' | 'stalled';

/** One period: a load, and who was beside it. */
export interface Period {
  readonly beside: Beside;
  readonly p50: number;
  readonly p99: number;
  /** Of a core; null where the system does not say. */
  readonly gatewayCpu: number | null;
  readonly memory: Memory;
  /** Bystanders who were cut meanwhile. */
  readonly cut: number;
  readonly lost: number;
  readonly faults: readonly string[];
}

export interface StalledFigures {
  readonly readers: number;
  readonly bystanders: number;
  readonly rate: number;
  readonly seconds: number;
  readonly periods: readonly Period[];
  readonly machine: Machine;
}

interface Row {
  readonly beside: Beside;
  readonly p50: number;
  readonly p99: number;
  /** To those of the same round with nobody beside, medians of the ratios. */
  readonly p50Ratio: number;
  readonly p99Ratio: number;
  readonly gatewayCpu: number;
  readonly processMegabytes: number;
  readonly tcpMegabytes: number;
  readonly cut: number;
}

function rowsOf(periods: readonly Period[]): Row[] {
  const of = (beside: Beside) => periods.filter((period) => period.beside === beside);
  const alone = of('nobody');
  return (['nobody', 'reading', 'stalled'] as const).map((beside) => {
    const some = of(beside);
    const middle = (figure: (period: Period, round: number) => number) => median(some.map(figure));
    return {
      beside,
      p50: rounded(
        middle(({ p50 }) => p50),
        1,
      ),
      p99: rounded(
        middle(({ p99 }) => p99),
        1,
      ),
      p50Ratio: rounded(
        middle(({ p50 }, round) => p50 / alone[round]!.p50),
        2,
      ),
      p99Ratio: rounded(
        middle(({ p99 }, round) => p99 / alone[round]!.p99),
        2,
      ),
      gatewayCpu: rounded(
        middle(({ gatewayCpu }) => gatewayCpu ?? 0),
        3,
      ),
      processMegabytes: Math.round(Math.max(...some.map(({ memory }) => memory.process)) / 1e6),
      tcpMegabytes: Math.round(Math.max(...some.map(({ memory }) => memory.tcp)) / 1e6),
      cut: middle(({ cut }) => cut),
    };
  });
}

export const faultsOf = ({ periods }: StalledFigures): string[] => periods.flatMap(({ faults }) => faults);

/** As `--json` prints it: times in ms, the gateway's CPU as a share of a core. */
export function stalledJson(figures: StalledFigures): object {
  const { readers, bystanders, rate, seconds, periods, machine } = figures;
  const plan = { readers, bystanders, rate, seconds, rounds: periods.length / 3 };
  return { benchmark: 'stalled', ...plan, beside: rowsOf(periods), machine, faults: faultsOf(figures) };
}

export function stalledText(figures: StalledFigures): string {
  const { readers, bystanders, rate, seconds, periods, machine } = figures;
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(16) : cell.padStart(18))).join('');
  return [
    `${readers} readers are told ${rate} msg/s for ${seconds} s; beside them nobody, ${bystanders} who read, or who never do`,
    line(['beside', 'p50', 'p99', "gateway's CPU", 'its memory', "kernel's sockets", 'cut']),
    ...rowsOf(periods).map((row) =>
      line([
        row.beside,
        `${row.p50} ms (${row.p50Ratio.toFixed(2)}x)`,
        `${row.p99} ms (${row.p99Ratio.toFixed(2)}x)`,
        `${(row.gatewayCpu * 100).toFixed(0)} %`,
        `${row.processMegabytes} MB`,
        `${row.tcpMegabytes} MB`,
        String(row.cut),
      ]),
    ),
    `machine  ${machineLine(machine)}`,
    ...faultsOf(figures).map((fault) => `FAULT  ${fault}`),
  ].join('\n');
}
