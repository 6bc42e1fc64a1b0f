import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { directRoom, keySequence } from '#domain';
import { openMongodbReadModels, type ReadModels } from '#read-models';
import { ChatServer } from '../../workbench/test/chat-server.js';
import { faultsByAxe } from './axe.js';
import { describeInBrowser, launch } from './browser.js';
import { ChatPage } from './chat-page.js';

// What operators see in a browser.

const url = process.env['TEST_MONGODB_URL'];

(url === undefined ? describe.skip : describeInBrowser)('operations in a browser', () => {
  let server: ChatServer;
  let readModels: ReadModels;
  let browser: Browser;
  let page: ChatPage | null = null;

  beforeAll(async () => {
    readModels = await openMongodbReadModels({ url: url!, database: `web-${randomBytes(4).toString('hex')}` });
    [server, browser] = await Promise.all([ChatServer.start({}, undefined, { readModels }), launch()]);
    const [room, keys] = [directRoom('1', '2'), keySequence(randomBytes(8))];
    const [messageId, at] = [keys(), new Date().toISOString()];
    const sender = { id: '1', name: 'Ada', avatar: null };
    await server.log.append({
      ...{ type: 'MessageCreated', room, id: `msg.${messageId}`, at, messageId, sender, content: 'before its chat' },
    });
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    await readModels.close();
  });
  afterEach(async () => {
    await page?.close();
    page = null;
  });

  const open = async (hash: string, options: Parameters<Browser['newContext']>[0] = {}) => {
    page = await ChatPage.open(browser, `${server.http}/#${hash}`, options);
    return { page, panel: page.page.getByRole('region', { name: 'Operations' }) };
  };
  const row = (of: Awaited<ReturnType<typeof open>>['panel'], name: RegExp) =>
    of.locator('.projections tbody').filter({ hasText: name });

  it('shows the projections, their partitions and lag, dead letters, versions and connections', async () => {
    const { panel } = await open('as=7&panel=operations');
    await row(panel, /^timeline/).waitFor();
    await row(panel, /^directory/).waitFor();
    await panel.getByText(/Partitions of timeline/).click();
    expect(await panel.locator('details[open] tbody tr').count()).toBe(16);
    await panel.getByRole('img', { name: /Events behind the log/ }).waitFor();
    await panel.getByText('a message in direct:1:2 before its chat').waitFor();
    await panel.getByRole('row', { name: /^timeline \d+ \d+ served/ }).waitFor();
    // One connection for the rooms and one for direct chats, at one of the two gateways.
    const connections = panel.locator('section', { has: panel.page().getByRole('heading', { name: 'Connections' }) });
    await connections.getByRole('row', { name: /:\d+ 1 1 1$/ }).waitFor();
    expect(await connections.locator('tbody tr').count()).toBe(2);
  });

  it('rebuilds while people chat, and serves what was built', async () => {
    const { page, panel } = await open('as=7&beside=8&panel=operations');
    const [ada, bob] = [page.of('Ada'), page.of('Bob')];
    await ada.say('before the rebuild');
    await bob.sees('before the rebuild');
    const textOf = () =>
      row(panel, /^timeline/)
        .first()
        .innerText();
    const versionOf = async () => Number(/version (\d+)/.exec(await textOf())![1]);
    const before = await versionOf();
    await panel.getByRole('button', { name: 'Rebuild timeline' }).click();
    await panel.getByRole('progressbar', { name: 'Building timeline' }).waitFor();
    for (let i = 0; i < 5; i++) await ada.say(`during the rebuild ${i}`);
    await panel
      .getByText(new RegExp(`^timeline: version ${before + 1} is served: \\d+ events folded`))
      .waitFor({ timeout: 60_000 });
    await ada.say('after the rebuild');
    for (let i = 0; i < 5; i++) await bob.sees(`during the rebuild ${i}`);
    await bob.sees('after the rebuild');
    await panel.getByRole('row', { name: new RegExp(`^timeline ${before + 1} \\d+ served`) }).waitFor();
    await row(panel, new RegExp(`^timeline.*version ${before + 1}, folded by 1`)).waitFor();
  }, 120_000);

  it('says why dead letters cannot be taken in', async () => {
    const { page, panel } = await open('as=7&panel=operations');
    await panel.getByRole('button', { name: 'Take those of timeline in again' }).click();
    await panel.getByText(/can fold none of the dead letters of timeline/).waitFor();
    // The browser says it too.
    page.faults.splice(0);
  });

  it('is there for a service token, without a chat; where it is not served it says what to do', async () => {
    const token = server.token('game', { scope: 'service' });
    const { panel } = await open(`token=${token}`);
    await row(panel, /^timeline/).waitFor();
    await page!.close();
    const real = await ChatServer.start({}, null);
    try {
      page = await ChatPage.open(browser, `${real.http}/#token=${token}`);
      await page.page.getByText('This server does not serve operators').waitFor();
      page.faults.splice(0);
    } finally {
      await page!.close();
      page = null;
      await real.stop();
    }
  });

  it.each(['light', 'dark'] as const)('has nothing that axe finds wrong, in %s', async (colorScheme) => {
    const { page, panel } = await open('as=7&panel=operations', { colorScheme });
    await panel.getByText('a message in direct:1:2 before its chat').waitFor();
    await panel.getByText(/Partitions of timeline/).click();
    expect(await faultsByAxe(page.page)).toEqual([]);
  });
});
