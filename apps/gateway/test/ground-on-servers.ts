import { randomBytes } from 'node:crypto';
import { EventLog } from '#event-store';
import { directory, Runner, timeline } from '#projections';
import { firstVersion, memoryReadModels, type ReadModels } from '#read-models';
import type { Ground } from './ground.js';
import { until } from './until.js';

const SERVERS = process.env['TEST_NATS_URL'] ?? 'nats://127.0.0.1:4222';
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** A stream of its own on a real server, and the projectors' own workers. */
export class GroundOnServers implements Ground {
  private readonly logs: EventLog[] = [];
  private workers: Runner<never>[] = [];

  private constructor(
    readonly log: EventLog,
    readonly readModels: ReadModels,
    private readonly names: { readonly servers: string; readonly stream: string; readonly prefix: string },
  ) {}

  static async open(
    readModels: ReadModels = memoryReadModels(),
    servers = SERVERS,
    replicas = 1,
  ): Promise<GroundOnServers> {
    const token = randomBytes(4).toString('hex');
    const names = { servers, stream: `TEST_${token.toUpperCase()}`, prefix: `test-${token}` };
    const log = await EventLog.connect({ ...names, replicas, name: 'gateway test' });
    await log.setUp();
    // So that a test can name the versions.
    for (const { name, format } of [timeline, directory]) {
      await readModels.versions.replace(name, firstVersion(format, 1));
    }
    const ground = new GroundOnServers(log, readModels, names);
    await ground.startProjections();
    return ground;
  }

  async connect(servers = this.names.servers): Promise<EventLog> {
    const log = await EventLog.connect({ ...this.names, servers, name: 'gateway under test' });
    this.logs.push(log);
    return log;
  }

  async startProjections(): Promise<void> {
    const { log, readModels } = this;
    const owner = `test-${randomBytes(4).toString('hex')}`;
    const workers = [
      new Runner({ projection: timeline, log, readModels, owner, logger: quiet }),
      new Runner({ projection: directory, log, readModels, owner, logger: quiet }),
    ];
    for (const worker of workers) void worker.start();
    this.workers = workers as unknown as Runner<never>[];
    await until('the projections run', () => workers.every(({ state }) => state === 'running'));
  }

  async stopProjections(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  async stop(): Promise<void> {
    await this.stopProjections();
    await Promise.all([this.log, ...this.logs].map((log) => log.close()));
    await this.readModels.close();
  }
}
