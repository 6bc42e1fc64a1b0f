import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Route } from 'playwright-core';
import { clanRoom } from '#domain';
import { ChatServer } from '../../workbench/test/chat-server.js';
import { describeInBrowser, launch } from './browser.js';
import { ChatPage } from './chat-page.js';

// What the panels show where the server fails them, and what they ask of it and of the browser where nothing happens.

describeInBrowser('the panels where something fails', () => {
  let server: ChatServer;
  let browser: Browser;
  let page: ChatPage | null = null;

  beforeAll(async () => {
    [server, browser] = await Promise.all([ChatServer.start(), launch()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });
  afterEach(async () => {
    // The browser says it too where it was refused.
    await page?.close(/^Failed to load resource/);
    page = null;
  });

  async function open(hash: string, name: string, options: Parameters<Browser['newContext']>[0] = {}) {
    page = await ChatPage.open(browser, `${server.url()}/#${hash}`, options);
    return { page: page.page, panel: page.page.getByRole('region', { name, exact: true }), ada: page.of('Ada') };
  }

  /** How often a path is asked for from now on, and how it is answered. */
  async function answering(path: string, answer: (route: Route, asked: number) => Promise<void>) {
    let asked = 0;
    await page!.page.route(
      (url) => url.pathname === path,
      (route) => answer(route, ++asked),
    );
    return () => asked;
  }
  const refusing = (status: number, message: string) => (route: Route) =>
    route.fulfill({ status, json: { code: status, errors: [{ message }] } });

  async function openPast() {
    const { page, panel, ada } = await open('as=7&panel=log', 'Log');
    await panel.getByText(/^Following/).waitFor();
    for (const text of ['one', 'two']) {
      await ada.say(text);
      await ada.sees(text);
    }
    const room = clanRoom('3');
    await panel.getByRole('button', { name: 'A room as it was' }).click();
    await panel.getByLabel('Room').fill(room);
    await panel.getByLabel('Room').press('Enter');
    const seqs: number[] = [];
    for await (const record of server.log.read({ filter: { room } })) seqs.push(record.seq);
    await panel.locator(`[data-seq="${seqs.at(-1)!}"]`).waitFor();
    return { page, panel, seqs };
  }

  it('stops playing where no more events are to be had, says why, and asks once', async () => {
    const { page, panel } = await openPast();
    const asked = await answering('/log/at', async (route, times) => {
      if (times > 1) return refusing(503, 'the log is away')(route);
      const answer = await route.fetch();
      const then = (await answer.json()) as { steps: object[] };
      // As many as are asked for: there may be more.
      return route.fulfill({ json: { ...then, steps: Array.from({ length: 200 }, () => then.steps[0]) } });
    });
    await panel.getByRole('button', { name: '100×' }).click();
    await panel.getByRole('button', { name: 'Play' }).click();
    await panel.getByRole('alert').getByText('the log is away').waitFor();
    await panel.getByRole('button', { name: 'Play' }).waitFor();
    await page.waitForTimeout(500);
    expect(asked()).toBe(2);
    await panel.getByRole('alert').getByText('the log is away').waitFor();
  });

  it('does not play where the first event is not to be had', async () => {
    const { page, panel } = await openPast();
    const asked = await answering('/log/at', refusing(503, 'the log is away'));
    await panel.getByRole('button', { name: 'Play' }).click();
    await panel.getByRole('alert').getByText('the log is away').waitFor();
    await page.waitForTimeout(300);
    expect([asked(), await panel.getByRole('button', { name: 'Stop' }).count()]).toEqual([1, 0]);
  });

  it('stays at the first event of a room, before which there was none', async () => {
    const { page, panel, seqs } = await openPast();
    const back = panel.getByRole('button', { name: 'The event before' });
    for (const seq of seqs.slice(0, -1).reverse()) {
      await back.click();
      await panel.locator(`[data-seq="${seq}"]`).waitFor();
    }
    const asked = await answering('/log/at', (route) => route.continue());
    await back.click();
    await page.waitForTimeout(300);
    expect([asked(), await panel.getByRole('alert').count()]).toEqual([0, 0]);
    await panel.locator(`[data-seq="${seqs[0]!}"]`).waitFor();
  });

  it('renders no event again while nothing comes, and few where one comes', async () => {
    const { page, panel, ada } = await open('as=7&panel=log', 'Log');
    await panel.getByText(/^Following/).waitFor();
    for (let i = 0; i < 20; i++) await ada.say(`row ${i}`);
    await ada.sees('row 19');
    const rows = panel.locator('tbody tr');
    const isWhole = { name: 'stored, folded, delivered to 1' };
    await rows.first().filter({ hasText: 'MessageCreated' }).getByRole('img', isWhole).waitFor();
    await page.waitForTimeout(1_000);
    // Each row has a time, and says it when it is rendered.
    await page.evaluate(() => {
      const counted = Object.assign(globalThis, { times: 0 });
      const dates = Date.prototype as { toLocaleTimeString: unknown };
      dates.toLocaleTimeString = function (this: Date, _: undefined, how?: Intl.DateTimeFormatOptions) {
        if (how?.second) counted.times++;
        return this.toISOString();
      };
    });
    const times = () => page.evaluate(() => (globalThis as unknown as { times: number }).times);
    await page.waitForTimeout(1_000);
    expect(await times()).toBe(0);
    const before = await rows.count();
    expect(before).toBeGreaterThan(20);
    await ada.say('one more');
    await rows.nth(before).waitFor();
    await rows.first().getByRole('img', isWhole).waitFor();
    // When it is stored, folded and delivered, at most; and what else its sender does.
    expect(await times()).toBeGreaterThan(0);
    expect(await times()).toBeLessThan(10);
  });

  it('says what to do where the log is not served, and asks no more', async () => {
    const { page, panel } = await open('as=7', 'Log');
    const asked = await answering('/log', refusing(404, 'Cannot GET /log'));
    await page.getByRole('button', { name: 'Log', exact: true }).click();
    await panel.getByText('This server does not serve the log').waitFor();
    await page.waitForTimeout(2_500);
    expect(asked()).toBe(1);
  });

  it('says what failed where the rooms cannot be listed, and takes the name of one still', async () => {
    const { page, panel } = await open('as=7', 'Log');
    await answering('/log/rooms', refusing(503, 'the projection is not run'));
    await page.getByRole('button', { name: 'Log', exact: true }).click();
    await panel.getByRole('button', { name: 'A room as it was' }).click();
    await panel.getByText('The rooms cannot be listed: the projection is not run').waitFor();
    expect(await panel.getByText('Nothing was said yet').count()).toBe(0);
  });

  it('says what failed where versions, dead letters or connections cannot be had', async () => {
    const { page, panel } = await open('as=7', 'Operations');
    for (const path of ['/operations/versions', '/operations/dead-letters', '/online/gateways'])
      await answering(path, refusing(503, `${path} is away`));
    await page.getByRole('button', { name: 'Operations', exact: true }).click();
    await panel.getByText('They cannot be listed: /operations/versions is away').waitFor();
    await panel.getByText('They cannot be listed: /operations/dead-letters is away').waitFor();
    await panel.getByText('No gateway is reached at this address: /online/gateways is away').waitFor();
    for (const absence of ['in memory', 'None: every event']) expect(await panel.getByText(absence).count()).toBe(0);
  });

  it.each([
    ['log', 'Log'],
    ['operations', 'Operations'],
    ['break', 'Break it'],
  ])('leaves one chat on a phone beside the panel: %s', async (id, name) => {
    const { panel, ada } = await open(`as=7&beside=8&panel=${id}`, name, { viewport: { width: 390, height: 800 } });
    await ada.field.waitFor();
    await panel.getByRole('button').first().waitFor();
    expect(await page!.of('Bob').root.isVisible()).toBe(false);
  });
});
