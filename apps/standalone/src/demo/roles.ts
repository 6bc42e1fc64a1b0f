import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type RoleName = 'gateway' | 'projector' | 'query';

const START_LIMIT_MS = 20_000;

/** One role in a process of its own, which can be killed and started again. */
export class RoleProcess {
  private child: ChildProcess | null = null;

  /**
   * @param env the configuration, PORT included
   * @param logFile where its output goes
   */
  constructor(
    readonly role: RoleName,
    private readonly port: number,
    private readonly env: Readonly<Record<string, string>>,
    private readonly logFile: string,
  ) {}

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves once it says that it is ready. */
  async start(): Promise<void> {
    const main = fileURLToPath(new URL(`../../../${this.role}/src/main.js`, import.meta.url));
    const output = openSync(this.logFile, 'a');
    const child = spawn(process.execPath, [main], {
      env: { ...process.env, HOST: '127.0.0.1', ...this.env, PORT: String(this.port) },
      stdio: ['ignore', output, output],
    });
    this.child = child;
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await this.isReady())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the ${this.role} did not start: ${this.logFile} says why`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** As a power cut or the kernel would: no chance to save anything. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.http}/health/ready`, { signal: AbortSignal.timeout(2_000) })).ok;
    } catch {
      return false;
    }
  }
}

export interface Roles {
  readonly gateways: readonly RoleProcess[];
  readonly projector: RoleProcess;
  readonly query: RoleProcess;
}

/**
 * Two gateways, a projector and a query side, each in a process of its own, not started yet.
 * @param env what all of them are told: the servers and the secret
 */
export function rolesApart(
  ports: readonly [number, number, number, number],
  env: Readonly<Record<string, string>>,
  logFolder: string,
): Roles {
  const role = (name: RoleName, port: number) =>
    new RoleProcess(name, port, env, join(logFolder, `${name}-${port}.log`));
  return {
    gateways: [role('gateway', ports[0]), role('gateway', ports[1])],
    projector: role('projector', ports[2]),
    query: role('query', ports[3]),
  };
}
