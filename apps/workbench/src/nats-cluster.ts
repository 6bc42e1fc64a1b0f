import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNats, type StartNatsOptions } from '../../standalone/src/servers/nats-server.js';
import { freePort, isPortFree } from '../../standalone/src/servers/network.js';
import type { RunningServer } from '../../standalone/src/servers/process.js';
import { type Connections, type Leaders, leadersIn, read, type Report } from './nats-report.js';
import { Route } from './route.js';

const NODES = 3;
const ATTEMPTS = 3;
const READY_LIMIT_MS = 30_000;
/** One that goes gently sends its clients away first, one a second. */
const GONE_LIMIT_MS = 60_000;

export interface NatsClusterOptions extends Omit<StartNatsOptions, 'port' | 'more'> {
  /** Whether the nodes reach each other over ways that can be cut. */
  readonly cuttable?: boolean;
}

interface Ports {
  readonly clients: number;
  readonly routes: number;
  readonly monitor: number;
}

/** Three nats-servers that hold every stream's replicas together; each can be killed and started again. */
export class NatsCluster {
  readonly nodes: readonly string[];
  private readonly running = new Map<string, RunningServer>();
  /** From a node to another one. */
  private readonly ways = new Map<string, Map<string, Route>>();

  private constructor(
    private readonly options: NatsClusterOptions,
    private readonly ports: ReadonlyMap<string, Ports>,
  ) {
    this.nodes = [...ports.keys()];
  }

