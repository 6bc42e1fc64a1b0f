import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Calls `send` for 0, 1, 2 … `count - 1`, each when it is due, at a constant rate from `start` on. A late one does not
 * move those after it: what waits because the system, or this process, was slow counts as latency.
 * @param start of performance.now()
 * @returns how late each was, ms
 */
export async function atScheduledTimes(
  start: number,
  perSecond: number,
  count: number,
  send: (k: number) => void,
): Promise<Float64Array> {
  const late = new Float64Array(count);
  for (let k = 0; ;) {
    const now = performance.now();
    for (; k < count && dueAt(start, perSecond, k) <= now; k++) {
      late[k] = now - dueAt(start, perSecond, k);
      send(k);
    }
    if (k === count) return late;
    await sleep(Math.max(dueAt(start, perSecond, k) - now, 0));
  }
}

export const dueAt = (start: number, perSecond: number, k: number): number => start + (k * 1_000) / perSecond;
