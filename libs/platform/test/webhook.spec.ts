import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { postToWebhook, signatureOf } from '../src/webhook.js';

type Check = (header: string | undefined, body: Buffer, secret: string, seconds?: number) => boolean;

const secret = 'a secret for the webhook, 32 bytes';
const body = '{"message":"Grüße 🫡"}';

describe('the signature', () => {
  it('is what it was: receivers check it', () => {
    expect(signatureOf('{}', secret, 1_700_000_000)).toBe(
      't=1700000000,v1=8a9a25c43445fae6422f07089e92d504f5914a18a46b3fd5cd7ca1f4efb237d5',
    );
  });

  it('is checked as the page on the wire shows, which takes nothing else', async () => {
    const [, code] = /^```js\n([\s\S]*?)^```$/m.exec(readFileSync('docs/wire.md', 'utf8'))!;
    expect(code!.trimEnd().split('\n').length).toBeLessThanOrEqual(6);
    const { isFromParley } = (await import(`data:text/javascript,${encodeURIComponent(code!)}`)) as {
      isFromParley: Check;
    };
    const header = signatureOf(body, secret);
    const now = Date.now() / 1_000;
    expect(isFromParley(header, Buffer.from(body), secret)).toBe(true);
    expect(isFromParley(header, Buffer.from(body), secret, now + 290)).toBe(true);
    expect(isFromParley(header, Buffer.from(body), secret, now + 310)).toBe(false);
    expect(isFromParley(header, Buffer.from(`${body} `), secret)).toBe(false);
    expect(isFromParley(header, Buffer.from(body), `${secret}.`)).toBe(false);
    expect(isFromParley(header.replace(/t=\d/, 't=2'), Buffer.from(body), secret)).toBe(false);
    for (const none of [undefined, '', header.slice(0, -1)]) {
      expect(isFromParley(none, Buffer.from(body), secret)).toBe(false);
    }
  });
});

describe('a webhook', () => {
  it('that does not answer is given up after 5 s', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const beganAt = performance.now();
    await expect(postToWebhook({ url }, 'key', {})).rejects.toThrow('no answer within 5 s');
    expect(performance.now() - beganAt).toBeLessThan(8_000);
    server.closeAllConnections();
    server.close();
  });
});