  /** Resolves once the nodes have found each other and have a leader. Nothing is left running where that fails. */
  static async start(options: NatsClusterOptions): Promise<NatsCluster> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await NatsCluster.startOnce(options);
      } catch (error) {
        // A port that was free is taken by whoever asks the system for any one meanwhile.
        if (attempt === ATTEMPTS || !(error as Error).message.includes('in use')) throw error;
      }
    }
  }

  private static async startOnce(options: NatsClusterOptions): Promise<NatsCluster> {
    const ports = new Map<string, Ports>();
    for (let i = 1; i <= NODES; i++) {
      ports.set(`n${i}`, { clients: await freePort(), routes: await freePort(), monitor: await freePort() });
    }
    const cluster = new NatsCluster(options, ports);
    try {
      if (options.cuttable) await cluster.layWays();
      // Each to its end: one that is still starting where another has failed would be stopped by nobody.
      const starts = await Promise.allSettled(cluster.nodes.map((node) => cluster.startNode(node)));
      for (const start of starts) if (start.status === 'rejected') throw start.reason;
      await cluster.untilWhole();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** For NATS_URL: all of them. */
  get url(): string {
    return this.nodes.map((node) => this.urlOf(node)).join(',');
  }

  /** Of all that run. */
  get pids(): number[] {
    return [...this.running.values()].map(({ pid }) => pid);
  }

  /** What was taken for them. */
  get taken(): string {
    return [...new Set([...this.running.values()].map(({ taken }) => taken))].join(' and ') || 'none';
  }

  takenFor(node: string): string {
    return this.running.get(node)?.taken ?? 'none';
  }

  /** Of one of them, which a client leaves for another one when it is gone. */
  urlOf(node: string): string {
    return `nats://127.0.0.1:${this.ports.get(node)!.clients}`;
  }

  /** Also again, on the data it had. @param version another release than the one that it ran before */
  async startNode(node: string, version = this.options.version): Promise<void> {
    const { clients, routes, monitor } = this.ports.get(node)!;
    const to = this.nodes.map((other) => this.ways.get(node)?.get(other)?.port ?? this.ports.get(other)!.routes);
    const others = to.map((port) => `"nats-route://127.0.0.1:${port}"`);
    // Else they would tell each other of addresses at which there is no way between.
    const advertise = this.options.cuttable ? 'advertise: "127.0.0.1:1", ' : '';
    const more = [
      `server_name: ${node}`,
      `http: "127.0.0.1:${monitor}"`,
      `cluster { name: drill, ${advertise}listen: "127.0.0.1:${routes}", routes: [${others.join(', ')}] }`,
      'lame_duck_duration: "30s"',
      'lame_duck_grace_period: "1s"',
    ];
    const dataDir = join(this.options.dataDir, node);
    const given = { ...this.options, ...(version !== undefined && { version }) };
    this.running.set(node, await startNats({ ...given, dataDir, port: clients, more }));
  }

  /** With -9: no chance to hand anything over. */
  async kill(node: string): Promise<void> {
    await this.end(node, 'SIGKILL');
  }

  /** As for an upgrade: it hands over what it leads, then sends its clients away one by one (lame duck mode). */
  async leave(node: string): Promise<void> {
    await this.end(node, 'SIGUSR2');
  }

  /** Its connections stay open, and it answers nothing. */
  suspend(node: string): void {
    process.kill(this.running.get(node)!.pid, 'SIGSTOP');
  }

  /** Between these two, both ways; between one and all others where no second is named. */
  cut(node: string, other?: string): void {
    for (const way of this.waysBetween(node, other)) way.cut();
  }

  mend(): void {
    for (const node of this.nodes) for (const way of this.waysBetween(node)) way.mend();
  }

  /** @throws Error where no node answers */
  async leaders(): Promise<Leaders> {
    for (const node of this.running.keys()) {
      const leaders = leadersIn(await this.report(node));
      if (leaders) return leaders;
    }
    throw new Error('the cluster has no leader');
  }

  /** How many connections of this name each node has. */
  async connectionsOf(name: string): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const node of this.running.keys()) {
      const answer = await read<Connections>(this.monitorOf(node), '/connz?limit=1024');
      counts.set(node, answer?.connections?.filter((each) => each.name === name).length ?? 0);
    }
    return counts;
  }

  /** Resolves once all nodes are there and have what the others have. */
  async untilWhole(): Promise<void> {
    const deadline = Date.now() + READY_LIMIT_MS;
    while (!(await this.isWhole())) {
      if (Date.now() > deadline) throw new Error(`the cluster was not whole within ${READY_LIMIT_MS / 1_000} s`);
      await sleep(100);
    }
  }

  /** Whether all nodes are there and have what the others have. */
  async isWhole(): Promise<boolean> {
    const healthy = await Promise.all(this.nodes.map((node) => read<Report>(this.monitorOf(node), '/healthz')));
    if (!healthy.every((answer) => answer?.status === 'ok')) return false;
    const reports = await Promise.all(this.nodes.map((node) => this.report(node)));
    const views = reports.map((report) => report?.meta_cluster);
    const isLed = views.every((view) => view?.leader && view.cluster_size === NODES);
    // Until their leader has heard of a node, it gives it no stream to hold.
    return isLed && views.every((view) => (view?.replicas ?? []).every(({ offline = false }) => !offline));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running.values()].map((server) => server.stop()));
    this.running.clear();
    for (const node of this.nodes) for (const way of this.ways.get(node)?.values() ?? []) await way.stop();
  }

  /**
   * Resolves once its ports are free: a process of many threads counts as ended when the first of them has, and the last
   * one lets go of the sockets.
   */
  private async end(node: string, signal: NodeJS.Signals): Promise<void> {
    process.kill(this.running.get(node)!.pid, signal);
    this.running.delete(node);
    const deadline = Date.now() + GONE_LIMIT_MS;
    for (const port of Object.values(this.ports.get(node)!) as number[]) {
      while (!(await isPortFree(port))) {
        if (Date.now() > deadline) throw new Error(`port ${port} of ${node}, which was ended, is still in use`);
        await sleep(10);
      }
    }
  }

  private async layWays(): Promise<void> {
    for (const node of this.nodes) {
      const ways = new Map<string, Route>();
      for (const other of this.nodes) {
        if (other !== node) ways.set(other, await Route.start(this.ports.get(other)!.routes));
      }
      this.ways.set(node, ways);
    }
  }

  private waysBetween(node: string, only?: string): Route[] {
    const others = only === undefined ? this.nodes.filter((other) => other !== node) : [only];
    return others.flatMap((other) =>
      [this.ways.get(node)?.get(other) ?? [], this.ways.get(other)?.get(node) ?? []].flat(),
    );
  }

  private report(node: string): Promise<Report | null> {
    return read(this.monitorOf(node), '/jsz?streams=true');
  }

  private monitorOf(node: string): string {
    return `http://127.0.0.1:${this.ports.get(node)!.monitor}`;
  }
}
