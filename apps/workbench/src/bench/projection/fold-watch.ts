import { setTimeout as sleep } from 'node:timers/promises';
import { PARTITIONS } from '#domain';
import type { EventLog } from '#event-store';
import { consumersOf, pendingOf } from '#projections';
import { busySeconds, cpuByPart, type PartProcess } from '../cpu-time.js';
import type { Moment } from './moments.js';

/** The log answers with figures of at most a second ago, so asking more often shows nothing more. */
const EVERY_MS = 1_050;
/** When nothing is folded for so long, nothing is coming. */
const SILENCE_MS = 60_000;

/**
 * Looks once a second how many of the log's events are folded for good, until all are.
 * @param group the version of the projection, as its consumers are named
 * @param onLeft is told how many are left
 * @throws Error where it does not go on
 */
export async function watchFolding(
  log: EventLog,
  group: string,
  events: number,
  processes: readonly PartProcess[],
  onLeft: (left: number) => void,
): Promise<Moment[]> {
  const moments: Moment[] = [];
  for (let since = performance.now(); ;) {
    const left = await unfolded(log, group);
    const at = performance.now();
    const last = moments.at(-1);
    if (left !== null && (!last || events - left > last.folded)) {
      moments.push({ at, folded: events - left, cpu: cpuByPart(processes), busy: busySeconds() });
      since = at;
      onLeft(left);
      if (left === 0) return moments;
    } else if (at - since > SILENCE_MS) {
      throw new Error(`${left ?? 'all'} events are left, and nobody folds them: see the logs of the projectors`);
    }
    await sleep(EVERY_MS);
  }
}

/** Null while a partition has no consumer. */
async function unfolded(log: EventLog, group: string): Promise<number | null> {
  const consumers = consumersOf(group, await log.consumers());
  return consumers.size < PARTITIONS ? null : pendingOf(consumers.values());
}
