import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Where a program is on the PATH. */
export function findOnPath(name: string): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, file))
    .find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The version that a program prints with `--version`, if it runs and that is at least `atLeast`. */
export async function versionOf(path: string, atLeast: [number, number]): Promise<string | undefined> {
  const output = await run(path, ['--version'], { timeoutMs: 5000 }).catch(() => '');
  const version = /v(\d+)\.(\d+)\.\d+/.exec(output);
  if (!version) return undefined;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const isNewEnough = major > atLeast[0] || (major === atLeast[0] && minor >= atLeast[1]);
  return isNewEnough ? version[0].slice(1) : undefined;
}

/** Runs a program to its end and gives what it printed. An error, with its last line, if it fails or takes longer. */
export async function run(
  file: string,
  args: string[],
  { timeoutMs, env, cwd }: { timeoutMs: number; env?: Record<string, string>; cwd?: string },
): Promise<string> {
  try {
    const { stdout } = await execute(file, args, { timeout: timeoutMs, env: { ...process.env, ...env }, cwd });
    return stdout;
  } catch (error) {
    const { killed, stderr, message } = error as { killed?: boolean; stderr?: string; message: string };
    if (killed) throw new Error(`${file}: took longer than ${timeoutMs / 1000} s`, { cause: error });
    throw new Error(stderr?.trim().split('\n').at(-1) ?? message, { cause: error });
  }
}

/** Makes a folder in the cache. The error says what can be done about a cache that cannot be written. */
export function makeCacheFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new Error(
      `the cache folder ${path} cannot be written (${messageOf(error)}); set PARLEY_CACHE to a folder that can`,
      { cause: error },
    );
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
