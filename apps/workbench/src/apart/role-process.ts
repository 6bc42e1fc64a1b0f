import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type RoleName = 'gateway' | 'projector' | 'query';

/** The folder of this checkout. */
const CHECKOUT = fileURLToPath(new URL('../../../../../', import.meta.url));

/** What a role is run by, in a checkout that is installed and built: in this one by default. */
export const mainOf = (role: string, checkout = CHECKOUT): string =>
  join(checkout, 'dist', 'apps', role, 'src', 'main.js');

/** On a machine that is busy with more. */
const START_LIMIT_MS = 180_000;

/** One role, or all of them, in a process of its own, which can be killed and started again. */
export class RoleProcess {
  private child: ChildProcess | null = null;

  /**
   * @param env the configuration, PORT included
   * @param logFile where its output goes
   * @param main the file that is run, that of the role by default
   */
  constructor(
    readonly role: RoleName | 'standalone',
    private readonly port: number,
    private readonly env: Readonly<Record<string, string>>,
    private readonly logFile: string,
    private main = mainOf(role),
  ) {}

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Null while it was never started. */
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  get isRunning(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves once it says that it is ready. */
  async start(): Promise<void> {
    const output = openSync(this.logFile, 'a');
    const child = spawn(process.execPath, [this.main], {
      env: { ...process.env, HOST: '127.0.0.1', ...this.env, PORT: String(this.port) },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.child = child;
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await this.isReady())) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
        throw new Error(`the ${this.role} did not start: ${this.logFile} says why`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Another release in its place, as an operator would: it ends by itself, then that one starts. */
  async replaceBy(main: string): Promise<void> {
    await this.kill('SIGTERM');
    this.main = main;
    await this.start();
  }

  /** As a power cut or the kernel would: no chance to save anything. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child || !this.isRunning) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** What it says of itself: null where it says nothing within `limitMs`. */
  async isReady(limitMs = 2_000): Promise<boolean | null> {
    try {
      return (await fetch(`${this.http}/health/ready`, { signal: AbortSignal.timeout(limitMs) })).ok;
    } catch {
      return null;
    }
  }
}
