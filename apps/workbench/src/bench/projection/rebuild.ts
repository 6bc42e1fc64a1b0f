import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Ground } from './ground.js';

const chatctl = fileURLToPath(new URL('../../../../chatctl/src/main.js', import.meta.url));

/**
 * `chatctl rebuild timeline`, from its start to its end.
 * @returns how long it took, s
 * @throws Error where it fails
 */
export async function timedRebuild({ servers: { nats, mongodb } }: Ground, database: string): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [chatctl, 'rebuild', 'timeline'], {
    env: { ...process.env, NATS_URL: nats.url, MONGODB_URL: mongodb.url, MONGODB_DATABASE: database },
    stdio: ['ignore', 2, 2],
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0) throw new Error('chatctl rebuild has failed: see above');
  return (performance.now() - start) / 1_000;
}
