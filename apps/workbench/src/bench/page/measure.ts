import type { Browser, Page } from 'playwright-core';

/** One way through the room. */
interface Way {
  /** Milliseconds from each frame to the next. */
  readonly frames: readonly number[];
  /** Milliseconds of each task above 50. */
  readonly longTasks: readonly number[];
  /** How many messages were in the page in some frame. */
  readonly seen: number;
}

export interface Scrolled {
  readonly up: Way;
  readonly down: Way;
  readonly mostElements: number;
  /** Bytes, after the garbage was collected. */
  readonly heapBefore: number;
  readonly heapAfter: number;
  readonly faults: readonly string[];
}

const VIEWPORT = { width: 1_280, height: 800 };
/** A quick flick: 18,000 pixels a second, at 60 frames. */
const STEP_PX = 300;

/** So many of the messages must have been in the page: where frames are late, a few are flown past. */
const SEEN = 0.99;

/** What is noted in the page: when one could first chat. */
interface Noted {
  usable?: number;
}

/** From the address to the first chat with its messages and a field, in milliseconds, each time with a browser that knows nothing. */
export async function coldLoads(browser: Browser, http: string, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const context = await browser.newContext({ viewport: VIEWPORT });
    const page = await context.newPage();
    await page.addInitScript(() => {
      const look = () => {
        const noted = globalThis as Noted;
        const isUsable = document.querySelector('[role=log] article') && document.querySelector('textarea');
        if (isUsable) noted.usable ??= performance.now();
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    await page.goto(`${http}/#as=7&beside=8`);
    const usable = await page.waitForFunction(() => (globalThis as Noted).usable);
    times.push((await usable.jsonValue())!);
    await context.close();
  }
  return times;
}

/** Scrolls a room from its last message to its first and back, and looks whether each was there. */
export async function scrollThrough(browser: Browser, http: string, messages: number): Promise<Scrolled> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (line) => {
    if (line.type() === 'error') faults.push(line.text());
  });
  await page.goto(`${http}/#as=7`);
  await page.locator(`article[data-n="${messages}"]`).waitFor();
  const heapBefore = await heapOf(page);
  const up = await scroll(page, -STEP_PX, 1);
  const down = await scroll(page, STEP_PX, messages);
  const heapAfter = await heapOf(page);
  await context.close();
  const mostElements = Math.max(up.most, down.most);
  const ways = { up, down };
  for (const [name, { seen, torn }] of Object.entries(ways)) {
    if (torn > 0) faults.push(`in ${torn} frames messages were missing or out of order: ${name}`);
    if (seen < messages * SEEN) faults.push(`${messages - seen} messages were never in the page: ${name}`);
  }
  return { ...ways, heapBefore, heapAfter, faults, mostElements };
}

/** In each frame by so much, until the message of this number is there. */
const scroll = (page: Page, step: number, last: number): Promise<Way & { most: number; torn: number }> =>
  page.evaluate(
    async ({ step, last }) => {
      const log = document.querySelector('[role=log]')!;
      const frames: number[] = [];
      const longTasks: number[] = [];
      const seen = new Set<number>();
      let [most, torn] = [0, 0];
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longTasks.push(duration);
      });
      observer.observe({ entryTypes: ['longtask'] });
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      let before = await frame();
      for (let isThere = false; !isThere;) {
        log.scrollBy(0, step);
        const now = await frame();
        frames.push(now - before);
        before = now;
        const shown = [...log.querySelectorAll<HTMLElement>('article')].map((article) => Number(article.dataset['n']));
        for (const n of shown) seen.add(n);
        if (shown.some((n, i) => i > 0 && n !== shown[i - 1]! + 1)) torn++;
        if (frames.length % 30 === 0) most = Math.max(most, document.querySelectorAll('*').length);
        isThere = seen.has(last);
      }
      observer.disconnect();
      return { frames, longTasks, seen: seen.size, most, torn };
    },
    { step, last },
  );

async function heapOf(page: Page): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('Performance.enable');
  const { metrics } = await devtools.send('Performance.getMetrics');
  await devtools.detach();
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
}
