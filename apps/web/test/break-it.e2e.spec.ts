import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { OwnNats } from '../../standalone/src/servers/own-nats.js';
import { ChatServer } from '../../workbench/test/chat-server.js';
import { faultsByAxe } from './axe.js';
import { describeInBrowser, launch } from './browser.js';
import { ChatPage } from './chat-page.js';

// What is broken by the buttons of the page, and what two people who chat there see of it.

/** What the browser itself says of a server that is away. */
const CUT = /WebSocket connection to .* failed|ERR_(CONNECTION|EMPTY|NETWORK|SOCKET|INTERNET)\w*|status of 503/;

describeInBrowser('what breaks, in a browser', () => {
  let server: ChatServer;
  let nats: OwnNats;
  let browser: Browser;
  let page: ChatPage | null = null;
  const folder = mkdtempSync(join(tmpdir(), 'parley-broken-'));

  beforeAll(async () => {
    const cacheDir = process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley');
    nats = await OwnNats.start({ cacheDir, dataDir: folder, log: () => undefined });
    [server, browser] = await Promise.all([ChatServer.start({}, undefined, { ownNats: nats }), launch()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await page?.close(CUT);
    page = null;
  });

  const open = async (options: Parameters<Browser['newContext']>[0] = {}) => {
    page = await ChatPage.open(browser, `${server.http}/#as=7&beside=8&panel=break`, options);
    page.page.setDefaultTimeout(40_000);
    const [ada, bob] = [page.of('Ada'), page.of('Bob')];
    const panel = page.page.getByRole('region', { name: 'Break it' });
    await bob.sees('probe 1');
    return { page, ada, bob, panel };
  };
  const figure = (panel: Locator, label: string) =>
    panel.locator('.figure', { hasText: label }).locator('strong').innerText();

  /** Until all that was said up to now is held against the log. */
  async function expectNothingLost(panel: Locator): Promise<void> {
    await panel.page().waitForTimeout(7_500);
    await panel.getByText(/Held against the log [0-5] s ago: all is there, once, in order\./).waitFor();
    await panel.getByText('is not connected yet').first().waitFor({ state: 'detached' });
    for (const label of ['lost', 'doubled', 'out of order']) expect(await figure(panel, label)).toBe('0');
    const rows = await panel.getByRole('row').allInnerTexts();
    expect(rows.length).toBe(4);
    const [log, ...panes] = rows.slice(1).map((row) => Number(row.split('\t')[1]));
    expect(log).toBeGreaterThan(5);
    // What was said since is not held against anything yet.
    for (const has of panes) expect(Math.abs(has - log!)).toBeLessThan(10);
  }

  it.each([
    ['projector', 'Kill the projector', /connected throughout/],
    ['gateway', 'Kill the gateway', /away for .*, resumed/],
    ['NATS', 'Kill NATS', /waited/],
  ])(
    'shows what waits and then comes, and that nothing is lost: %s',
    async (_, button, sees) => {
      // So wide that the list of rooms is there beside each conversation.
      const { ada, bob, panel } = await open({ viewport: { width: 2_200, height: 900 } });
      // Elsewhere than the probes, which push out of sight what was said before them.
      for (const pane of [ada, bob]) await pane.show('Everybody');
      // Written before, since it is not broken for long.
      await ada.field.fill(`said while it was broken: ${button}`);
      await panel.getByRole('button', { name: button }).click();
      await panel
        .getByText(/(killed), still/)
        .first()
        .waitFor();
      // It is broken a moment after that is answered.
      await panel.page().waitForTimeout(500);
      // Looked for from before it is said: it may be told soon after.
      const waits = ada.root.locator('.waiting', { hasText: button }).first().waitFor();
      await ada.field.press('Enter');
      await waits;
      await Promise.all([ada, bob].map((pane) => pane.sees(`said while it was broken: ${button}`)));
      await panel
        .getByText(/killed for \d\.\d s/)
        .first()
        .waitFor();
      await expectNothingLost(panel);
      const first = panel.getByRole('listitem').first();
      expect(await first.innerText()).toMatch(sees);
    },
    120_000,
  );

  it('survives every button, pressed one after the other', async () => {
    const { panel } = await open();
    const buttons = await panel.getByRole('group').getByRole('button').all();
    expect(buttons.length).toBe(5);
    for (const button of buttons.toReversed()) await button.click();
    await panel.page().waitForTimeout(9_000);
    await panel.getByText('still').first().waitFor({ state: 'detached' });
    await expectNothingLost(panel);
  }, 180_000);

  it('counts what is lost: by somebody who is not told', async () => {
    const { page, panel } = await open();
    // The log has it, and this page is never told: as if a gateway had lost it.
    await page.page.evaluate(() => {
      const parse = JSON.parse;
      JSON.parse = (text: string, ...rest) => {
        const value = parse(text, ...rest) as { event?: string; message?: { content?: string } };
        return value.event === 'newMessage' && /^probe \d*[05] /.test(value.message?.content ?? '') ? {} : value;
      };
    });
    await panel.getByText('not all is as it should be').waitFor();
    expect(Number(await figure(panel, 'lost'))).toBeGreaterThan(0);
  }, 120_000);

  it.each(['light', 'dark'] as const)('has nothing that axe finds wrong, in %s', async (colorScheme) => {
    const { page, panel } = await open({ colorScheme });
    await panel.getByRole('button', { name: 'Kill the projector' }).click();
    await panel.getByText('projector killed, still').waitFor();
    expect(await faultsByAxe(page.page)).toEqual([]);
  });
});
