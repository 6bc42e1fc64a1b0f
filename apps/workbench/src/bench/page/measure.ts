import type { Browser, Page } from 'playwright-core';

/** One way through the room. */
interface Way {
  /** Milliseconds from each frame to the next. */
  readonly frames: readonly number[];
  /** Milliseconds of each task above 50. */
  readonly longTasks: readonly number[];
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
  for (const [name, { seen }] of Object.entries({ up, down })) {
    if (seen !== messages) faults.push(`${messages - seen} of ${messages} messages were never in the page: ${name}`);
  }
  return { up, down, heapBefore, heapAfter, faults, mostElements: Math.max(up.most, down.most) };
}

/** In each frame by so much, until the message of this number is there. */
const scroll = (page: Page, step: number, last: number): Promise<Way & { seen: number; most: number }> =>
  page.evaluate(
    async ({ step, last }) => {
      const log = document.querySelector('[role=log]')!;
      const frames: number[] = [];
      const longTasks: number[] = [];
      const seen = new Set<string>();
      let most = 0;
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
        for (const article of log.querySelectorAll<HTMLElement>('article')) seen.add(article.dataset['n']!);
        if (frames.length % 30 === 0) most = Math.max(most, document.querySelectorAll('*').length);
        isThere = seen.has(String(last));
      }
      observer.disconnect();
      return { frames, longTasks, seen: seen.size, most };
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
