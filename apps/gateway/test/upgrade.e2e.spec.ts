import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { randomBytes, randomInt } from 'node:crypto';
import { until } from './until.js';
import { ChatClient, refusal } from './chat-client.js';
import { CuttableProxy } from '../../../libs/event-store/test/cuttable-proxy.js';
import { gateway, startOne, system } from './one-gateway.js';

startOne();

describe('the upgrade', () => {
  it('is refused with 403 for an origin that is not allowed, where there is a list', async () => {
    const picky = await system.startGateway({ http: { allowedOrigins: ['https://game.example'] } });
    const url = () => system.roomUrl(picky, system.token('origin'));
    expect((await refusal(url(), { origin: 'https://evil.example' })).status).toBe(403);
    await (await ChatClient.connect(url(), { origin: 'https://game.example' })).close();
    await (await ChatClient.connect(url())).close();
  });

  it('to another protocol is declined: the request is answered as it is, and so is what follows it', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    const offer = 'Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
    let answers = '';
    socket.on('data', (data: Buffer) => (answers += data.toString()));
    socket.write(`GET /health/live HTTP/1.1\r\n${offer}\r\n`);
    await until('answered', () => answers.includes('HTTP/1.1 200 OK'));
    socket.write(`PUT /nothing HTTP/1.1\r\n${offer}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{`);
    socket.write('}');
    await until('answered too', () => answers.includes('HTTP/1.1 404 Not Found'));
    socket.write('GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('all answered', () => answers.split('HTTP/1.1 200 OK').length === 3);
    socket.destroy();
  });

  it('leaves nobody but ws to hear of faults of the connection', async () => {
    const upgraded = once(gateway.app.getHttpServer() as Server, 'upgrade');
    const client = await system.room(gateway, 'upgraded');
    const [, socket] = (await upgraded) as [unknown, Duplex];
    expect(socket.listeners('error').map(({ name }) => name)).toEqual(['socketOnError']);
    await client.close();
  });

  it('is refused with 503 until the read models have caught up', async () => {
    let isCaughtUp = false;
    const starting = await system.startGateway({ caughtUp: () => Promise.resolve(isCaughtUp), isHindered: true });
    const { status, headers } = await refusal(system.roomUrl(starting, system.token('early')));
    expect(status).toBe(503);
    expect(headers['retry-after']).toMatch(/^[1-5]$/);
    isCaughtUp = true;
    await until('it has looked', () => starting.hub.hindrance === null);
    await (await system.room(starting, 'early')).close();
  });

  it('holds nothing for those who go while their command is appended, which is carried out', async () => {
    const proxy = await CuttableProxy.start(process.env['TEST_NATS_URL'] ?? 'nats://127.0.0.1:4222');
    const left = await system.startGateway({ servers: proxy.url });
    const stays = await system.room(gateway, 'stays');
    const words = Array.from({ length: 10 }, (_, i) => `last words ${i}`);
    const going = await Promise.all(words.map((_, i) => system.room(left, `goes-${i}`)));
    // How slow a room is is read before its first message.
    going[0]!.send('globalMessage', { content: 'first words' });
    await stays.take(1);
    proxy.hold();
    for (const [i, goes] of going.entries()) goes.send('globalMessage', { content: words[i] });
    await until('all are on their way to the log', () => words.every((content) => proxy.held.includes(content)));
    for (const [i, { ws }] of going.entries()) {
      if (i % 2 === 0) ws.close();
      else ws.terminate();
    }
    // At once, not when that is done.
    await until('released', () => left.hub.held.people === 0);
    expect(left.hub.held).toEqual({ people: 0, rooms: 0, sessions: 0 });
    expect(left.hub.connections()).toEqual(new Map());
    proxy.release();
    const told = (await stays.take(words.length)).map(({ message }) => message?.['content']);
    expect(told.sort()).toEqual(words);
    await stays.close();
    await left.app.close();
    await proxy.stop();
  });

  it('holds nothing for those who hang up or send nonsense', async () => {
    for (let i = 0; i < 20; i++) {
      const socket = connect(gateway.port, '127.0.0.1');
      socket.on('error', () => undefined);
      const keyed = i % 2 === 0 ? `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` : '';
      socket.write(
        `GET /ws/chat?token=${system.token(`gone-${i}`)} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n` +
          `Connection: Upgrade\r\n${keyed}Sec-WebSocket-Version: 13\r\n\r\n`,
      );
      setTimeout(() => socket.destroy(), randomInt(10));
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    await until('released', () => gateway.hub.held.people === 0);
    expect(gateway.hub.held).toEqual({ people: 0, rooms: 0, sessions: 0 });
  });
});
