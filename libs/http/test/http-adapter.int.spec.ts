import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { STOP_TIME } from '#platform';
import { stopwatch } from '../../event-store/test/stopwatch.js';
import { HTTP_TIMES, HttpAdapter } from '../src/http-adapter.js';

// Connections that ask for nothing, or do not take their answer, are let go; sockets are not.

const times = { ...HTTP_TIMES, request: 2_000, silence: 1_500, check: 50 };
/** More than a system takes of an answer that nobody reads. */
const MUCH = 20_000_000;
/** Of all the limits together, on a machine that is busy. */
const PATIENCE = 30_000;

const adapter = new HttpAdapter(times);
let server: Server;
const open: { destroy: () => void }[] = [];

/** A connection that has sent `text`, what has come back, and how long it lasted, in milliseconds. */
function client(text: string, at = server) {
  const socket = connect((at.address() as AddressInfo).port, '127.0.0.1');
  open.push(socket);
  const beganAt = performance.now();
  const ended = new Promise<number>((resolve, reject) => {
    socket.once('close', () => {
      resolve(performance.now() - beganAt);
    });
    setTimeout(() => {
      reject(new Error('it was never cut'));
    }, PATIENCE).unref();
  });
  const told = { text: '' };
  socket.on('data', (data: Buffer) => (told.text += data.toString()));
  socket.on('error', () => undefined);
  socket.write(text);
  return { socket, ended, told };
}

beforeAll(async () => {
  adapter.initHttpServer();
  const answer = (body: string) => (request: IncomingMessage, response: ServerResponse) => {
    request.resume().on('end', () => response.end(body));
  };
  adapter.get('/hello', answer('hello'));
  adapter.put('/hello', answer('hello'));
  adapter.get('/much', answer('x'.repeat(50_000_000)));
  server = adapter.getHttpServer();
  adapter.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  for (const socket of open) socket.destroy();
  await adapter.close();
});

describe('a connection is cut', () => {
  it('that sends nothing, or not all of a request, or asks for nothing more', async () => {
    const headers = 'Host: x\r\n';
    const silences = [
      '',
      'GET / HT',
      `GET /hello HTTP/1.1\r\n${headers}`,
      `PUT /hello HTTP/1.1\r\n${headers}Content-Length: 9\r\n\r\n{`,
      `GET /hello HTTP/1.1\r\n${headers}\r\n`,
    ];
    const lasted = await Promise.all(silences.map((text) => client(text).ended));
    expect(Math.min(...lasted)).toBeGreaterThan(times.silence * 0.9);
  });

  it('whose body comes byte by byte for too long', async () => {
    const { socket, ended, told } = client('PUT /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n');
    const drops = setInterval(() => socket.write('x'), 100);
    const lasted = await ended.finally(() => {
      clearInterval(drops);
    });
    expect(lasted).toBeGreaterThan(times.request * 0.9);
    expect(told.text).toContain('HTTP/1.1 408');
  });

  it('that does not read its answer', async () => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const { socket } = client('GET /much HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.pause();
    const [held] = await accepted;
    await once(held, 'close', { signal: AbortSignal.timeout(PATIENCE) });
    expect(held.bytesWritten).toBeGreaterThan(0);
  });

  it('in production too, within two minutes, and after a proxy in front of it let go', () => {
    const { request, silence, check } = HTTP_TIMES;
    expect(Math.min(request, silence, check)).toBeGreaterThan(0);
    expect(Math.max(request, silence) + check).toBeLessThan(120_000);
    expect(silence).toBeGreaterThan(60_000);
  });
});

describe('a server that ends', () => {
  /** One of its own, whose answers wait to be released; what is asked of it. */
  async function ending(ms: number) {
    const own = new HttpAdapter({ ...HTTP_TIMES, ending: ms });
    own.initHttpServer();
    const released = Promise.withResolvers<undefined>();
    const asked = Promise.withResolvers<undefined>();
    own.get('/slow', (_: IncomingMessage, response: ServerResponse) => {
      asked.resolve(undefined);
      void released.promise.then(() => response.end('done'));
    });
    own.get('/slow-and-much', (_: IncomingMessage, response: ServerResponse) => {
      asked.resolve(undefined);
      void released.promise.then(() => response.end('x'.repeat(MUCH)));
    });
    own.listen(0, '127.0.0.1');
    const at = own.getHttpServer();
    await once(at, 'listening');
    const ask = (text: string) => client(text, at);
    return { own, ask, asked: asked.promise, release: released.resolve.bind(null, undefined) };
  }
  const slowly = 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n';

  it('lets go of a connection once it is answered, and does not keep it for another request', async () => {
    const { own, ask, asked, release } = await ending(PATIENCE);
    const { told, ended } = ask(slowly);
    await asked;
    const closed = own.close();
    release();
    await closed;
    await ended;
    expect(told.text).toContain('done');
  });

  it('lets an answer come whole that is read slowly', async () => {
    const { own, ask, asked, release } = await ending(PATIENCE);
    const { socket, told, ended } = ask('GET /slow-and-much HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked;
    socket.pause();
    const closed = own.close();
    release();
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.resume();
    await Promise.all([closed, ended]);
    expect(told.text.length).toBeGreaterThan(MUCH);
  });

  it('waits for none longer than so long', async () => {
    const { own, ask, asked } = await ending(200);
    const all = [slowly, '', 'GET /slow HT'].map(ask);
    await asked;
    const took = stopwatch();
    await own.close();
    expect(took()).toBeLessThan(2_000);
    await Promise.all(all.map(({ ended }) => ended));
  });

  it('in production leaves most of the time that a part has for its end to the sockets', () => {
    expect(HTTP_TIMES.ending).toBeLessThan(STOP_TIME / 2);
  });
});

describe('an upgrade', () => {
  const upgradeTo = (protocol: string) =>
    `GET /hello HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;

  it('is answered as a plain request where nobody takes it', async () => {
    const { told, ended } = client(upgradeTo('websocket'));
    await ended;
    expect(told.text).toContain('hello');
  });

  it('to another protocol is answered as a plain request, and to WebSocket stays open however silent', async () => {
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, () => undefined);
    });
    const { told, ended } = client(upgradeTo('h2c'));
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    open.push({
      destroy: () => {
        socket.terminate();
      },
    });
    await once(socket, 'open');
    await ended;
    expect(told.text).toContain('hello');
    await new Promise((resolve) => setTimeout(resolve, times.request + times.silence));
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.ping();
    await once(socket, 'pong');
  });
});
