import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { hostname } from 'node:os';

/** What was built before the tests. */
const MAIN = 'dist/apps/projector/src/main.js';

/** A projector in a process of its own, which can be killed at any moment and started again. */
export class ProjectorProcess {
  private child: ChildProcess | null = null;

  /** @param logFile where its output goes, that of all its lives */
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly logFile: string,
  ) {}

  get runs(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Whether it is called so in the checkpoints, in this life. */
  isCalled(owner: string | null | undefined): boolean {
    return owner?.startsWith(`${hostname().replace(/\W/g, '-')}-${this.child?.pid}-`) ?? false;
  }

  /** Does not wait for anything. On a port of its own choice: one that is named could be taken between two lives. */
  start(): void {
    if (this.runs) return;
    const output = openSync(this.logFile, 'a');
    this.child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ...this.env, HOST: '127.0.0.1', PORT: '0' },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
  }

  /** @returns how it ended: its exit code, or the signal; also where it had ended before */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    const { child } = this;
    if (!child) return null;
    if (this.runs) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
    return child.exitCode ?? child.signalCode;
  }
}
