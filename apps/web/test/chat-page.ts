import { expect } from '@jest/globals';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';

/** The chat's page in a browser, as somebody uses it; everything that goes wrong in it is kept. */
export class ChatPage {
  readonly faults: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
  ) {
    // A step that does not come about is named, and not only the test that it is in.
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.faults.push(message.text());
    });
  }

  static async open(
    browser: Browser,
    address: string,
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<ChatPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = new ChatPage(await context.newPage(), context);
    await page.page.goto(address);
    return page;
  }

  /** The chat of one of those who are shown. */
  of(name: string): Pane {
    return new Pane(this.page.getByRole('region', { name: `The chat of ${name}`, exact: true }));
  }

  /** @param besides what the browser says of a connection that was cut, and of nothing else */
  async close(besides = /^$/): Promise<void> {
    await this.context.close();
    expect(this.faults.filter((fault) => !besides.test(fault))).toEqual([]);
  }
}

/** What one person sees and does. */
export class Pane {
  constructor(readonly root: Locator) {}

  get field(): Locator {
    return this.root.getByRole('textbox', { name: /^Message to/ });
  }

  get messages(): Locator {
    return this.root.getByRole('log').getByRole('article');
  }

  message(text: string): Locator {
    return this.messages.filter({ hasText: text });
  }

  async say(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  async react(text: string, emoji: string): Promise<void> {
    await this.message(text).hover();
    await this.message(text).getByRole('button', { name: 'React to this message' }).click();
    await this.message(text).getByRole('group', { name: 'Reactions' }).getByRole('button', { name: emoji }).click();
  }

  async show(place: string): Promise<void> {
    await this.root.getByRole('navigation').getByRole('button', { name: place }).first().click();
  }

  /** Opens a direct chat, by the number of the other side. */
  async openChatWith(userId: number): Promise<void> {
    await this.root.getByLabel('A chat with').fill(String(userId));
    await this.root.getByRole('button', { name: 'Open' }).click();
    await this.root.getByRole('textbox', { name: /^Message to (?!Clan|Everybody)/ }).waitFor();
  }

  /** Waits until a message is there that is stored and has come back. */
  async sees(text: string): Promise<void> {
    await this.root.locator('article:not(.waiting)', { hasText: text }).first().waitFor();
  }
}
