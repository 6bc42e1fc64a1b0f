import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { RoomChat } from '#client';
import { clanRoom, keySequence } from '#domain';
import { until } from '../../gateway/test/until.js';
import { ChatServer } from '../../workbench/test/chat-server.js';
import { faultsByAxe } from './axe.js';
import { describeInBrowser, launch } from './browser.js';
import { ChatPage } from './chat-page.js';

// The page, as people use it, in a real browser.

/** What the browser itself says of a connection that was cut. */
const CUT = /WebSocket connection to .* failed|ERR_(CONNECTION|EMPTY|NETWORK|SOCKET|INTERNET)\w*/;

describeInBrowser('the chat in a browser', () => {
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
    await bob.react('Hello, Bob!', '🎉');
    await ada
      .message('Hello, Bob!')
      .getByRole('button', { name: /^🎉 1 by Bob/ })
      .waitFor();
    await ada.root.getByText('online: Bob').waitFor();
    // Whoever has just typed is not told of again at once.
    await bob.field.pressSequentially('typing for a while', { delay: 150 });
    await ada.root.getByText(/^Bob \d+ is typing …$/).waitFor();
  });

  it('counts what was not read in a direct chat, and says what the other side has seen', async () => {
    const who = people();
    const { ada, bob } = await beside(who);
    await ada.openChatWith(who.second);
    await ada.say('Only for you');
    await bob.root.getByRole('button', { name: 'Only for you' }).getByLabel('1 unread').waitFor();
    await ada.message('Only for you').getByText('delivered').waitFor();
    await bob.show('Only for you');
    await bob.sees('Only for you');
    await ada.message('Only for you').getByText('seen').waitFor();
    await expectNone(bob.root.getByLabel('1 unread'));
  });

  it('says what waits while there is no connection, and sends it once there is one again', async () => {
    const { ada, bob } = await beside(people());
    await ada.say('before');
    await bob.sees('before');
    server.proxies[0]!.cut();
    await ada.root.getByText(/^Connecting …/).waitFor();
    await ada.say('said without a connection');
    await ada.message('said without a connection').getByText('waits for the connection').waitFor();
    server.proxies[0]!.mend();
    await bob.sees('said without a connection');
    await ada.sees('said without a connection');
    await expectNone(ada.root.locator('.waiting'));
    expect(await ada.message('said without a connection').count()).toBe(1);
  });

  it('knows one’s own reactions from those of somebody of the same name', async () => {
    const who = people();
    const namesake = { ...who.known[1]!, name: who.ada };
    const page = await open({ ...who, known: [who.known[0]!, namesake] }, `as=${who.first}`);
    const other = await open({ ...who, known: [who.known[0]!, namesake] }, `as=${who.second}`);
    const [mine, theirs] = [page.of(who.ada), other.of(who.ada)];
    await mine.say('Whose is it?');
    await theirs.sees('Whose is it?');
    await theirs.react('Whose is it?', '🎉');
    const reaction = mine.message('Whose is it?').getByRole('button', { name: /^🎉 1 by/ });
    await mine.react('Whose is it?', '👍');
    await mine
      .message('Whose is it?')
      .getByRole('button', { name: /^👍 1 by/, pressed: true })
      .waitFor();
    expect(await reaction.getAttribute('aria-pressed')).toBe('false');
  });

  it('takes over who is in the address when that changes', async () => {
    const who = people();
    const page = await open(who, `as=${who.first}`);
    await page.of(who.ada).field.waitFor();
    await page.page.evaluate((hash) => {
      location.hash = hash;
    }, `as=${who.second}`);
    await page.of(who.bob).field.waitFor();
    const token = server.token(who.first, { name: who.ada, clanId: who.clan });
    await page.page.evaluate((hash) => {
      location.hash = hash;
    }, `token=${token}`);
    await page.page.getByRole('navigation', { name: `Chats of ${who.ada}` }).waitFor();
    await page.page.evaluate(
      (hash) => {
        location.hash = hash;
      },
      `token=${server.token(who.second, { name: who.bob, clanId: who.clan })}`,
    );
    await page.page.getByRole('navigation', { name: `Chats of ${who.bob}` }).waitFor();
  });

  it('keeps what waits over a reload', async () => {
    const { page, ada, bob } = await beside(people());
    await ada.say('before');
    await bob.sees('before');
    server.proxies[0]!.cut();
    await ada.say('said, then reloaded');
    await ada.message('said, then reloaded').getByText('waits for the connection').waitFor();
    server.proxies[0]!.mend();
    await page.page.reload();
    await bob.sees('said, then reloaded');
    await ada.sees('said, then reloaded');
    expect(await ada.message('said, then reloaded').count()).toBe(1);
  });

  it('shows all that was said while one was away, in its order', async () => {
    const who = people();
    const { bob } = await beside(who);
    const elsewhere = new RoomChat({
      url: server.url(1),
      httpUrl: server.http,
      token: server.token(who.first, { clanId: who.clan }),
    }).connect();
    await elsewhere.send('clan', 'before');
    await bob.sees('before');
    server.proxies[0]!.cut();
    await bob.root.getByText(/^Connecting …/).waitFor();
    const texts = Array.from({ length: 100 }, (_, i) => `while you were away ${i}`);
    await Promise.all(texts.map((text) => elsewhere.send('clan', text)));
    // Sent is not yet told: what is told once he is back, he has not missed.
    await until('all is told', () => elsewhere.latest('clan').at(-1)?.n === 101);
    elsewhere.disconnect();
    server.proxies[0]!.mend();
    await bob.sees('while you were away 99');
    const numbers = await bob.messages.evaluateAll((all) => all.map((each) => Number(each.getAttribute('data-n'))));
    expect(numbers.at(-1)).toBe(101);
    expect(numbers).toEqual(numbers.map((_, i) => 101 - numbers.length + 1 + i));
  });

  it('takes every text for text, and addresses for links', async () => {
    const { page, ada, bob } = await beside(people());
    const text = '<img src=x onerror="document.title=1"> <script>document.title=2</script> javascript:alert(1)';
    await ada.say(`${text} https://example.org/a`);
    await bob.sees('javascript:alert(1)');
    expect(await bob.message('javascript').locator('.text').textContent()).toBe(`${text} https://example.org/a`);
    expect(await bob.message('javascript').getByRole('link').all()).toHaveLength(1);
    expect(await bob.message('javascript').locator('img, script').count()).toBe(0);
    expect(await page.page.title()).toBe('Parley');
  });

  it('shows what was refused, and why, until it is discarded', async () => {
    const who = people();
    const { ada, bob } = await beside(who);
    await ada.say('before');
    await bob.sees('before');
    const muted = await fetch(`${server.http}/rooms/clan:${who.clan}/mutes/${who.first}`, {
      method: 'PUT',
      headers: {
        Authorization: `Bearer ${server.token('game', { scope: 'service' })}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ until: new Date(Date.now() + 3_600_000).toISOString() }),
    });
    expect(muted.status).toBe(204);
    await ada.say('said by somebody who may not');
    await ada
      .message('said by somebody who may not')
      .getByText(/^not sent: .*not speak/)
      .waitFor();
    await ada.root.getByRole('button', { name: 'Discard' }).click();
    await expectNone(ada.message('said by somebody who may not'));
    expect(await bob.message('said by somebody who may not').count()).toBe(0);
  });

  it('reads older messages as one scrolls, and keeps only what is seen in the page', async () => {
    const who = people();
    const sender = { id: String(who.first), name: who.ada, avatar: null };
    const keys = keySequence(randomBytes(8));
    for (let i = 1; i <= 400; i++) {
      const [messageId, at] = [keys(), new Date().toISOString()];
      const room = clanRoom(who.clan);
      await server.log.append({
        ...{ type: 'MessageCreated', room, id: `msg.${messageId}`, at, messageId, sender, content: `message ${i}` },
      });
    }
    const { bob } = await beside(who);
    await bob.sees('message 400');
    const shown = () => bob.messages.evaluateAll((all) => all.map((each) => Number(each.getAttribute('data-n'))));
    const seen = new Set<number>();
    let most = 0;
    for (let now = await shown(); !seen.has(1); now = await shown()) {
      for (const n of now) seen.add(n);
      most = Math.max(most, now.length);
      await bob.root.getByRole('log').evaluate((log) => {
        log.scrollBy(0, -400);
        // What has come into sight is there after a frame, however long that takes.
        return new Promise((resolve) => {
          requestAnimationFrame(() => requestAnimationFrame(resolve));
        });
      });
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
    expect(most).toBeLessThan(60);
  });

  it('is no more than 60 KB of script, compressed', async () => {
    const page = await (await fetch(server.http)).text();
    const scripts = await Promise.all(
      [...page.matchAll(/src="([^"]+\.js)"/g)].map(async ([, path]) => (await fetch(server.http + path!)).bytes()),
    );
    expect(scripts.length).toBeGreaterThan(0);
    const bytes = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
    expect(bytes).toBeLessThanOrEqual(60 * 1_024);
  });

  it.each(['light', 'dark'] as const)('has nothing that axe finds wrong, in %s', async (colorScheme) => {
    const who = people();
    const page = await open(who, `as=${who.first}&beside=${who.second}`, { colorScheme });
    const [ada, bob] = [page.of(who.ada), page.of(who.bob)];
    await ada.say('Hello https://example.org');
    await bob.sees('Hello');
    await bob.react('Hello', '🎉');
    await bob.message('Hello').locator('[aria-pressed=true]').waitFor();
    await bob.openChatWith(who.first);
    await bob.say('Hello');
    await bob.sees('Hello');
    expect(await faultsByAxe(page.page)).toEqual([]);
  });
});

async function expectNone(locator: Locator): Promise<void> {
  await locator.first().waitFor({ state: 'detached' });
  expect(await locator.count()).toBe(0);
}
