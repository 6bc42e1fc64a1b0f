import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChatServer } from '../../workbench/test/chat-server.js';

// What is served of the page, and who may load it. Of a server that lets pages of one other origin ask it.

describe('the files of the page', () => {
  let server: ChatServer;
  beforeAll(async () => {
    server = await ChatServer.start({ ALLOWED_ORIGINS: 'https://game.example' });
  });
  afterAll(() => server.stop(), 60_000);

  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(server.http + path, { headers: { origin: 'https://any.example', ...headers } });

  it('are one that pages of any origin may load, looked for anew after five minutes', async () => {
    const file = await ask('/embed.js');
    expect(file.status).toBe(200);
    expect(Object.fromEntries(file.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'public, max-age=300',
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    const known = { 'if-none-match': file.headers.get('etag')!, 'cache-control': 'max-age=0' };
    expect((await ask('/embed.js', known)).status).toBe(304);
    expect(await file.text()).not.toMatch(/from ?["']|import\(/);
  });

  it('are else for the page itself, which stands in no other page', async () => {
    const page = await ask('/');
    const script = /\/assets\/[^"]+\.js/.exec(await page.text())![0];
    for (const [path, cached] of [
      ['/', 'no-cache'],
      ['/index.html', 'no-cache'],
      [script, 'public, max-age=31536000, immutable'],
    ] as const) {
      const { status, headers } = await ask(path);
      expect([path, status, headers.get('cache-control')]).toEqual([path, 200, cached]);
      for (const name of ['access-control-allow-origin', 'cross-origin-resource-policy'])
        expect([path, name, headers.get(name)]).toEqual([path, name, null]);
      expect(headers.get('content-security-policy')!.split('; ').sort()).toEqual([
        "base-uri 'none'",
        "default-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
      ]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it('change nothing for what is asked: the pages of the allowed origins alone may read it', async () => {
    for (const path of ['/chat/history?type=global', '/health/live', '/operations/versions', '/nothing']) {
      expect((await ask(path)).headers.get('access-control-allow-origin')).toBeNull();
      const allowed = await ask(path, { origin: 'https://game.example' });
      expect(allowed.headers.get('access-control-allow-origin')).toBe('https://game.example');
    }
  });
});
