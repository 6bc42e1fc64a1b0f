import { join } from 'node:path';
import { type Config, ConfigError, loadConfig } from '#settings';
import { alerts } from './alerts.js';
import { complaints } from './complaints.js';
import { droppedDatabase } from './dropped-database.js';
import { fullDisk } from './full-disk.js';
import { hangingNats } from './hanging-nats.js';
import { type Drill, Stage } from './stage.js';
import { suspend } from './suspend.js';
import { threeNodes } from './three-nodes.js';

// `npm run drill`: the names; `npm run drill -- NAME`: that one. What each showed: docs/operations.md.

const drills: Readonly<Record<string, Drill>> = {
  alerts,
  complaints,
  'dropped-database': droppedDatabase,
  'full-disk': fullDisk,
  'hanging-nats': hangingNats,
  'three-nodes': threeNodes,
  suspend,
};

function list(): string {
  const width = Math.max(...Object.keys(drills).map(({ length }) => length));
  const lines = Object.entries(drills).map(
    ([name, { about, needsRoot }]) => `  ${name.padEnd(width)}  ${about}${needsRoot ? ' (needs root)' : ''}`,
  );
  return ['usage: npm run drill -- NAME', ...lines].join('\n');
}

/** Whether everything held. */
async function play(name: string, drill: Drill, folders: Config['standalone']): Promise<boolean> {
  if (drill.needsRoot && process.getuid?.() !== 0) {
    throw new Error(`only root can bring this about: sudo env "PATH=$PATH" npm run drill -- ${name}`);
  }
  const stage = new Stage(join(folders.dataFolder, 'drill', name), folders.cacheFolder);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not over after ${drill.limitSeconds} s`));
    }, drill.limitSeconds * 1_000);
  });
  try {
    await Promise.race([drill.play(stage), late]);
  } catch (error) {
    stage.check(`it came to its end: ${(error as Error).message}`, false);
  } finally {
    clearTimeout(timer);
    await stage.close();
  }
  const { failures } = stage;
  console.log(
    failures.length === 0
      ? `${name}: everything held.`
      : `${name}: ${failures.length} did not hold; what was left is in ${stage.folder}`,
  );
  return failures.length === 0;
}

const [name = ''] = process.argv.slice(2);
const drill = Object.entries(drills).find(([known]) => known === name)?.[1];
if (!drill) {
  console.error(list());
  process.exitCode = name === '' ? 0 : 2;
} else {
  try {
    process.exitCode = (await play(name, drill, loadConfig(process.env, 'standalone').standalone)) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : `drill: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
// What a drill that was given up still waits for must not hold the process.
setTimeout(() => process.exit(), 1_000).unref();
