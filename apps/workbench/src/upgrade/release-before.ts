import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../../standalone/src/servers/programs.js';

function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package-lock.json')) ? folder : rootAbove(dirname(folder));
}

/** The folder of this checkout, whether its sources run or what was built of them. */
export const CHECKOUT = rootAbove(dirname(fileURLToPath(import.meta.url)));

const MINUTES = 60_000;

/** The commit cannot be had here: a copy of the repository without its history, and no way to the rest of it. */
export class NoReleaseBefore extends Error {
  override readonly name = 'NoReleaseBefore';
}

export function commitBefore(): string {
  const named = readFileSync(join(CHECKOUT, 'apps', 'workbench', 'release-before.json'), 'utf8');
  return (JSON.parse(named) as { commit: string }).commit;
}

/**
 * The release before this one, installed and built, from git; kept in the cache, since that takes a minute.
 * @returns its folder
 * @throws NoReleaseBefore
 */
export async function releaseBefore(cacheFolder: string, say: (line: string) => void): Promise<string> {
  const commit = commitBefore();
  const releases = join(cacheFolder, 'releases');
  const folder = join(releases, commit);
  if (existsSync(folder)) return folder;
  await fetched(commit);
  mkdirSync(releases, { recursive: true });
  const temporary = mkdtempSync(join(releases, 'new-'));
  try {
    say(`building the release before, ${commit.slice(0, 7)}, which takes a minute`);
    const archive = join(temporary, 'release.tar');
    await git('archive', '--output', archive, commit);
    await run('tar', ['-xf', archive, '-C', temporary], { timeoutMs: MINUTES });
    rmSync(archive);
    await install(temporary);
    for (const args of [
      ['node_modules/typescript/bin/tsc', '-p', 'libs/client/tsconfig.build.json'],
      ['node_modules/@nestjs/cli/bin/nest.js', 'build'],
    ]) {
      await run(process.execPath, args, { timeoutMs: 5 * MINUTES, cwd: temporary });
    }
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Of two that build it at the same time one is first.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function fetched(commit: string): Promise<void> {
  const isThere = () => git('cat-file', '-e', `${commit}^{commit}`);
  try {
    await isThere();
  } catch {
    try {
      await git('fetch', '--depth', '1', 'origin', commit);
      await isThere();
    } catch (error) {
      throw new NoReleaseBefore(`commit ${commit} is not in this clone and cannot be fetched: ${String(error)}`);
    }
  }
}

/** The packages of here are linked where they are the same ones. */
async function install(folder: string): Promise<void> {
  const lock = (of: string) => readFileSync(join(of, 'package-lock.json'), 'utf8');
  const here = join(CHECKOUT, 'node_modules');
  if (lock(folder) === lock(CHECKOUT) && existsSync(here)) {
    await run('cp', ['-al', here, join(folder, 'node_modules')], { timeoutMs: 5 * MINUTES });
    return;
  }
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  await run(npm, ['ci', '--no-audit', '--no-fund'], { timeoutMs: 10 * MINUTES, cwd: folder });
}

const git = (...args: string[]) => run('git', ['-C', CHECKOUT, ...args], { timeoutMs: 2 * MINUTES });
