import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OwnServer } from './own-server.js';

/** The password of every user. */
export const PASSWORD = 'x';

/**
 * A server by a configuration that is deployed, with ports and folders of its own.
 * @param changes what it has instead
 */
export function deployedServer(
  file: string,
  folder: string,
  changes: Readonly<Record<string, string>>,
): Promise<OwnServer> {
  let text = readFileSync(join('deploy/nats', file), 'utf8')
    .replaceAll(/\$NATS_\w+_PASSWORD/g, `"${PASSWORD}"`)
    .replace('store_dir: /data', '')
    .replace(/^http: .*$/m, '');
  for (const [there, instead] of Object.entries(changes)) {
    if (!text.includes(there)) throw new Error(`${file} has no ${there}`);
    text = text.replace(there, instead);
  }
  const config = join(folder, file);
  writeFileSync(config, text);
  return OwnServer.start('-c', config);
}
