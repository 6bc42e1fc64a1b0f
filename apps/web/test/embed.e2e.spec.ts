import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Locator, Page, WebSocket } from 'playwright-core';
import { ChatServer } from '../../workbench/test/chat-server.js';
import { serve } from '../example/serve.mjs';
import { faultsByAxe } from './axe.js';
import { describeInBrowser, launch } from './browser.js';
import { ChatPage, Pane } from './chat-page.js';

// The chat in a page of another origin, whose policy is strict: the one of apps/web/example.

const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** What the browser says of a socket, or of a question, that the server refused to this origin. */
const REFUSED = /WebSocket connection to .* failed|blocked by CORS policy|ERR_FAILED/;

/** What it says of one that was ended while it was being opened. */
const ENDED = /WebSocket is closed before the connection is established/;

describeInBrowser('the chat in a page of another application', () => {
  let server: ChatServer;
  let browser: Browser;
  let game: Server;
  const opened: ChatPage[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([ChatServer.start(), launch()]);
    game = await serve(server.url(), 0);
  });
  afterAll(async () => {
    game.closeAllConnections();
    game.close();
    await browser.close();
    await server.stop();
  });
  afterEach(async () => {
    for (const page of opened.splice(0)) await page.close(ENDED);
  });

  async function open(as: number, options: Parameters<typeof ChatPage.open>[2] = {}): Promise<Page> {
    const page = await ChatPage.open(browser, `${originOf(game)}/?as=${as}`, options);
    opened.push(page);
    return page.page;
  }
  const chatIn = (page: Page, room: string) => new Pane(page.locator(`parley-chat[room="${room}"]`));

  it('lets people of two pages talk, in two rooms of each', async () => {
    const [ada, bob] = [await open(7), await open(8)];
    await chatIn(ada, 'clan').say('<b>Hello</b> from the game');
    await chatIn(bob, 'clan').sees('<b>Hello</b> from the game');
    await chatIn(bob, 'global').say('Hello everybody');
    await chatIn(ada, 'global').sees('Hello everybody');
    expect(await chatIn(ada, 'clan').message('Hello everybody').count()).toBe(0);
    expect(await chatIn(ada, 'clan').root.getByRole('navigation').count()).toBe(0);
  });

  it.each(['light', 'dark'] as const)(
    'takes the colours of the page, or those it is told, and has nothing that axe finds wrong, in %s',
    async (colorScheme) => {
      const page = await open(7, { colorScheme });
      const [clan, global] = [chatIn(page, 'clan'), chatIn(page, 'global')];
      await clan.say(`in ${colorScheme} https://example.org`);
      await clan.sees(`in ${colorScheme}`);
      expect(await isDark(clan.root)).toBe(colorScheme === 'dark');
      expect(await faultsByAxe(page)).toEqual([]);
      for (const theme of ['dark', 'light', 'auto'] as const) {
        await setAttribute(global.root, 'theme', theme);
        const dark = (theme === 'auto' ? colorScheme : theme) === 'dark';
        // Shown when what renders gets to it.
        await expectSoon(async () => (await isDark(global.root)) === dark);
      }
    },
  );

  it('is the whole chat without a room, and the chat with one person where it says so', async () => {
    const page = await open(7);
    const [whole, direct] = [chatIn(page, 'global'), chatIn(page, 'clan')];
    await whole.root.evaluate((element) => {
      element.setAttribute('id', 'whole');
      element.removeAttribute('room');
    });
    await setAttribute(direct.root, 'room', 'direct:8');
    const [all, alone] = [new Pane(page.locator('#whole')), chatIn(page, 'direct:8')];
    await alone.say('Only for you');
    await alone.sees('Only for you');
    await all.show('Only for you');
    await all.sees('Only for you');
    await setAttribute(alone.root, 'room', 'nowhere');
    await page.getByRole('alert').getByText('There is no room “nowhere”').waitFor();
  });

  it('takes another token over: of the same person as of another', async () => {
    const page = await open(7);
    const clan = chatIn(page, 'clan');
    await clan.say('said by Ada');
    await clan.sees('said by Ada');
    const token = server.token(7, { name: 'Ada', clanId: '3', role: 'moderator' });
    const another = page.waitForEvent('websocket', (socket) => socket.url().includes(token));
    await setToken(clan.root, token);
    await (await another).waitForEvent('framereceived');
    await clan.root.evaluate((element) => {
      element.setAttribute('token', 'not looked at while there is one as a property');
    });
    await clan.say('said by the same');
    await clan.sees('said by the same');
    await setToken(clan.root, null);
    await setAttribute(clan.root, 'token', server.token(8, { name: 'Bob', clanId: '3' }));
    await clan.root.locator('article:not(.mine)', { hasText: 'said by the same' }).waitFor();
    await clan.say('said by Bob');
    await clan.sees('said by Bob');
    await setAttribute(clan.root, 'token', 'none');
    await clan.root.getByText('No token could be had: what was given is no token.').waitFor();
  });

  it('takes no token of somebody else from what gives them', async () => {
    const page = await open(7);
    const clan = chatIn(page, 'clan');
    await clan.field.waitFor();
    const [ada, bob] = [server.token(7, { name: 'Ada' }), server.token(8, { name: 'Bob' })];
    const opened: string[] = [];
    page.on('websocket', (socket) => opened.push(socket.url()));
    const asked = await clan.root.evaluate(
      async (element, [ada, bob]) => {
        let count = 0;
        // The first says who it is; the others are asked for to connect by.
        Object.assign(element, { token: () => (++count === 1 ? ada : bob) });
        for (let i = 0; count < 3 && i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 100));
        return count;
      },
      [ada, bob],
    );
    expect(asked).toBeGreaterThanOrEqual(3);
    expect(opened.filter((url) => url.includes(bob))).toEqual([]);
  });

  it('tells the page how its connection is, and what is the matter', async () => {
    const page = await open(7);
    await chatIn(page, 'clan').field.waitFor();
    const told = await chatIn(page, 'clan').root.evaluate(async (element) => {
      const all: string[] = [];
      for (const type of ['parley-state', 'parley-error']) {
        document.addEventListener(type, (event) => {
          const { state, message } = (event as CustomEvent<{ state?: string; message?: string }>).detail;
          all.push(`${type} ${state ?? message ?? ''}`);
        });
      }
      const chat = element as HTMLElement & { token: unknown };
      const { token } = chat;
      chat.token = () => Promise.reject(new Error('nobody is signed in'));
      const untilTold = async (what: string) => {
        for (let i = 0; !all.at(-1)?.startsWith(what) && i < 200; i++) await new Promise((r) => setTimeout(r, 100));
      };
      await untilTold('parley-error No token could be had');
      chat.token = token;
      await untilTold('parley-state connected');
      await new Promise((resolve) => setTimeout(resolve, 500));
      return all;
    });
    expect(told).toContain('parley-error No token could be had: nobody is signed in.');
    expect(told.at(-1)).toBe('parley-state connected');
  });

  it('ends its connections with the element, and leaves nothing', async () => {
    const sockets: WebSocket[] = [];
    const page = await open(7);
    await chatIn(page, 'clan').field.waitFor();
    page.on('websocket', (socket) => sockets.push(socket));
    await page.evaluate(async () => {
      const made = globalThis as unknown as { made: WeakRef<Element>[] };
      made.made = [];
      const { token } = document.querySelector('parley-chat') as HTMLElement & { token: unknown };
      for (let i = 0; i < 10; i++) {
        const chat = Object.assign(document.createElement('parley-chat'), { token });
        document.querySelector('main')!.append(chat);
        made.made.push(new WeakRef(chat));
        // Some in the middle of beginning, some once they are connected.
        if (i < 5) await new Promise((resolve) => setTimeout(resolve, i * 60));
        else
          await new Promise<void>((resolve) => {
            chat.addEventListener('parley-state', (event) => {
              if ((event as CustomEvent<{ state: string }>).detail.state === 'connected') resolve();
            });
          });
        chat.remove();
      }
      for (const chat of document.querySelectorAll('parley-chat')) chat.remove();
    });
    expect(sockets.length).toBeGreaterThan(4);
    await expectSoon(() => sockets.every((socket) => socket.isClosed()));
    const devtools = await page.context().newCDPSession(page);
    // What renders keeps the last one in hand until there is another.
    await expectSoon(async () => {
      await devtools.send('HeapProfiler.collectGarbage');
      const left = () =>
        (globalThis as unknown as { made: WeakRef<Element>[] }).made.filter((each) => each.deref()).length;
      return (await page.evaluate(left)) <= 1;
    });
    await page.waitForTimeout(1_000);
    expect(sockets.every((socket) => socket.isClosed())).toBe(true);
  });

  it('says so where the server lets no page of this origin in', async () => {
    const picky = await ChatServer.start({ ALLOWED_ORIGINS: 'https://game.example' });
    const elsewhere = await serve(picky.http, 0);
    try {
      const page = await ChatPage.open(browser, originOf(elsewhere));
      const { host } = new URL(picky.http);
      const message = `${host} lets no page of ${originOf(elsewhere)} in: its ALLOWED_ORIGINS must name it.`;
      await chatIn(page.page, 'clan').root.getByText(message).waitFor();
      await page.close(REFUSED);
    } finally {
      elsewhere.closeAllConnections();
      elsewhere.close();
      await picky.stop();
    }
  });
});

const setAttribute = (element: Locator, name: string, value: string): Promise<void> =>
  element.evaluate(
    (chat, [name, value]) => {
      chat.setAttribute(name!, value!);
    },
    [name, value],
  );

const setToken = (element: Locator, token: string | null): Promise<void> =>
  element.evaluate((chat, token) => {
    Object.assign(chat, { token });
  }, token);

/** Whether its text is lighter than what is behind it. */
const isDark = (element: Locator): Promise<boolean> =>
  element.evaluate((chat) => {
    const [red = 0] = /\d+/.exec(getComputedStyle(chat).color) ?? [];
    return Number(red) > 127;
  });

async function expectSoon(is: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    if (await is()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await is()).toBe(true);
}
