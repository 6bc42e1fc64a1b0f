import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startMongodb } from '../../standalone/src/servers/mongodb-server.js';
import { startNats } from '../../standalone/src/servers/nats-server.js';
import { identify, isAlive } from '../../standalone/src/servers/process-identity.js';
import { endServer, type Log, type RunningServer } from '../../standalone/src/servers/process.js';

/**
 * The servers of one test run: `<cacheDir>/test-servers/<identity of its process>/{nats,mongodb}`. The name tells
 * whether the run still goes on, so that runs side by side leave each other's servers alone.
 */
export class TestServers {
  private readonly runs: string;
  private readonly folder: string;
  private readonly running: RunningServer[] = [];

  constructor(
    private readonly cacheDir: string,
    private readonly log: Log,
  ) {
    this.runs = join(cacheDir, 'test-servers');
    this.folder = join(this.runs, identify(process.pid) ?? String(process.pid));
    mkdirSync(this.folder, { recursive: true });
  }

  /** Ends the servers of runs that were killed, and deletes their data. */
  async endAbandoned(): Promise<void> {
    for (const run of readdirSync(this.runs)) {
      if (isAlive(run)) continue;
      await endServer(join(this.runs, run, 'nats'), 'nats-server');
      await endServer(join(this.runs, run, 'mongodb'), 'mongodb');
      rmSync(join(this.runs, run), { recursive: true, force: true });
    }
  }

  async startNats(): Promise<string> {
    const { cacheDir, log } = this;
    return this.keep(await startNats({ cacheDir, log, dataDir: join(this.folder, 'nats'), durable: false }));
  }

  /** Undefined if there is none to be had. */
  async startMongodb(): Promise<string | undefined> {
    const { cacheDir, log } = this;
    const dataDir = join(this.folder, 'mongodb');
    const server = await startMongodb({ cacheDir, log, dataDir, allowInstall: true, ephemeral: true });
    return server ? this.keep(server) : undefined;
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map((server) => server.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private keep(server: RunningServer): string {
    this.running.push(server);
    this.log(`tests use ${server.taken}, ${server.url}`);
    return server.url;
  }
}

/** What the setup of a test run hands on to its teardown; both run in one process. */
export const testRun: { servers?: TestServers; skipped: string[] } = { skipped: [] };
