import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventLog } from '#event-store';
import { type Config, progressBar } from '#settings';
import { consumersPrefix } from '#projections';
import { startServersApart } from '../apart/servers-apart.js';
import { machineOf } from './machine.js';
import { Options } from './options.js';
import { measureCatchUps } from './projection/catch-up.js';
import { filledLog } from './projection/filled-log.js';
import { watchFolding } from './projection/fold-watch.js';
import { checkRooms, type Ground, logOf, partsOf, startProjector, withReadModels } from './projection/ground.js';
import { foldInMemory } from './projection/in-memory.js';
import { measureLags } from './projection/lag.js';
import { type ProjectionFigures, projectionJson, projectionText } from './projection/report.js';

const USAGE = 'usage: npm run bench:projection -- [--events 1000000] [--rounds 3] [--seconds 20] [--json]';
/** Where the documents lie that are rebuilt and then added to. */
const SERVED = 'served';

const chatctl = fileURLToPath(new URL('../../../chatctl/src/main.js', import.meta.url));

const progress = (line: string): void => {
  console.error(line);
};

/** How quickly the timeline is folded. Answers true: whatever is not folded as it must be throws. */
export async function projection(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['events', 'rounds', 'seconds'], ['json'], USAGE);
  const events = options.number('events', 1_000_000, 50_000, 100_000_000);
  const rounds = options.number('rounds', 3, 1, 100);
  const seconds = options.number('seconds', 20, 1, 3_600);
  const folder = join(folders.dataFolder, 'bench', 'projection');
  const common = { cacheFolder: folders.cacheFolder, durable: false, say: progress };
  progress('starting the servers');
  // Lasts: the same events are not appended again. The benchmark works on a copy, to which it adds.
  const { natsData, conversation } = await filledLog({ ...common, folder: join(folder, 'filled') }, events);
  const run = join(folder, 'run');
  const servers = await startServersApart({ ...common, folder: run, fresh: true, natsData });
  try {
    const log = await EventLog.connect(logOf(servers));
    try {
      const measured = await measure({ servers, log, conversation, events }, rounds, seconds);
      const figures = { events, rounds, lagSeconds: seconds, ...measured, machine: machineOf(servers) };
      console.log(options.flag('json') ? JSON.stringify(projectionJson(figures)) : projectionText(figures));
    } finally {
      await log.close();
    }
  } finally {
    await servers.close();
  }
  // Gigabytes. After a failure it is left to be looked at.
  rmSync(run, { recursive: true, force: true });
  return true;
}

async function measure(
  ground: Ground,
  rounds: number,
  seconds: number,
): Promise<Pick<ProjectionFigures, 'inMemory' | 'catchUps' | 'rebuildSeconds' | 'lags'>> {
  const { servers, log, events } = ground;
  progress('folding in memory');
  const inMemory = await foldInMemory(log, events, rounds);
  progress(`folding into the database: ${rounds} rounds`);
  const catchUps = await measureCatchUps(ground, rounds);
  progress('folding what is rebuilt next');
  const projector = await startProjector(servers, SERVED);
  const bar = progressBar('Folding', process.stderr);
  await watchFolding(log, 'timeline-1', events, partsOf(servers, [projector]), bar);
  progress('rebuilding beside it');
  const rebuildSeconds = await timedRebuild(ground, SERVED);
  return withReadModels(servers, SERVED, async (readModels) => {
    await checkRooms(ground, readModels, 2);
    await readModels.remove('timeline', 1);
    await log.removeConsumers(consumersPrefix('timeline-1'));
    progress(`appending messages: twice for ${seconds} s`);
    const lags = await measureLags(ground, projector, catchUps[0]!.eventsPerSecond, seconds);
    await checkRooms(ground, readModels, 2);
    return { inMemory, catchUps, rebuildSeconds, lags };
  });
}

/**
 * `chatctl rebuild timeline`, from its start to its end.
 * @returns how long it took, s
 * @throws Error where it fails
 */
async function timedRebuild({ servers: { nats, mongodb } }: Ground, database: string): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [chatctl, 'rebuild', 'timeline'], {
    env: { ...process.env, NATS_URL: nats.url, MONGODB_URL: mongodb.url, MONGODB_DATABASE: database },
    stdio: ['ignore', 2, 2],
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0) throw new Error('chatctl rebuild has failed: see above');
  return (performance.now() - start) / 1_000;
}
