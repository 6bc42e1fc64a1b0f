import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { smallPng } from './small-png.js';
import { CAST, SmallTalk } from './small-talk.js';

/** What there is a picture of, and what stands behind the `#` of its address. */
export const PICTURES = {
  chat: 'as=7&beside=8',
  log: 'as=7&panel=log',
  operations: 'as=7&panel=operations',
} as const;

export type Picture = keyof typeof PICTURES;

const VIEWPORT = { width: 1_180, height: 680 };
const TYPING_MS = 300;
/** So long a line has to move to be one. */
const LINE_MS = 15_000;

/**
 * Takes the pictures of the README of a system on which nothing was said yet, each light and dark: `chat-light.png`.
 * @param url where it is; it gives out tokens itself
 */
export async function takePictures(
  browser: Browser,
  url: string,
  folder: string,
  which: readonly Picture[],
): Promise<void> {
  const talk = await SmallTalk.begin(url);
  try {
    await talk.first();
    for (const picture of which) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const storageState = {
          cookies: [],
          origins: [{ origin: url, localStorage: [{ name: 'parley-people', value: JSON.stringify(CAST) }] }],
        };
        const look = { viewport: VIEWPORT, deviceScaleFactor: 2, colorScheme, reducedMotion: 'reduce' } as const;
        const context = await browser.newContext({ ...look, locale: 'en-GB', storageState });
        const page = await context.newPage();
        await page.goto(`${url}/#${PICTURES[picture]}`);
        await isThere(page, talk, picture);
        writeFileSync(join(folder, `${picture}-${colorScheme}.png`), smallPng(await page.screenshot()));
        await context.close();
      }
    }
  } finally {
    talk.end();
  }
}

async function isThere(page: Page, talk: SmallTalk, picture: Picture): Promise<void> {
  await page.getByText('Three torches each this time. Please.').first().waitFor();
  await page.getByLabel('2 unread').waitFor();
  if (picture === 'chat') {
    // Bob writes with Ada, who looks at the clan, where Cleo types.
    const bob = page.getByRole('region', { name: 'The chat of Bob' });
    await bob.getByRole('navigation').getByRole('button', { name: 'Ada' }).click();
    await bob.getByText('It is in the chest by the door.').last().waitFor();
    await page.getByText('online: Bob').first().waitFor();
    // Told at most every two seconds of one person, and kept by nobody: said until it is seen.
    const typing = setInterval(() => {
      talk.typing('Cleo');
    }, TYPING_MS);
    await page
      .getByText('Cleo is typing')
      .waitFor()
      .finally(() => {
        clearInterval(typing);
      });
  } else if (picture === 'log') {
    const panel = page.getByRole('region', { name: 'Log', exact: true });
    await panel.getByText('Following').waitFor();
    await talk.goOn();
    // What was delivered here has all of its way to show.
    await panel
      .getByRole('img', { name: /delivered/ })
      .first()
      .waitFor();
    await panel
      .getByRole('button', { name: /^Event/ })
      .first()
      .click();
    await panel.getByRole('region', { name: /^Event/ }).waitFor();
  } else {
    const panel = page.getByRole('region', { name: 'Operations', exact: true });
    await panel.getByText('Partitions of timeline').click();
    const over = Date.now() + LINE_MS;
    while (Date.now() < over) {
      await talk.hum();
      await page.waitForTimeout(300);
    }
  }
  await page.mouse.move(0, 0);
}
