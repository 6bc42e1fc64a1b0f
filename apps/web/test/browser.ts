import { describe } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

const KNOWN = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', chromium.executablePath()];

/** The browser of the machine: the one that BROWSER_PATH names, a Chromium in its usual places, or Playwright's own. */
const path = process.env['BROWSER_PATH'] ?? KNOWN.find((file) => existsSync(file));

if (path === undefined) {
  const advice = 'install one, or get Playwright’s: npx playwright-core install chromium';
  if (process.env['REQUIRE_BROWSER'] === '1') throw new Error(`REQUIRE_BROWSER=1, and there is no Chromium: ${advice}`);
  console.warn(`There is no Chromium here, so what is seen in a browser is not tested: ${advice}`);
}

/** Suites that need a browser; skipped where there is none. */
export const describeInBrowser = path === undefined ? describe.skip : describe;

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: path!,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });

/** What the browser itself says of a connection that was cut. */
export const CUT = /WebSocket connection to .* failed|ERR_(CONNECTION|EMPTY|NETWORK|SOCKET|INTERNET)\w*/;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong on a page, as JSON. */
export async function axeFindings(page: Page): Promise<string> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: object[] }> } };
    return JSON.stringify((await axe.run()).violations, null, 1);
  });
}
