import { setTimeout as sleep } from 'node:timers/promises';
import type { RoleProcess } from '../../apart/role-process.js';
import { busySeconds, cpuBetween, cpuByPart } from '../cpu-time.js';
import { type Ground, partsOf } from './ground.js';
import { LiveLoad, type LoadTimes } from './live-load.js';

/** Of what one process folds at most. */
const SHARES = [1 / 2, 1 / 4];
const WARM_UP_SECONDS = 3;
/** So that what the warm-up left to be saved is not counted. */
const SETTLE_MS = 1_000;

export interface Lag {
  /** Of the rate at which one process catches up. */
  readonly share: number;
  /** Events a second. */
  readonly rate: number;
  readonly times: LoadTimes;
  /** How many cores each part kept busy, the generator among them. Null where the system does not say. */
  readonly coresBusy: Readonly<Record<string, number>> | null;
  /** How many everything on the machine did. */
  readonly allBusy: number;
}

/** How far one projector that has caught up is behind new messages, at some rates. */
export async function measureLags(
  { servers, log, conversation }: Ground,
  projector: RoleProcess,
  most: number,
  seconds: number,
): Promise<Lag[]> {
  const load = new LiveLoad(log, conversation);
  await load.listen();
  const parts = partsOf(servers, [projector]);
  const lags: Lag[] = [];
  for (const share of SHARES) {
    const rate = Math.max(Math.round(most * share), 1);
    await load.run(rate, WARM_UP_SECONDS);
    await sleep(SETTLE_MS);
    const own = process.cpuUsage();
    const busy = busySeconds();
    const before = cpuByPart(parts);
    const start = performance.now();
    const times = await load.run(rate, seconds);
    const elapsed = (performance.now() - start) / 1_000;
    const allBusy = (busySeconds() - busy) / elapsed;
    const used = cpuBetween(before, cpuByPart(parts));
    const { user, system } = process.cpuUsage(own);
    const all = used && [...used, { part: 'generator', seconds: (user + system) / 1e6 }];
    const coresBusy = all && Object.fromEntries(all.map((one) => [one.part, one.seconds / elapsed]));
    lags.push({ share, rate, times, coresBusy, allBusy });
  }
  return lags;
}
