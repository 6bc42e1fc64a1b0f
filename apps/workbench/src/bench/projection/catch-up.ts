import { progressBar } from '#settings';
import { consumersPrefix } from '#projections';
import { median } from '../quantiles.js';
import { watchFolding } from './fold-watch.js';
import { checkRooms, type Ground, partsOf, startProjector, withReadModels } from './ground.js';
import { type Stretch, stretch } from './moments.js';

/** In turns, there and back again. The first one is what the others are compared with. */
const PROCESSES = [1, 2, 4];
/** The beginning is left out: processes start, and share the partitions. So is the end, when some have nothing left. */
const FROM = 0.05;
const TO = 0.95;

/** So many projectors on a log that was there before them, into an empty database: the medians of all rounds. */
export interface CatchUp {
  readonly processes: number;
  readonly eventsPerSecond: number;
  /** To one process, the median of the rounds' ratios. */
  readonly ratio: number;
  /** CPU seconds for an event, by part. Null where the system does not say. */
  readonly cpuPerEvent: Readonly<Record<string, number>> | null;
  /** How many cores each part kept busy, and everything on the machine. */
  readonly coresBusy: Readonly<Record<string, number>> | null;
  readonly allBusy: number;
}

export async function measureCatchUps(ground: Ground, rounds: number): Promise<CatchUp[]> {
  const all: Stretch[][] = [];
  for (let round = 1; round <= rounds; round++) {
    const ofRound: Stretch[] = [];
    const order = [...PROCESSES.keys()];
    for (const i of round % 2 === 1 ? order : order.reverse()) {
      ofRound[i] = await catchUp(ground, PROCESSES[i]!, `round-${round}-of-${PROCESSES[i]}`);
    }
    all.push(ofRound);
  }
  return PROCESSES.map((processes, i) => {
    const own = all.map((ofRound) => ofRound[i]!);
    return {
      processes,
      eventsPerSecond: median(own.map(rateOf)),
      ratio: median(all.map((ofRound) => rateOf(ofRound[i]!) / rateOf(ofRound[0]!))),
      cpuPerEvent: mediansOf(own, ({ events }) => events),
      coresBusy: mediansOf(own, ({ seconds }) => seconds),
      allBusy: median(own.map(({ busy, seconds }) => busy / seconds)),
    };
  });
}

const rateOf = ({ events, seconds }: Stretch): number => events / seconds;

/** Of each part, its CPU seconds divided by something. */
function mediansOf(stretches: readonly Stretch[], by: (stretch: Stretch) => number): Record<string, number> | null {
  const parts = new Map<string, number[]>();
  for (const stretch of stretches) {
    for (const { part, seconds } of stretch.cpu ?? []) {
      parts.set(part, [...(parts.get(part) ?? []), seconds / by(stretch)]);
    }
  }
  return parts.size > 0 ? Object.fromEntries([...parts].map(([part, values]) => [part, median(values)])) : null;
}

/**
 * Starts so many projectors on the whole log and an empty database, and has them fold all of it.
 * @param database another one each time
 * @returns what they did from when all of them were at work
 */
async function catchUp(ground: Ground, processes: number, database: string): Promise<Stretch> {
  const { servers, log, events } = ground;
  const names = Array.from({ length: processes }, () => database);
  const projectors = await Promise.all(names.map((name) => startProjector(servers, name)));
  const bar = progressBar(`Folding with ${processes} process${processes > 1 ? 'es' : ''}`, process.stderr);
  const moments = await watchFolding(log, 'timeline-1', events, partsOf(servers, projectors), bar);
  await Promise.all(projectors.map((projector) => projector.kill('SIGTERM')));
  await withReadModels(servers, database, async (readModels) => {
    await checkRooms(ground, readModels, 1);
    // The disk is for the next one, and so is the log.
    await readModels.remove('timeline', 1);
  });
  await log.removeConsumers(consumersPrefix('timeline-1'));
  const from = Math.max(FROM * events, moments[0]!.folded);
  if (from >= TO * events) {
    throw new Error(`${events} events are folded before ${processes} processes are at work: take more`);
  }
  return stretch(moments, from, TO * events);
}
