import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** What to do where there is none. */
export const BROWSER_ADVICE = 'install one, or get Playwright’s: npx playwright-core install chromium';

/** The browser of the machine: the one that BROWSER_PATH names, a Chromium in its usual places, or Playwright's own. */
export function browserPath(): string | undefined {
  const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', chromium.executablePath()];
  return process.env['BROWSER_PATH'] ?? known.find((file) => existsSync(file));
}

/** @throws Error where there is none */
export function launchBrowser(...args: readonly string[]): Promise<Browser> {
  const executablePath = browserPath();
  if (executablePath === undefined) throw new Error(`there is no Chromium: ${BROWSER_ADVICE}`);
  const quiet = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath, args: [...quiet, ...args] });
}
