import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { until } from './until.js';
import { ChatClient, refusal } from './chat-client.js';
import { gateway, startOne, system } from './one-gateway.js';

startOne();

const http = () => `http://127.0.0.1:${gateway.port}`;
const ws = () => `ws://127.0.0.1:${gateway.port}`;

/** The answer to a request that is sent as it stands: all of it, or its head where a socket is opened. */
async function answerTo(requestLine: string, headers: readonly string[]): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (data: Buffer) => {
    answer += data.toString();
    if (answer.startsWith('HTTP/1.1 101')) socket.destroy();
  });
  socket.write([`${requestLine} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n'));
  await once(socket, 'close');
  return answer;
}

const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const version = 'Sec-WebSocket-Version: 13';
const offer = ['Upgrade: websocket', 'Connection: Upgrade'];
const error = (statusCode: number, fault: object = {}) => ({ statusCode, errors: [expect.objectContaining(fault)] });
const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));

describe('the path of a socket', () => {
  it.each(['/ws/chat', '/ws/chat/', 'http://game.example/ws/chat'])('is %s', async (path) => {
    const target = `${path}?token=${system.token('ada')}`;
    expect(await answerTo(`GET ${target}`, [...offer, key, version])).toMatch(/^HTTP\/1\.1 101 /);
  });

  it.each([
    '//x/ws/chat',
    '//ws/chat',
    '/ws/chat//',
    '/ws//chat',
    '/x/../ws/chat',
    '/ws%2Fchat',
    '/ws\\chat',
    '/WS',
    '/',
  ])('is not %s', async (path) => {
    const answer = await answerTo(`GET ${path}?token=${system.token('ada')}`, [...offer, key, version]);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(bodyOf(answer)).toEqual(error(404, { reason: 'NOT_FOUND' }));
  });

  it('asked for without a WebSocket says what to do', async () => {
    for (const path of ['/ws', '/ws/chat/?token=x']) {
      const response = await fetch(http() + path);
      expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
      expect(await response.json()).toEqual(error(426, { message: 'connect to this address with a WebSocket' }));
    }
  });
});

describe('Socket.IO is told to use a plain WebSocket', () => {
  const said = error(400, { message: 'this is not Socket.IO: use a plain WebSocket, at /ws/chat or /ws' });

  it.each(['/ws/?EIO=4&transport=websocket', '/ws/chat?EIO=3', '/ws?transport=websocket', '/socket.io/', '/socket.io'])(
    'in the upgrade to %s',
    async (path) => {
      const { status, body } = await refusal(`${ws()}${path}`, {
        headers: { authorization: `Bearer ${system.token(7)}` },
      });
      expect([status, JSON.parse(body)]).toEqual([400, said]);
    },
  );

  it.each([
    ['GET', '/socket.io/?EIO=4&transport=polling&t=x'],
    ['POST', '/socket.io?EIO=4'],
    ['GET', '/ws/?EIO=4&transport=polling'],
    ['GET', '/ws/chat?transport=polling'],
    ['GET', '/socket.io/'],
  ])('in its first request, %s %s', async (method, path) => {
    const response = await fetch(http() + path, { method });
    expect([response.status, await response.json()]).toEqual([400, said]);
  });

  it('and nobody else is', async () => {
    const url = `${ws()}/ws/chat?token=${system.token('ada')}&from=EIO&t=transport`;
    await (await ChatClient.connect(url)).close();
  });
});

describe('what is no handshake is refused in the shape of every error', () => {
  const to = () => `/ws/chat?token=${system.token('odd')}`;

  it.each<[string, number, readonly string[]]>([
    ['another version', 426, [key, 'Sec-WebSocket-Version: 12']],
    ['no version', 426, [key]],
    ['no key', 400, [version]],
    ['a short key', 400, [version, 'Sec-WebSocket-Key: abc']],
    ['a broken list of protocols', 400, [key, version, 'Sec-WebSocket-Protocol: ,,']],
  ])('%s', async (_, status, headers) => {
    const answer = await answerTo(`GET ${to()}`, [...offer, ...headers]);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\\r\\n(.*\\r\\n)*Content-Type: application/json\\r\\n`));
    expect(bodyOf(answer)).toEqual(error(status, { reason: 'VALIDATION', field: null }));
    expect(answer.includes('Sec-WebSocket-Version: 13\r\n')).toBe(status === 426);
    await until('released', () => gateway.hub.person('odd') === null);
  });

  it('another method', async () => {
    const answer = await answerTo(`PUT ${to()}`, [...offer, key, version]);
    expect(bodyOf(answer)).toEqual(error(405, { reason: 'NOT_ALLOWED' }));
  });
});

it('who connects too often is refused with 429, by either API, and nobody else', async () => {
  const few = await system.startGateway({ http: { requestsPerSecond: 0.001, requestsBurst: 3 } });
  for (let i = 0; i < 3; i++) await (await system.room(few, 7)).close();
  for (const url of [system.roomUrl(few, system.token(7)), system.directUrl(few, 7)]) {
    const { status, headers, body } = await refusal(url);
    expect([status, headers['retry-after']]).toEqual([429, expect.stringMatching(/^[1-5]$/)]);
    expect(JSON.parse(body)).toEqual(error(429, { reason: 'TOO_MANY' }));
  }
  await (await system.direct(few, 8)).close();
  await until('released', () => few.hub.held.people === 0);
});

it('who has no valid token is counted by the address it comes from, and spends nothing of a user', async () => {
  const http = { requestsPerSecond: 0.001, requestsBurst: 3, trustedProxies: ['loopback'] };
  const few = await system.startGateway({ http });
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
  const status = async (url: string, address: string) => (await refusal(url, from(address))).status;
  const [forged, otherUser] = [
    `${system.roomUrl(few, system.token(7))}x`,
    system.directUrl(few, 7).replace('userId=7', 'userId=8'),
  ];
  const urls = [forged, system.roomUrl(few, ''), otherUser, forged, otherUser];
  const all: number[] = [];
  for (const url of urls) all.push(await status(url, '192.0.2.1'));
  expect(all).toEqual([401, 401, 401, 429, 429]);
  // Whoever has an address of the sixth version has a network of them.
  for (const host of ['1', '2', '3', '4']) all.push(await status(forged, `2001:db8::${host}`));
  expect(all.slice(urls.length)).toEqual([401, 401, 401, 429]);
  for (const address of ['192.0.2.1', '192.0.2.2']) {
    await (await ChatClient.connect(system.roomUrl(few, system.token(7)), from(address))).close();
  }
  expect(await status(forged, '192.0.2.2')).toBe(401);
  await until('released', () => few.hub.held.people === 0);
});
