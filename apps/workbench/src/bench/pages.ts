import { join } from 'node:path';
import type { Config } from '#settings';
import { startSystemApart } from '../apart/system-apart.js';
import { type Machine, machineLine, machineOf } from './machine.js';
import { Options } from './options.js';
import { filledRooms } from './pages/filled-rooms.js';
import { measurePages, type PageTimes } from './pages/measure.js';
import { rounded } from './quantiles.js';

const USAGE = 'usage: npm run bench:pages -- [--rounds 5] [--requests 100] [--json]';
/** The smallest one first: the others are compared with it. */
const SIZES = [1_000, 10_000, 100_000];
/** A page of a large room may take so many times as long as one of the smallest. */
const FLAT = 1.5;

const progress = (line: string): void => {
  console.error(line);
};

/** A page of 50 messages in rooms of very different sizes. Answers whether it takes the same time. */
export async function pages(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['rounds', 'requests'], ['json'], USAGE);
  const rounds = options.number('rounds', 5, 1, 1_000);
  const requests = options.number('requests', 100, 2, 100_000);
  progress('starting the servers, a projector and the query side');
  const system = await startSystemApart({
    // Lasts: filled rooms are not filled again.
    folder: join(folders.dataFolder, 'bench', 'pages'),
    fresh: false,
    cacheFolder: folders.cacheFolder,
    gateways: 0,
    durable: false,
    // One user asks without a pause.
    env: { HTTP_REQUESTS_PER_SECOND: '10000', HTTP_REQUESTS_BURST: '100000' },
    say: progress,
  });
  try {
    const filled = await filledRooms(system, SIZES);
    progress(`asking for pages: ${rounds} rounds of ${requests} requests each`);
    const times = await measurePages(system.running.http, filled, rounds, requests);
    const machine = machineOf(system);
    const flat = times.every((page) => page.times.every(({ ratio }) => ratio <= FLAT));
    console.log(options.flag('json') ? json(times, flat, machine) : text(times, flat, machine));
    return flat;
  } finally {
    await system.close();
  }
}

function json(times: readonly PageTimes[], flat: boolean, machine: Machine): string {
  const pages = times.map((page) => ({
    what: page.what,
    rooms: page.times.map(({ size, ms, ratio }) => ({ size, ms: rounded(ms, 3), ratio: rounded(ratio, 3) })),
  }));
  return JSON.stringify({ benchmark: 'pages', pageSize: 50, bound: FLAT, flat, pages, machine });
}

function text(times: readonly PageTimes[], flat: boolean, machine: Machine): string {
  const line = (first: string, cells: readonly string[]) =>
    first.padEnd(24) + cells.map((cell) => cell.padStart(18)).join('');
  return [
    line(
      'messages in the room',
      SIZES.map((size) => size.toLocaleString('en')),
    ),
    ...times.map((page) =>
      line(
        page.what,
        page.times.map(({ ms, ratio }) => `${ms.toFixed(2)} ms (${ratio.toFixed(2)}x)`),
      ),
    ),
    flat ? `flat: at most ${FLAT} times the smallest room's time` : `NOT FLAT: more than ${FLAT} times`,
    `machine  ${machineLine(machine)}`,
  ].join('\n');
}
