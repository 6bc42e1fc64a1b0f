import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// What is made for development and kept in the data folder from the first start on; chatctl reads it too. Never for
// anything that others can reach: whoever reads the folder can be anybody, and can read everything.

const KEYS = 'keys-master';

/** The secret that tokens are signed with. */
export const developmentSecret = (dataFolder: string): string =>
  kept(dataFolder, 'jwt-secret', () => randomBytes(36).toString('base64url'));

/**
 * The file of the master key that the log is encrypted with.
 * @param make whether one is made where there is none
 * @returns undefined where there is none
 */
export function developmentKeys(dataFolder: string, make = true): string | undefined {
  const file = join(dataFolder, KEYS);
  if (make) kept(dataFolder, KEYS, () => randomBytes(32).toString('base64'));
  return existsSync(file) ? file : undefined;
}

function kept(dataFolder: string, name: string, make: () => string): string {
  const file = join(dataFolder, name);
  mkdirSync(dataFolder, { recursive: true });
  try {
    writeFileSync(file, make(), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
