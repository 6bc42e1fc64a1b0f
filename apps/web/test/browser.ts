import { describe } from '@jest/globals';
import { BROWSER_ADVICE, browserPath, launchBrowser } from '../../workbench/src/page/browser.js';

const isThere = browserPath() !== undefined;

if (!isThere) {
  if (process.env['REQUIRE_BROWSER'] === '1') {
    throw new Error(`REQUIRE_BROWSER=1, and there is no Chromium: ${BROWSER_ADVICE}`);
  }
  console.warn(`There is no Chromium here, so what is seen in a browser is not tested: ${BROWSER_ADVICE}`);
}

/** Suites that need a browser; skipped where there is none. */
export const describeInBrowser = isThere ? describe : describe.skip;

export const launch = launchBrowser;
