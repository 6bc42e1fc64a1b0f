import { setTimeout as sleep } from 'node:timers/promises';
import { oneOf } from '../seeded-random.js';
import type { NatsCluster } from '../nats-cluster.js';
import type { CutOff } from './cut-off.js';

export interface Attacked {
  readonly cluster: NatsCluster;
  /** Asks one that is cut off to store something. */
  readonly cutOff: CutOff;
  /** What nodes that are replaced run from then on; null for what they ran before. */
  readonly upgradeTo: string | null;
  /** Resolves once everything that the log holds by then is folded, or rejects after a time. */
  readonly caughtUp: () => Promise<void>;
}

export const clusterFaults = {
  leader: 'kill -9 of the leader of the events',
  leaderCutOff: 'the leader of the events cut off from the others',
  replaced: 'a server replaced, gently',
  gatewayServer: 'kill -9 of a server that a gateway is connected to',
  follower: 'kill -9 of a follower',
  projectorServer: 'kill -9 of a server that a projector is connected to',
  cut: 'the way between two servers cut',
} as const;

export type ClusterFault = keyof typeof clusterFaults;

/** NATS by itself took up to a minute to bring a server up to date that had led, and was cut off. */
const WHOLE_LIMIT_MS = 180_000;

/** Between two faults. */
const SETTLE_MS = 1_000;

/** The leader again and again. */
const order: readonly ClusterFault[] = [
  ...(['leader', 'gatewayServer', 'replaced', 'leaderCutOff', 'leader'] as const),
  ...(['follower', 'replaced', 'cut', 'projectorServer', 'leader', 'leaderCutOff', 'replaced'] as const),
];

/** One fault, from its beginning until everything is as it should be again; times are in ms since 1970. */
export interface Episode {
  readonly kind: ClusterFault;
  readonly from: number;
  to: number;
  /** Until lag was 0 once it was mended, ms; null where that took too long. */
  caughtUpMs: number | null;
  /** Until each server had all there is; null where nobody waited for that. */
  wholeMs: number | null;
}

/**
 * Breaks a cluster of nats-servers under load, one fault after the other, each of them mended before the next: those that
 * are named, in turn, or all kinds.
 */
export class ClusterFaults {
  readonly episodes: Episode[] = [];
  readonly failures: string[] = [];
  readonly made = new Map<string, number>();
  readonly #order: readonly ClusterFault[];
  #stopping = false;
  #running: Promise<void> = Promise.resolve();
  #replaced = 0;

  constructor(
    private readonly system: Attacked,
    private readonly random: () => number,
    private readonly say: (line: string) => void,
    only: readonly ClusterFault[] = [],
  ) {
    this.#order = only.length > 0 ? only : order;
  }

  start(): void {
    this.#running = this.#run().catch((error: unknown) => {
      this.failures.push(String(error));
    });
  }

  /** The fault that is under way comes to its end. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#stopping; turn++) {
      const kind = this.#order[turn % this.#order.length]!;
      this.made.set(clusterFaults[kind], (this.made.get(clusterFaults[kind]) ?? 0) + 1);
      const episode: Episode = { kind, from: Date.now(), to: Infinity, caughtUpMs: null, wholeMs: null };
      this.episodes.push(episode);
      const done = await this.#bring(kind);
      const mendedAt = performance.now();
      episode.caughtUpMs = await this.system.caughtUp().then(
        () => performance.now() - mendedAt,
        () => null,
      );
      episode.to = Date.now();
      const { caughtUpMs } = episode;
      const end = caughtUpMs === null ? 'NOT within its time' : `${Math.round(caughtUpMs)} ms after it was mended`;
      this.say(`${clusterFaults[kind]}: ${done}; lag 0 ${end}`);
      // The next fault would take the second of three copies where one has not all of it yet.
      if (await this.#isWhole()) episode.wholeMs = performance.now() - mendedAt;
      await sleep(SETTLE_MS);
    }
  }

  /** Waits for it; false where this is to end. */
  async #isWhole(): Promise<boolean> {
    const deadline = performance.now() + WHOLE_LIMIT_MS;
    while (!(await this.system.cluster.isWhole())) {
      if (this.#stopping) return false;
      if (performance.now() > deadline) throw new Error(`a server lacked something after ${WHOLE_LIMIT_MS / 1_000} s`);
      await sleep(100);
    }
    return true;
  }

  /** @returns what was done, in a word */
  async #bring(kind: ClusterFault): Promise<string> {
    const { cluster, cutOff } = this.system;
    switch (kind) {
      case 'leader':
        return this.#kill(await this.#leader());
      case 'follower': {
        const leader = await this.#leader();
        return this.#kill(
          oneOf(
            this.random,
            cluster.nodes.filter((node) => node !== leader),
          ),
        );
      }
      case 'gatewayServer':
        return this.#kill(await this.#serverOf('parley-gateway'));
      case 'projectorServer':
        return this.#kill(await this.#serverOf('parley-projector'));
      case 'leaderCutOff': {
        const leader = await this.#leader();
        const asked = await cutOff.connect(leader);
        cluster.cut(leader);
        // Longer than it takes to notice: until then it takes itself for the leader.
        await Promise.all([asked.tryUntilMended(), sleep(11_000 + this.random() * 2_000)]);
        cluster.mend();
        return `${leader}, which was asked ${await asked.end()} times meanwhile`;
      }
      case 'cut': {
        const [one, other] = [cluster.nodes[0]!, cluster.nodes[1]!];
        cluster.cut(one, other);
        await sleep(6_000 + this.random() * 4_000);
        cluster.mend();
        return `${one} and ${other}`;
      }
      case 'replaced':
        return this.#replace();
    }
  }

  async #kill(node: string): Promise<string> {
    const { cluster } = this.system;
    await cluster.kill(node);
    await sleep(1_000 + this.random() * 6_000);
    await cluster.startNode(node);
    return node;
  }

  async #replace(): Promise<string> {
    const { cluster, upgradeTo } = this.system;
    const node = cluster.nodes[this.#replaced++ % cluster.nodes.length]!;
    await cluster.leave(node);
    await cluster.startNode(node, upgradeTo ?? undefined);
    return `${node}, now ${cluster.takenFor(node)}`;
  }

  async #leader(): Promise<string> {
    const leader = (await this.system.cluster.leaders()).streams.get('EVENTS');
    if (!leader) throw new Error('the events have no leader');
    return leader;
  }

  /** That one which most of these are connected to. */
  async #serverOf(name: string): Promise<string> {
    const counts = [...(await this.system.cluster.connectionsOf(name))];
    return counts.reduce((most, each) => (each[1] > most[1] ? each : most))[0];
  }
}
