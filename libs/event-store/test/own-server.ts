import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

function binary(): string {
  const named = process.env['TEST_NATS_SERVER'];
  if (named !== undefined) return named;
  const kept = join(process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley'), 'nats-server');
  const versions = existsSync(kept) ? readdirSync(kept) : [];
  const binaries = versions.map((version) => join(kept, version, 'nats-server')).filter((path) => existsSync(path));
  return binaries.at(-1) ?? 'nats-server';
}

/** None that connections get, Linux gives them those from 32768 on: it is free yet when a server is started again. */
export async function freePort(): Promise<number> {
  const port = randomInt(15_000, 32_768);
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return freePort();
  }
  server.close();
  await once(server, 'close');
  return port;
}

/** A nats-server of the test's own, to be killed and started again on the same port with the same data. */
export class OwnServer {
  private process: ChildProcess | undefined;
  /** Where it keeps what it stores. */
  readonly data = mkdtempSync(join(tmpdir(), 'parley-nats-'));

  private constructor(
    private readonly port: number,
    private readonly monitor: number,
    private readonly more: string[],
  ) {}

  static async start(...more: string[]): Promise<OwnServer> {
    const server = new OwnServer(await freePort(), await freePort(), more);
    await server.start();
    return server;
  }

  /** How many subscriptions it has of the connection of this name. */
  async subscriptions(name: string): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.monitor}/connz`);
    const { connections } = (await answer.json()) as { connections: { name: string; subscriptions: number }[] };
    return connections.find((connection) => connection.name === name)?.subscriptions ?? 0;
  }

  private get ports(): string[] {
    return ['-p', String(this.port), '-m', String(this.monitor)];
  }

  /** Its monitoring port. */
  get monitorUrl(): string {
    return `http://127.0.0.1:${this.monitor}`;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.process = spawn(binary(), [...['-js', '-sd', this.data, '-a', '127.0.0.1'], ...this.ports, ...this.more], {
      stdio: 'ignore',
    });
    await once(this.process, 'spawn');
    for (let tries = 0; ; tries++) {
      const socket = connect(this.port, '127.0.0.1');
      const up = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (up) return;
      if (tries > 100) throw new Error('nats-server did not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async kill(): Promise<void> {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exit = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exit;
  }

  /** Holds it: connections stay open and nothing answers, also not the threads that took a moment longer. */
  async pause(): Promise<void> {
    this.process?.kill('SIGSTOP');
    while (await this.greets());
  }

  resume(): void {
    this.process?.kill('SIGCONT');
  }

  /** Whether it says hello to a new connection within 300 ms. */
  private async greets(): Promise<boolean> {
    const socket = connect(this.port, '127.0.0.1');
    const greeted = await once(socket, 'data', { signal: AbortSignal.timeout(300) }).then(
      () => true,
      () => false,
    );
    socket.destroy();
    return greeted;
  }

  async remove(): Promise<void> {
    this.resume();
    await this.kill();
    rmSync(this.data, { recursive: true, force: true });
  }
}
