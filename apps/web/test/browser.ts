import { describe } from '@jest/globals';
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

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
