import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import { clanRoom, type Room } from '#domain';
import { knownSeq, type MessageThenView, RoomFold, roomThenView } from '#projections';
import { ChatServer } from '../../workbench/test/chat-server.js';
import { faultsByAxe } from './axe.js';
import { describeInBrowser, launch } from './browser.js';
import { ChatPage, type Pane } from './chat-page.js';

// The log beside the chats, in a real browser.

describeInBrowser('the log in a browser', () => {
  let server: ChatServer;
  let browser: Browser;
  const opened: ChatPage[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([ChatServer.start(), launch()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });
  afterEach(async () => {
    for (const page of opened.splice(0)) await page.close();
  });

  let next = 100;

  /** Somebody who chats in a clan of their own beside the log. */
  async function open(options: Parameters<Browser['newContext']>[0] = {}) {
    const [id, clan] = [next++, `c${next++}`];
    const known = [id, next++].map((userId) => ({ id: String(userId), name: `Ada ${userId}`, clan }));
    const origin = server.url();
    const localStorage = [{ name: 'parley-people', value: JSON.stringify(known) }];
    const storageState = { cookies: [], origins: [{ origin, localStorage }] };
    const page = await ChatPage.open(browser, `${origin}/#as=${id}&panel=log`, { storageState, ...options });
    opened.push(page);
    const panel = page.page.getByRole('region', { name: 'Log', exact: true });
    return { page, panel, ada: page.of(`Ada ${id}`), id, clan, room: clanRoom(clan) };
  }

  const lastSeq = (room: Room) => server.log.lastSeq({ room });
  const row = (panel: Locator, seq: number) =>
    panel.getByRole('row').filter({ has: panel.page().getByRole('button', { name: `Event ${seq}`, exact: true }) });

  async function say(ada: Pane, text: string): Promise<void> {
    await ada.say(text);
    await ada.sees(text);
  }

  it('shows an event as it is appended, and the way of a message with its times in order', async () => {
    const { panel, ada, id, clan, room } = await open();
    await panel.getByText(/^Following/).waitFor();
    await say(ada, 'seen <b>from</b> beside');
    const seq = await lastSeq(room);
    await row(panel, seq).getByRole('img', { name: 'stored, folded, delivered to 1' }).waitFor();
    const cells = await row(panel, seq).getByRole('cell').allTextContents();
    const { partition } = (await server.log.recordAt(seq))!;
    expect([cells[0], ...cells.slice(2, 6)]).toEqual([
      String(seq),
      String(partition),
      'MessageCreated',
      `clan:${clan}`,
      `Ada ${id} (${id})`,
    ]);
    await panel.getByRole('button', { name: `Event ${seq}`, exact: true }).press('Enter');
    const way = panel.getByRole('region', { name: `Event ${seq}` });
    await way.getByText('seen <b>from</b> beside').waitFor();
    const steps = await way
      .locator('[data-step]')
      .evaluateAll((all) => all.map((step) => [step.getAttribute('data-step'), Number(step.getAttribute('data-at'))]));
    expect(steps.map(([name]) => name)).toEqual(['decided', 'stored', 'folded', 'delivered']);
    const times = steps.map(([, at]) => at as number);
    // One machine, so one clock.
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[1]).toBe((await server.log.recordAt(seq))!.at);
  });

  it('shows the events of a room and of a type, and none while it is paused', async () => {
    const { panel, ada, room } = await open();
    await say(ada, 'one');
    await panel.getByLabel('Room').fill(room);
    await panel.getByLabel('Room').press('Enter');
    await row(panel, await lastSeq(room)).waitFor();
    expect(new Set(await panel.locator('tbody td:nth-child(5)').allTextContents())).toEqual(new Set([room]));
    await panel.getByRole('button', { name: 'Pause' }).click();
    await say(ada, 'two');
    await panel.getByText('Paused, 1 more').waitFor();
    expect(await row(panel, await lastSeq(room)).count()).toBe(0);
    await panel.getByRole('button', { name: 'Pause' }).click();
    await row(panel, await lastSeq(room)).waitFor();
    await panel.getByLabel('Type').selectOption('ReactionAdded');
    await panel.getByText('Nothing yet').waitFor();
  });

  const shownIn = (panel: Locator) =>
    panel.locator('.log-room article').evaluateAll((all) =>
      all.map((each) => ({
        n: Number(each.getAttribute('data-n')),
        text: each.querySelector('.text')!.textContent,
        reactions: [...each.querySelectorAll('.log-reaction')].map(({ textContent }) => textContent),
        isEdited: [...each.querySelectorAll('.mark')].some(({ textContent }) => textContent === 'edited'),
      })),
    );
  const asShown = ({ n, content, deleted, reactions, editedAt }: MessageThenView) => ({
    ...{ n, text: deleted ? 'deleted' : content, reactions: reactions.map(({ emoji }) => `${emoji} 1`) },
    isEdited: editedAt !== null && !deleted,
  });
  /** What `chatctl at --json` prints. */
  async function then(room: Room, seq: number) {
    const fold = await RoomFold.start(server.log, room);
    await fold.to(await knownSeq(server.log, { seq }));
    return roomThenView(await fold.room()).messages.map(asShown);
  }

  /** Three messages: one has a reaction, one is edited, one is deleted. */
  async function talk(ada: Pane): Promise<void> {
    for (const text of ['one', 'two', 'three']) await say(ada, text);
    await ada.message('one').hover();
    await ada.message('one').getByRole('button', { name: 'React to this message' }).click();
    await ada.message('one').getByRole('button', { name: '🎉' }).click();
    await ada
      .message('one')
      .getByRole('button', { name: /^🎉 1 by/ })
      .waitFor();
    await ada.message('two').hover();
    await ada.message('two').getByRole('button', { name: 'Edit this message' }).click();
    await ada.root.getByLabel('What the message says').fill('two!');
    await ada.root.getByLabel('What the message says').press('Enter');
    await ada.sees('two!');
    await ada.message('three').hover();
    await ada.message('three').getByRole('button', { name: 'Delete this message' }).click();
    await ada.sees('deleted');
  }

  async function openPast(panel: Locator, room: Room): Promise<void> {
    await panel.getByRole('button', { name: 'A room as it was' }).click();
    await panel.getByLabel('Room').fill(room);
    await panel.getByLabel('Room').press('Enter');
    await panel.locator(`[data-seq="${await lastSeq(room)}"]`).waitFor();
  }

  it('shows a room as it was: at the end what the history has, before that what chatctl at tells', async () => {
    const { panel, ada, id, clan, room } = await open();
    await talk(ada);
    await openPast(panel, room);
    const token = server.token(id, { clanId: clan });
    const answer = await fetch(`${server.http}/chat/history?type=clan`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const { data } = (await answer.json()) as {
      readonly data: {
        readonly ChatMessage: readonly {
          readonly content: string;
          readonly deleted?: boolean;
          readonly reactions: object[];
        }[];
      };
    };
    const atEnd = (await shownIn(panel)).map(({ text, reactions }) => [text, reactions.length]);
    // The newest first.
    const history = data.ChatMessage.map(({ content, deleted, reactions }) => [
      deleted ? 'deleted' : content,
      reactions.length,
    ]).reverse();
    expect(atEnd).toEqual(history);
    expect(atEnd).toEqual([
      ['one', 1],
      ['two!', 0],
      ['deleted', 0],
    ]);
    const seqs: number[] = [];
    for await (const record of server.log.read({ filter: { room } })) seqs.push(record.seq);
    for (const seq of seqs.slice(0, -1).reverse()) {
      await panel.getByRole('button', { name: 'The event before' }).click();
      await panel.locator(`[data-seq="${seq}"]`).waitFor();
      expect([seq, await shownIn(panel)]).toEqual([seq, await then(room, seq)]);
    }
    for (const seq of seqs.slice(1)) {
      await panel.getByRole('slider', { name: 'When' }).press('ArrowRight');
      await panel.locator(`[data-seq="${seq}"]`).waitFor();
      expect([seq, await shownIn(panel)]).toEqual([seq, await then(room, seq)]);
    }
    const middle = seqs[3]!;
    const { at } = (await server.log.recordAt(middle))!;
    await panel.getByRole('slider', { name: 'When' }).fill(String(at));
    await panel.locator(`[data-seq="${middle}"]`).waitFor();
    expect(await shownIn(panel)).toEqual(await then(room, middle));
  }, 120_000);

  it('plays a room from its first event to its last one', async () => {
    const { page, panel, ada, room } = await open();
    await talk(ada);
    await openPast(panel, room);
    await page.page.evaluate(() => {
      const seen = new Set<string>();
      Object.assign(globalThis, { seen });
      new MutationObserver(() => {
        const seq = document.querySelector('.log [data-seq]')?.getAttribute('data-seq');
        if (seq) seen.add(seq);
      }).observe(document.querySelector('.log')!, {
        subtree: true,
        attributes: true,
        childList: true,
        characterData: true,
      });
    });
    await panel.getByRole('button', { name: '1×', exact: true }).click();
    await panel.getByRole('button', { name: 'Play' }).click();
    await panel.getByRole('button', { name: 'Stop' }).waitFor();
    await panel.getByRole('button', { name: 'Play' }).waitFor();
    const seen = await page.page.evaluate(() => [...(globalThis as unknown as { seen: Set<string> }).seen].map(Number));
    const seqs: number[] = [];
    for await (const record of server.log.read({ filter: { room } })) seqs.push(record.seq);
    expect(seen.sort((a, b) => a - b)).toEqual(seqs);
    expect(await shownIn(panel)).toEqual(await then(room, seqs.at(-1)!));
  }, 120_000);

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
  ] as const)('has nothing that axe finds wrong, in %s, %d wide, and fits', async (colorScheme, width) => {
    const { page, panel, ada, room } = await open({ colorScheme, viewport: { width, height: 800 } });
    await panel.getByText(/^Following/).waitFor();
    await say(ada, 'Hello');
    const seq = await lastSeq(room);
    await panel.getByRole('button', { name: `Event ${seq}`, exact: true }).click();
    await panel.getByRole('region', { name: `Event ${seq}` }).waitFor();
    expect(await faultsByAxe(page.page)).toEqual([]);
    await openPast(panel, room);
    expect(await faultsByAxe(page.page)).toEqual([]);
    expect(await page.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
});
