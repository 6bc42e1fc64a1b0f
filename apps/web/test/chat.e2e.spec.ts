import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { RoomChat } from '#client';
import { ChatServer } from '../../workbench/test/chat-server.js';
import { describeInBrowser, launch } from './browser.js';
import { ChatPage } from './chat-page.js';

// The page, as people use it, in a real browser.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What the browser itself says of a connection that was cut. */
const CUT = /WebSocket connection to .* failed|ERR_(CONNECTION|EMPTY|NETWORK|SOCKET|INTERNET)\w*/;

describeInBrowser('the chat in a browser', () => {
  let server: ChatServer;
  let browser: Browser;
  let opened: ChatPage[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([ChatServer.start(), launch()]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await server.stop();
  }, 30_000);
  afterEach(async () => {
    server.proxies[0]!.mend();
    for (const page of opened.splice(0)) await page.close(CUT);
  });

  /** Each test has people and a clan of its own. */
  let next = 100;
  const people = () => {
    const [first, second, clan] = [next++, next++, String(next++)];
    const names = { [first]: `Ada ${first}`, [second]: `Bob ${second}` };
    const known = [first, second].map((id) => ({ id: String(id), name: names[id], clan }));
    return { first, second, clan, ada: `Ada ${first}`, bob: `Bob ${second}`, known };
  };
  type People = ReturnType<typeof people>;

  async function open({ known }: People, hash: string, options: Parameters<Browser['newContext']>[0] = {}) {
    const origin = server.url();
    const storageState = {
      cookies: [],
      origins: [{ origin, localStorage: [{ name: 'parley-people', value: JSON.stringify(known) }] }],
    };
    const page = await ChatPage.open(browser, `${origin}/#${hash}`, { storageState, ...options });
    opened.push(page);
    return page;
  }
  const beside = async (who: People) => {
    const page = await open(who, `as=${who.first}&beside=${who.second}`);
    return { page, ada: page.of(who.ada), bob: page.of(who.bob) };
  };

  it('lets two people talk, react and see each other', async () => {
    const { ada, bob } = await beside(people());
    await ada.say('Hello, Bob!');
    await bob.sees('Hello, Bob!');
    await bob.say('Hello yourself');
    await ada.sees('Hello yourself');
    await bob.message('Hello, Bob!').hover();
    await bob.message('Hello, Bob!').getByRole('button', { name: 'React to this message' }).click();
    await bob.message('Hello, Bob!').getByRole('button', { name: '🎉' }).click();
    await ada.message('Hello, Bob!').getByRole('button', { name: /^🎉 by Bob/ }).waitFor();
    await ada.root.getByText('online: Bob').waitFor();
    await bob.field.pressSequentially('hm');
    await ada.root.getByText(/^Bob \d+ is typing …$/).waitFor();
  }, 30_000);
});
