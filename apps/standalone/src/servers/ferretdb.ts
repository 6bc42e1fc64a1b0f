import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Log, ServerCommand } from './process.js';
import { run } from './programs.js';

const INSTALL_TIMEOUT_MS = 900_000;

/** FerretDB, which stands in for MongoDB where none can be had: deploy/dev/ferretdb.sh and its place in the cache. */
export class FerretDb {
  private readonly script = findScript();
  private readonly env: Record<string, string>;

  constructor(cacheDir: string) {
    this.env = { PARLEY_CACHE: cacheDir };
  }

  /** Whether it is installed and can run here. */
  async isInstalled(): Promise<boolean> {
    if (process.platform !== 'linux' || this.script === undefined) return false;
    return run('bash', [this.script, 'status'], { timeoutMs: 10_000, env: this.env }).then(
      () => true,
      () => false,
    );
  }

  /** Installs it, which takes a minute or two. An error says why that failed or is not possible here. */
  async install(log: Log): Promise<void> {
    if (process.platform !== 'linux' || this.script === undefined) throw new Error('FerretDB needs Linux');
    const child = spawn('bash', [this.script, 'install'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.env },
      timeout: INSTALL_TIMEOUT_MS,
    });
    let complaint = '';
    createInterface(child.stdout).on('line', log);
    createInterface(child.stderr).on('line', (line) => {
      complaint += `${line}\n`;
    });
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (status === 0) return;
    throw new Error(complaint.trim() || 'the installation of FerretDB took too long');
  }

  /** Serves `dataDir` on the port, until the script gets a SIGTERM. `ephemeral`: fast, not safe after a power cut. */
  command(dataDir: string, port: number, ephemeral: boolean): ServerCommand {
    const args = [this.script ?? '', 'run', '--data', dataDir, '--port', String(port)];
    return { file: 'bash', args: ephemeral ? [...args, '--ephemeral'] : args, env: this.env };
  }
}

/** The script is not compiled: it is looked for above this file, which may be in `dist`. */
function findScript(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const script = join(folder, 'deploy', 'dev', 'ferretdb.sh');
    if (existsSync(script)) return script;
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
}
