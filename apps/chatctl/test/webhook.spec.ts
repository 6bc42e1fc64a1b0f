import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signatureOf } from '#platform';
import { chatctl } from '../src/chatctl.js';

const secret = 'a secret for the webhook, 32 bytes';
const noServers = { PARLEY_DATA: '/nowhere' };

describe('chatctl webhook', () => {
  const received: { readonly request: IncomingMessage; readonly body: string }[] = [];
  let status = 200;
  let url: string;
  const webhook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ request, body });
      response.statusCode = status;
      response.end();
    });
  });
  beforeAll(async () => {
    webhook.listen(0, '127.0.0.1');
    await once(webhook, 'listening');
    url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
  });
  beforeEach(() => {
    received.length = 0;
    status = 200;
  });
  afterAll(() => {
    webhook.close();
  });

  async function run(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const out = new PassThrough();
    let said = '';
    const surroundings = {
      env: { ...noServers, ...env },
      out,
      progress: out,
      input: new PassThrough(),
      interrupted: () => new AbortController().signal,
    };
    const code = await chatctl(['webhook', ...words], surroundings, (text) => (said += text));
    return { code, out: String((out.read() as Buffer | null) ?? ''), said };
  }

  it('sends a test notice, and says what became of it, how long it took and whether it was signed', async () => {
    const { code, out } = await run(['test', url]);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^it answered 200: it took the notice; \d+ ms; not signed: /),
    ]);
    const signed = await run(['test', url, '--secret', secret, '--json']);
    expect(JSON.parse(signed.out)).toEqual({ status: 200, ms: expect.any(Number), signed: true });
    expect(received.map(({ body }) => JSON.parse(body) as object)).toEqual(
      Array(2).fill({ type: 'in_mail_test', created_at: expect.any(String) }),
    );
    const [{ headers: plain }, { headers }] = received.map(({ request }) => request) as [
      IncomingMessage,
      IncomingMessage,
    ];
    const header = String(headers['parley-signature']);
    expect(header).toBe(signatureOf(received[1]!.body, secret, Number(/^t=(\d+)/.exec(header)![1])));
    expect(plain['parley-signature']).toBeUndefined();
    expect(headers['idempotency-key']).not.toBe(plain['idempotency-key']);
  });

  it('takes the settings of the gateways where it is not told others', async () => {
    const { code, out } = await run(['test'], { INMAIL_WEBHOOK_URL: url, INMAIL_WEBHOOK_SECRET: secret });
    expect([code, out]).toEqual([0, expect.stringMatching(/; signed\n$/)]);
    expect(out).not.toContain(secret);
    const none = await run(['test']);
    expect([none.code, none.said]).toEqual([2, expect.stringContaining('say which URL, or set INMAIL_WEBHOOK_URL')]);
  });

  it('fails where the notice is not taken', async () => {
    status = 503;
    expect(await run(['test', url])).toMatchObject({
      code: 1,
      out: expect.stringContaining('it did not take it: it answered 503; '),
    });
    status = 302;
    expect((await run(['test', url])).out).toContain('a redirect, which is not followed');
    const closed = await run(['test', 'http://127.0.0.1:9/', '--json']);
    expect([closed.code, JSON.parse(closed.out)]).toMatchObject([
      1,
      { failure: expect.stringMatching(/^fetch failed: /) },
    ]);
  });

  it('says what is wrong with the words', async () => {
    for (const [words, complaint] of [
      [['test', 'ftp://x'], 'INMAIL_WEBHOOK_URL cannot be used: give a URL such as'],
      [['test', url, '--secret', 'short'], 'INMAIL_WEBHOOK_SECRET cannot be used: give 32 bytes or more'],
      [['test', url, url], 'followed by one URL, or none'],
      [['resend', url], 'takes no more words'],
      [['resend'], 'set INMAIL_WEBHOOK_URL'],
      [['remove'], 'say --yes'],
      [['hook'], 'followed by test, resend or remove'],
    ] as const) {
      const { code, out, said } = await run(words);
      expect([code, out, said]).toEqual([2, '', expect.stringContaining(complaint)]);
      expect(said).not.toContain('short');
    }
    expect(received).toEqual([]);
  });
});
