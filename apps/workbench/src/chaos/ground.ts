import { setTimeout as sleep } from 'node:timers/promises';
import { caughtUpWith, projections } from '#projections';
import { obtainNats, startNats, type StartNatsOptions } from '../../../standalone/src/servers/nats-server.js';
import { freePort } from '../../../standalone/src/servers/network.js';
import type { RunningServer } from '../../../standalone/src/servers/process.js';
import { NatsCluster } from '../nats-cluster.js';
import type { Breaking, Watched } from './breaking.js';
import { type ClusterFault, ClusterFaults } from './cluster-faults.js';
import { CutOff } from './cut-off.js';
import { releaseBefore } from '../upgrade/release-before.js';
import { nothingAckedAlone, reportOf } from './episodes.js';
import type { Evidence } from './evidence.js';
import { type Breakable, Faults } from './faults.js';
import { Upgrade } from './upgrade.js';

/** What a cluster runs before its servers are upgraded, one by one. */
const NATS_BEFORE = 'v2.14.10';
const NATS_AFTER = 'v2.15.1';
const LAG_LIMIT_MS = 30_000;

/** The NATS that everything stands on. */
export interface Ground {
  readonly nats: RunningServer;
  /** What roles are told because of it. */
  readonly env: Readonly<Record<string, string>>;
  /** The checkout whose roles are started; this one's by default. */
  readonly checkout?: string;
  stop(): Promise<void>;
  faults(
    roles: Omit<Breakable, 'breakNats'>,
    watched: Watched,
    random: () => number,
    say: (line: string) => void,
  ): Breaking;
}

/** One server, which is broken like everything else. */
export async function singleGround(options: StartNatsOptions): Promise<Ground> {
  const parts = { ...options, port: await freePort() };
  let nats = await startNats(parts);
  const breakNats = async (forMs: number): Promise<void> => {
    process.kill(nats.pid, 'SIGKILL');
    await sleep(forMs);
    nats = await startNats(parts);
  };
  return {
    nats,
    env: {},
    stop: () => nats.stop(),
    faults: (roles, _watched, random, say) => {
      const faults = new Faults({ ...roles, breakNats }, random, say);
      return Object.assign(faults, { judge: () => ({ kinds: [], findings: [] }) });
    },
  };
}

/**
 * Three servers, which are all that is broken; of an earlier release of NATS at first, where that can be had.
 * @param only what is done to them; all kinds by default
 */
export async function clusterGround(
  options: StartNatsOptions,
  _folder: string,
  only: readonly ClusterFault[],
): Promise<Ground> {
  const before = await obtainNats({ ...options, version: NATS_BEFORE }).catch((error: unknown) => {
    options.log(`no server is upgraded, only replaced: ${(error as Error).message}`);
    return null;
  });
  const cluster = await NatsCluster.start({ ...options, cuttable: true, ...(before && { version: NATS_BEFORE }) });
  options.log(`three ${cluster.taken}`);
  const { url } = cluster;
  const nats: RunningServer = { url, taken: 'three nats-servers', pid: 0, stop: () => Promise.resolve() };
  return {
    nats,
    env: { EVENT_STREAM_REPLICAS: '3' },
    stop: () => cluster.stop(),
    faults: (_roles, watched, random, say) => {
      const { servers: _, ...ofLog } = watched.ofLog;
      const cutOff = new CutOff(cluster, ofLog);
      const caughtUp = () => untilCaughtUp(watched);
      const upgradeTo = before && NATS_AFTER;
      const faults = new ClusterFaults({ cluster, cutOff, upgradeTo, caughtUp }, random, say, only);
      const judge = (evidence: Evidence) => ({
        kinds: reportOf(faults.episodes, evidence),
        findings: cutOff.asked > 0 ? [nothingAckedAlone(cutOff.asked, cutOff.acked)] : [],
      });
      return Object.assign(faults, { judge });
    },
  };
}

/** One server, and roles of the release before, which are replaced. */
export async function upgradeGround(options: StartNatsOptions, folder: string): Promise<Ground> {
  const checkout = await releaseBefore(options.cacheDir, options.log);
  const nats = await startNats(options);
  return {
    nats,
    env: {},
    checkout,
    stop: () => nats.stop(),
    faults: (roles, watched, _random, say) =>
      new Upgrade({ ...roles, ...watched, folder, caughtUp: () => untilCaughtUp(watched) }, say),
  };
}

/** What the log holds by now is folded. */
async function untilCaughtUp({ log, readModels }: Watched): Promise<void> {
  const deadline = performance.now() + LAG_LIMIT_MS;
  for (const projection of [projections.timeline, projections.directory]) {
    const isCaughtUp = caughtUpWith(log, projection, readModels);
    const holds = async () => {
      const versions = await readModels.versions.read(projection.name);
      return versions !== null && isCaughtUp(versions.serving.number);
    };
    while (!(await holds().catch(() => false))) {
      if (performance.now() > deadline) throw new Error(`${projection.name} is behind after ${LAG_LIMIT_MS / 1_000} s`);
      await sleep(50);
    }
  }
}
