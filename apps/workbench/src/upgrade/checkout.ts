import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package-lock.json')) ? folder : rootAbove(dirname(folder));
}

/** The folder of this checkout, whether its sources run or what was built of them. */
export const CHECKOUT = rootAbove(dirname(fileURLToPath(import.meta.url)));
