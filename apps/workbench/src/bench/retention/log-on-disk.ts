import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventLog } from '#event-store';
import { startNats, type StartNatsOptions } from '../../../../standalone/src/servers/nats-server.js';
import { memoryOf } from '../machine.js';

type Server = Awaited<ReturnType<typeof startNats>>;
type LogState = Awaited<ReturnType<EventLog['state']>>;

const END_LIMIT_MS = 300_000;

/** What the log holds. */
export async function stateOf({ url }: Pick<Server, 'url'>): Promise<LogState> {
  const log = await EventLog.connect({ servers: url, stream: 'EVENTS', prefix: 'chat', name: 'parley-bench' });
  try {
    return await log.state();
  } finally {
    await log.close();
  }
}

/** Of all files in a folder, and those below. */
export const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);

export interface Restarted {
  readonly server: Server;
  /** From its start until it said what the log holds. */
  readonly seconds: number;
  readonly mb: number | null;
}

/**
 * Ends it in order and starts it again.
 * @param isUnindexed without the index of the log, as after some crashes: it reads all of it then
 * @throws Error where it holds something else than before
 */
export async function restarted(server: Server, options: StartNatsOptions, isUnindexed = false): Promise<Restarted> {
  const before = await stateOf(server);
  // It takes the time that it needs to write its index, which `stop` would not give it.
  process.kill(server.pid, 'SIGTERM');
  const giveUp = performance.now() + END_LIMIT_MS;
  while (isAlive(server.pid)) {
    if (performance.now() > giveUp) throw new Error('nats-server does not end');
    await sleep(25);
  }
  await server.stop();
  if (isUnindexed) removeIndexes(options.dataDir);
  const begun = performance.now();
  const again = await startNats(options);
  const after = await stateOf(again);
  const seconds = (performance.now() - begun) / 1_000;
  if (after.messages !== before.messages) {
    await again.stop();
    throw new Error(`the log has ${after.messages} events where it had ${before.messages}`);
  }
  return { server: again, seconds, mb: memoryOf(again.pid)?.now ?? null };
}

function removeIndexes(folder: string): void {
  for (const { parentPath, name } of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (name === 'index.db') rmSync(join(parentPath, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return memoryOf(pid) !== null || process.platform !== 'linux';
  } catch {
    return false;
  }
}
