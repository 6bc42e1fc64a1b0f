import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { ChatServer } from '../../workbench/test/chat-server.js';

// What the page gets of a server that was started to try it out, and who else gets nothing.

const ada = { userId: 7, name: 'Ada', clanId: '3' };

describe('tokens for development', () => {
  let server: ChatServer;
  beforeAll(async () => {
    server = await ChatServer.start();
  });
  afterAll(() => server.stop());

  /** `fetch` lets nobody choose a `Host`. */
  const ask = (headers: Record<string, string>, body: unknown = ada, at = server.http) =>
    new Promise<{ status: number; answer: Record<string, unknown> }>((resolve, reject) => {
      const all = { 'Content-Type': 'application/json', ...headers };
      const asked = request(`${at}/development/token`, { method: 'POST', headers: all }, (response) => {
        let text = '';
        response.on('data', (data: Buffer) => (text += data.toString()));
        response.on('end', () => {
          resolve({ status: response.statusCode!, answer: JSON.parse(text) as Record<string, unknown> });
        });
      });
      asked.on('error', reject);
      asked.end(JSON.stringify(body));
    });

  it.each([
    ['by a program', {}],
    ['by the page itself', { origin: true }],
    ['at localhost', { host: 'localhost' }],
  ])('are given, asked %s', async (_, { origin, host }: { origin?: boolean; host?: string }) => {
    const { status, answer } = await ask({ ...(origin && { Origin: server.http }), ...(host && { Host: host }) });
    expect(status).toBe(200);
    const history = await fetch(`${server.http}/chat/history?type=global`, {
      headers: { Authorization: `Bearer ${answer['token'] as string}` },
    });
    expect(history.status).toBe(200);
  });

  it('are given of the surrounding application too', async () => {
    const asked = await fetch(`${server.http}/development/service-token`, { method: 'POST' });
    const { token } = (await asked.json()) as { token: string };
    const audit = await fetch(`${server.http}/audit`, { headers: { Authorization: `Bearer ${token}` } });
    expect([asked.status, audit.status]).toEqual([200, 200]);
  });

  it.each([
    ['a page of another origin', { Origin: 'https://elsewhere.example' }],
    ['a page of another port', { Origin: 'http://127.0.0.1:1' }],
    ['a page in a frame without an origin', { Origin: 'null' }],
    ['a name that somebody has pointed here', { Host: 'elsewhere.example' }],
    ['who writes to another address of it', { Host: '192.168.1.7:8080' }],
    ['who comes through a proxy', { 'X-Forwarded-For': '203.0.113.7' }],
    ['who comes through one that says only what it is', { Via: '1.1 proxy' }],
    ['who comes through one that names the address', { 'X-Real-IP': '203.0.113.7' }],
    ['who comes through one that names the host', { 'X-Forwarded-Host': 'chat.example' }],
  ])('are not given to %s', async (_, headers) => {
    const { status, answer } = await ask(headers);
    expect(status).toBe(403);
    expect(answer).not.toHaveProperty('token');
  });

  const elsewhere = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  (elsewhere === undefined ? it.skip : it)('are not given to another machine, whatever host it names', async () => {
    const open = await ChatServer.start({ HOST: '0.0.0.0' });
    try {
      const port = new URL(open.http).port;
      const { status } = await ask({ Host: 'localhost' }, ada, `http://${elsewhere}:${port}`);
      expect(status).toBe(403);
    } finally {
      await open.stop();
    }
  });

  it.each([
    ['userId', { ...ada, userId: 'Ada' }],
    ['userId', { ...ada, userId: 0 }],
    ['name', { ...ada, name: '' }],
    ['clanId', { ...ada, clanId: 3 }],
    ['userId', []],
  ])('say what is wrong with %s', async (field, body) => {
    const { status, answer } = await ask({}, body);
    expect(status).toBe(400);
    expect(answer['errors']).toMatchObject([{ field }]);
  });

  it('are there only where the secret was made for it, and so is what operators see, unless it is wanted', async () => {
    const other = await ChatServer.start({}, null);
    const wanted = await ChatServer.start({ OPERATIONS: 'on' }, null);
    const statusOf = async (at: ChatServer) => {
      const headers = { Authorization: `Bearer ${at.token('game', { scope: 'service' })}` };
      return (await fetch(`${at.http}/operations/versions`, { headers })).status;
    };
    try {
      expect((await fetch(`${other.http}/development`)).status).toBe(404);
      for (const path of ['token', 'service-token']) {
        expect((await fetch(`${other.http}/development/${path}`, { method: 'POST' })).status).toBe(404);
      }
      expect([await statusOf(server), await statusOf(wanted), await statusOf(other)]).toEqual([200, 200, 404]);
    } finally {
      await other.stop();
      await wanted.stop();
    }
  });
});
