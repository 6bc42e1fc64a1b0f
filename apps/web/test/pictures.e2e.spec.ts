import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { type Picture, PICTURES, takePictures } from '../../workbench/src/page/pictures.js';
import { ChatServer } from '../../workbench/test/chat-server.js';
import { describeInBrowser, launch } from './browser.js';

// The pictures of the README can be taken: what is in them is looked for before they are.

const MAX_BYTES = 200 * 1_024;

describeInBrowser('the pictures of the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-pictures-'));
  let server: ChatServer;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([ChatServer.start(), launch()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are taken of a running system, and those in docs/pictures are as large', async () => {
    const all = Object.keys(PICTURES) as Picture[];
    const which = all.filter((picture) => existsSync(`docs/pictures/${picture}-light.png`));
    expect(which).toContain('chat');
    await takePictures(browser, server.http, folder, which);
    for (const name of which.flatMap((picture) => [`${picture}-light.png`, `${picture}-dark.png`])) {
      const [taken, kept] = [readFileSync(join(folder, name)), readFileSync(join('docs/pictures', name))];
      expect([taken.readUInt32BE(16), taken.readUInt32BE(20)]).toEqual([2_360, 1_360]);
      expect([name, kept.readUInt32BE(16), kept.readUInt32BE(20)]).toEqual([name, 2_360, 1_360]);
      expect(kept.length).toBeLessThan(MAX_BYTES);
    }
  }, 180_000);
});
