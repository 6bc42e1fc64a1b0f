import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPackageJSON } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { Config } from '#settings';
import { launchBrowser } from '../page/browser.js';
import { startStandalone } from '../page/standalone.js';
import { fillClan } from './page/fill-clan.js';
import { coldLoads, scrollThrough, type Scrolled } from './page/measure.js';
import { type Machine, machineLine, machineOf } from './machine.js';
import { Options } from './options.js';
import { median, quantile, rounded } from './quantiles.js';

const USAGE = 'usage: npm run bench:page -- [--messages 20000] [--loads 10] [--json]';
const FOLDER = join(dirname(findPackageJSON(import.meta.url)!), 'dist/apps/web');
/** What the page may take: bytes of script, and milliseconds until one can chat. */
const MAX_BYTES = 60 * 1_024;
const MAX_USABLE_MS = 1_000;

const progress = (line: string): void => {
  console.error(line);
};

interface PageFigures {
  /** Gzipped: all scripts of the page, and the one that other pages load. */
  readonly bytes: number;
  readonly embedBytes: number;
  readonly usableMs: readonly number[];
  readonly messages: number;
  readonly scrolled: Scrolled;
  readonly browser: string;
  readonly machine: Machine;
}

/** The chat's page in a browser. Answers whether it is as small and as quick as it must be, and shows every message. */
export async function page(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['messages', 'loads'], ['json'], USAGE);
  const messages = options.number('messages', 20_000, 100, 200_000);
  const loads = options.number('loads', 10, 1, 1_000);
  progress('starting a standalone and a browser');
  const browser = await launchBrowser('--enable-precise-memory-info');
  // One person reads 20,000 messages without a pause.
  const env = { HTTP_REQUESTS_PER_SECOND: '10000', HTTP_REQUESTS_BURST: '100000' };
  const standalone = await startStandalone(folders, 'bench/page', env);
  try {
    const { http } = standalone.running;
    await fillClan(standalone.running, messages);
    progress(`opening the page ${loads} times`);
    const usableMs = await coldLoads(browser, http, loads);
    progress('scrolling to the first message and back');
    const scrolled = await scrollThrough(browser, http, messages);
    const figures: PageFigures = {
      ...{ ...scriptBytes(), usableMs, messages, scrolled },
      browser: `Chromium ${browser.version()}`,
      machine: machineOf({ nats: { taken: 'that of the standalone' }, mongodb: { taken: 'its database' } }),
    };
    console.log(options.flag('json') ? JSON.stringify(json(figures)) : text(figures));
    return isAsItMustBe(figures);
  } finally {
    await browser.close();
    await standalone.close();
  }
}

function scriptBytes(): { readonly bytes: number; readonly embedBytes: number } {
  const sizeOf = (file: string) => gzipSync(readFileSync(join(FOLDER, file)), { level: 9 }).length;
  const chunks = readdirSync(join(FOLDER, 'assets')).filter((file) => file.endsWith('.js'));
  return { bytes: chunks.reduce((sum, file) => sum + sizeOf(join('assets', file)), 0), embedBytes: sizeOf('embed.js') };
}

const isAsItMustBe = ({ bytes, embedBytes, usableMs, scrolled }: PageFigures): boolean =>
  Math.max(bytes, embedBytes) <= MAX_BYTES && median(usableMs) <= MAX_USABLE_MS && scrolled.faults.length === 0;

const frameTimes = (frames: readonly number[]) => ({
  frames: frames.length,
  p50: rounded(quantile(frames, 0.5) ?? 0, 1),
  p95: rounded(quantile(frames, 0.95) ?? 0, 1),
  p99: rounded(quantile(frames, 0.99) ?? 0, 1),
  max: rounded(quantile(frames, 1) ?? 0, 1),
});

function json(figures: PageFigures): object {
  const { scrolled, usableMs, ...rest } = figures;
  const { up, down, ...memory } = scrolled;
  const way = ({ frames, longTasks, seen }: Scrolled['up']) => ({ ...frameTimes(frames), longTasks, seen });
  return {
    ...{ benchmark: 'page', ...rest, usableMs: usableMs.map((ms) => rounded(ms, 0)) },
    scrolled: { up: way(up), down: way(down), ...memory },
  };
}

function text(figures: PageFigures): string {
  const { bytes, embedBytes, usableMs, messages, scrolled, browser, machine } = figures;
  const kilobytes = (count: number) => `${(count / 1_024).toFixed(1)} KB`;
  const megabytes = (count: number) => `${(count / 1e6).toFixed(1)} MB`;
  const way = (name: string, { frames, longTasks, seen }: Scrolled['up']) => {
    const { p50, p95, p99, max, frames: count } = frameTimes(frames);
    const tasks = `${longTasks.length} long tasks, ${rounded(Math.max(0, ...longTasks), 0)} ms at most`;
    return `${name.padEnd(8)} ${count} frames: p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, max ${max} ms; ${tasks}; ${seen} messages in the page`;
  };
  return [
    `script   ${kilobytes(bytes)} gzipped, all of the page's; ${kilobytes(embedBytes)} for other pages; ${kilobytes(MAX_BYTES)} at most`,
    `usable   ${median(usableMs).toFixed(0)} ms after the address is opened, median of ${usableMs.length} (${Math.min(...usableMs).toFixed(0)} to ${Math.max(...usableMs).toFixed(0)}); ${MAX_USABLE_MS} at most`,
    `scroll   ${messages} messages, from the last to the first and back`,
    way('up', scrolled.up),
    way('down', scrolled.down),
    `page     ${scrolled.mostElements} elements at most; JS heap ${megabytes(scrolled.heapBefore)} before, ${megabytes(scrolled.heapAfter)} after`,
    `machine  ${browser}, headless, no GPU; ${machineLine(machine)}`,
    ...scrolled.faults.map((fault) => `FAULT    ${fault}`),
  ].join('\n');
}
