import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the secret for development lies in the data folder; chatctl reads it too. */
const FILE = 'jwt-secret';

/**
 * The secret for development that is kept in the data folder, made at the first start. Never for anything that others
 * can reach: whoever reads the folder can be anybody.
 */
export function developmentSecret(dataFolder: string): string {
  const file = join(dataFolder, FILE);
  mkdirSync(dataFolder, { recursive: true });
  try {
    writeFileSync(file, randomBytes(36).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
