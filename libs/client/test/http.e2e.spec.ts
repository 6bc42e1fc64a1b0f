import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import { ChatServer } from '../../../apps/workbench/test/chat-server.js';
import { RequestFailed, RoomChat } from '../src/index.js';

// What a client reads over HTTP, where it may not ask often.

describe('what is read over HTTP', () => {
  let server: ChatServer;
  beforeAll(async () => {
    server = await ChatServer.start({ HTTP_REQUESTS_PER_SECOND: '2', HTTP_REQUESTS_BURST: '2' });
  });
  afterAll(() => server.stop(), 60_000);

  const chatOf = (userId: string, options: { fetch?: typeof fetch } = {}) =>
    new RoomChat({ url: server.url(), httpUrl: server.http, token: server.token(userId), WebSocket, ...options });

  it('waits for as long as the server says where too much was asked', async () => {
    const answers: number[] = [];
    const counted: typeof fetch = async (...asked) => {
      const answer = await fetch(...asked);
      answers.push(answer.status);
      return answer;
    };
    const chat = chatOf('7', { fetch: counted });
    const read = async () => {
      for await (const message of chat.history('global')) expect(message).toBeNull();
    };
    // At the same moment: one after the other, they would be few enough on a slow machine.
    await Promise.all([read(), read(), read(), read()]);
    expect(answers.filter((status) => status === 200)).toHaveLength(4);
    // It was refused, and did not ask again and again.
    expect(answers).toContain(429);
    expect(answers.length).toBeLessThanOrEqual(8);
  });

  it('waits five times at most', async () => {
    const chance = jest.spyOn(Math, 'random').mockReturnValue(0);
    let asked = 0;
    const busy: typeof fetch = () => {
      // Without an end it would be asked for ever.
      if (++asked > 20) throw new Error('it is asked again and again');
      return Promise.resolve(new Response('{}', { status: 429, headers: { 'retry-after': '0' } }));
    };
    const reading = chatOf('9', { fetch: busy }).history('global').next();
    await expect(reading).rejects.toMatchObject({ name: 'RequestFailed', status: 429 });
    expect(asked).toBe(6);
    chance.mockRestore();
  });

  it('is refused at once for what waiting does not change', async () => {
    let asked = 0;
    const counted: typeof fetch = (...of) => {
      asked++;
      return fetch(...of);
    };
    const reading = chatOf('8', { fetch: counted }).history('clan').next();
    await expect(reading).rejects.toBeInstanceOf(RequestFailed);
    expect(asked).toBe(1);
  });
});
