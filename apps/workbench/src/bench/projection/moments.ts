import { cpuBetween, type PartCpu } from '../cpu-time.js';

/** How far the folding was at some time. */
export interface Moment {
  /** Of performance.now(), ms. */
  readonly at: number;
  readonly folded: number;
  /** What each part had used by then; null where that is not known. */
  readonly cpu: readonly PartCpu[] | null;
  /** What all cores had been busy for by then, s. */
  readonly busy: number;
}

/** What happened between two moments. */
export interface Stretch {
  readonly events: number;
  readonly seconds: number;
  /** Null where that is not known. */
  readonly cpu: readonly PartCpu[] | null;
  /** What all cores were busy for, with whatever it was, s. */
  readonly busy: number;
}

/**
 * From where so many events were folded to where so many more were: between two moments that were seen, it is taken to
 * have gone on evenly.
 */
export function stretch(moments: readonly Moment[], from: number, to: number): Stretch {
  const [start, end] = [momentOf(moments, from), momentOf(moments, to)];
  return {
    events: end.folded - start.folded,
    seconds: (end.at - start.at) / 1_000,
    cpu: cpuBetween(start.cpu, end.cpu),
    busy: end.busy - start.busy,
  };
}

function momentOf(moments: readonly Moment[], folded: number): Moment {
  const next = moments.findIndex((moment) => moment.folded >= folded);
  const after = moments[next];
  if (!after) throw new RangeError(`nobody saw ${folded} events folded`);
  const before = moments[next - 1];
  if (!before) return after;
  const share = (folded - before.folded) / (after.folded - before.folded);
  const mix = (one: number, other: number) => one + share * (other - one);
  const { cpu } = before;
  return {
    at: mix(before.at, after.at),
    folded,
    busy: mix(before.busy, after.busy),
    cpu:
      cpu && after.cpu && after.cpu.map(({ part, seconds }, i) => ({ part, seconds: mix(cpu[i]!.seconds, seconds) })),
  };
}
