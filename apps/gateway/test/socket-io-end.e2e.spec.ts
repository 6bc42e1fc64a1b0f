import { once } from 'node:events';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { stopwatch } from '../../../libs/event-store/test/stopwatch.js';
import { ChatUnderTest } from './chat-under-test.js';
import { until } from './until.js';

let system: ChatUnderTest;
beforeAll(async () => {
  system = await ChatUnderTest.start();
});
afterAll(() => system.stop());

it('a connection of Socket.IO that has gone silent keeps no gateway from its end', async () => {
  const leaving = await system.startGateway({ socketIo: true, limits: { pingSeconds: 1, pongSeconds: 1 } });
  const socket = new WebSocket(`ws://127.0.0.1:${leaving.port}/socket.io/?EIO=4&transport=websocket`);
  await once(socket, 'message');
  socket.send(`40${JSON.stringify({ userId: '31', token: system.token(31) })}`);
  await until('it is let in', () => leaving.hub.held.people === 1);
  // It answers neither a ping nor that it is closed.
  socket.pause();
  await until('it is given up', () => leaving.hub.held.people === 0);
  const took = stopwatch();
  await leaving.app.close();
  expect(took()).toBeLessThan(5_000);
  socket.terminate();
});
