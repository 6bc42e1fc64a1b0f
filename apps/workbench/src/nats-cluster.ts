import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNats, type StartNatsOptions } from '../../standalone/src/servers/nats-server.js';
import { freePort, isPortFree } from '../../standalone/src/servers/network.js';
import type { RunningServer } from '../../standalone/src/servers/process.js';

const NODES = 3;
const READY_LIMIT_MS = 30_000;
const GONE_LIMIT_MS = 10_000;

export type NatsClusterOptions = Omit<StartNatsOptions, 'port' | 'more'>;

interface Ports {
  readonly clients: number;
  readonly routes: number;
  readonly monitor: number;
}

/** Who leads what, as one node sees it. */
interface Leaders {
  readonly meta: string;
  /** By the stream's name. */
  readonly streams: ReadonlyMap<string, string>;
}

/** Three nats-servers that hold every stream's replicas together; each can be killed and started again. */
export class NatsCluster {
  readonly nodes: readonly string[];
  private readonly running = new Map<string, RunningServer>();

  private constructor(
    private readonly options: NatsClusterOptions,
    private readonly ports: ReadonlyMap<string, Ports>,
  ) {
    this.nodes = [...ports.keys()];
  }

  /** Resolves once the nodes have found each other and have a leader. Nothing is left running where that fails. */
  static async start(options: NatsClusterOptions): Promise<NatsCluster> {
    const ports = new Map<string, Ports>();
    for (let i = 1; i <= NODES; i++) {
      ports.set(`n${i}`, { clients: await freePort(), routes: await freePort(), monitor: await freePort() });
    }
    const cluster = new NatsCluster(options, ports);
    try {
      await Promise.all(cluster.nodes.map((node) => cluster.startNode(node)));
      await cluster.untilWhole();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** For NATS_URL: all of them. */
  get url(): string {
    return this.nodes.map((node) => `nats://127.0.0.1:${this.ports.get(node)!.clients}`).join(',');
  }

  /** Of all that run. */
  get pids(): number[] {
    return [...this.running.values()].map(({ pid }) => pid);
  }

  /** What was taken for them. */
  get taken(): string {
    return [...this.running.values()][0]?.taken ?? 'none';
  }

  /** Of one of them, which a client leaves for another one when it is gone. */
  urlOf(node: string): string {
    return `nats://127.0.0.1:${this.ports.get(node)!.clients}`;
  }

  /** Also again, on the data it had. */
  async startNode(node: string): Promise<void> {
    const { clients, routes, monitor } = this.ports.get(node)!;
    const others = [...this.ports.values()].map((other) => `"nats-route://127.0.0.1:${other.routes}"`);
    const more = [
      `server_name: ${node}`,
      `http: "127.0.0.1:${monitor}"`,
      `cluster { name: drill, listen: "127.0.0.1:${routes}", routes: [${others.join(', ')}] }`,
    ];
    const dataDir = join(this.options.dataDir, node);
    this.running.set(node, await startNats({ ...this.options, dataDir, port: clients, more }));
  }

  /**
   * With -9: no chance to hand anything over. Resolves once its ports are free: a process of many threads counts as ended
   * when the first of them has, and the last one lets go of the sockets.
   */
  async kill(node: string): Promise<void> {
    process.kill(this.running.get(node)!.pid, 'SIGKILL');
    this.running.delete(node);
    const deadline = Date.now() + GONE_LIMIT_MS;
    for (const port of Object.values(this.ports.get(node)!) as number[]) {
      while (!(await isPortFree(port))) {
        if (Date.now() > deadline) throw new Error(`port ${port} of ${node}, which was killed, is still in use`);
        await sleep(10);
      }
    }
  }

  /** Its connections stay open, and it answers nothing. */
  suspend(node: string): void {
    process.kill(this.running.get(node)!.pid, 'SIGSTOP');
  }

  /** @throws Error where no node answers */
  async leaders(): Promise<Leaders> {
    for (const node of this.running.keys()) {
      const report = await this.report(node);
      const meta = report?.meta_cluster?.leader;
      if (!report || !meta) continue;
      return { meta, streams: new Map(streamsOf(report).map(({ name, cluster }) => [name, cluster?.leader ?? ''])) };
    }
    throw new Error('the cluster has no leader');
  }

  /** Resolves once all nodes are there and have what the others have. */
  async untilWhole(): Promise<void> {
    const deadline = Date.now() + READY_LIMIT_MS;
    while (!(await this.isWhole())) {
      if (Date.now() > deadline) throw new Error(`the cluster was not whole within ${READY_LIMIT_MS / 1_000} s`);
      await sleep(100);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running.values()].map((server) => server.stop()));
    this.running.clear();
  }

  private async isWhole(): Promise<boolean> {
    const healthy = await Promise.all(
      [...this.ports.values()].map(({ monitor }) => getJson(`http://127.0.0.1:${monitor}/healthz`)),
    );
    if (!healthy.every((answer) => answer?.status === 'ok')) return false;
    const reports = await Promise.all(this.nodes.map((node) => this.report(node)));
    return reports.every((report) => report?.meta_cluster?.leader && report.meta_cluster.cluster_size === NODES);
  }

  private report(node: string): Promise<Report | null> {
    return getJson(`http://127.0.0.1:${this.ports.get(node)!.monitor}/jsz?streams=true`);
  }
}

/** What is read of the answers of a server's monitoring port. */
interface Report {
  readonly status?: string;
  readonly meta_cluster?: { readonly leader?: string; readonly cluster_size?: number };
  readonly account_details?: readonly { readonly stream_detail?: readonly StreamDetail[] }[];
}

interface StreamDetail {
  readonly name: string;
  readonly cluster?: { readonly leader?: string };
}

const streamsOf = ({ account_details: accounts = [] }: Report): StreamDetail[] =>
  accounts.flatMap(({ stream_detail: streams }) => streams ?? []);

/** Null where it does not answer. */
async function getJson(address: string): Promise<Report | null> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(2_000) });
    return (await response.json()) as Report;
  } catch {
    return null;
  }
}
