import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';
import { until } from './until.js';
import { ChatClient } from './chat-client.js';

// Each limit is hit alone: the others are out of reach.

let system: ChatUnderTest;
let watcher: ChatClient;

beforeAll(async () => {
  system = await ChatUnderTest.start();
  watcher = await system.room(await system.startGateway(), 'watcher');
});
afterAll(() => system.stop());

const started = (limits: Parameters<ChatUnderTest['startGateway']>[0] = {}) => system.startGateway(limits);
const TOO_MANY = { code: 4009, reason: 'too many messages' };

/** The contents of somebody's messages, as another gateway was told of them, once it has so many and nothing more comes. */
async function storedOf(userId: string, count: number): Promise<unknown[]> {
  const stored = () =>
    watcher.frames.flatMap(({ message }) =>
      (message?.['sender'] as { _id: string } | undefined)?._id === userId ? [message?.['content']] : [],
    );
  await until(`${count} are told`, () => stored().length >= count);
  for (let before = -1; before !== stored().length;) {
    before = stored().length;
    await watcher.quiet(200);
  }
  return stored();
}

const say = (client: ChatClient, from: number, to: number) => {
  for (let i = from; i <= to; i++) client.send('globalMessage', { content: String(i) });
};
const numbers = (to: number) => Array.from({ length: to }, (_, i) => String(i + 1));

describe('too many frames', () => {
  it('of a burst: as many as are allowed at once are carried out, then the connection is closed', async () => {
    const gateway = await started({ limits: { framesPerSecond: 1, frameBurst: 200, inboundFrames: 100_000 } });
    const ada = await system.room(gateway, 'burst');
    say(ada, 1, 600);
    expect(await ada.closed).toEqual(TOO_MANY);
    expect(await storedOf('burst', 200)).toEqual(numbers(200));
    await until('released', () => gateway.hub.held.people === 0);
  });

  it('are the end of it: nothing that comes behind the one too many is carried out', async () => {
    const gateway = await started({ limits: { framesPerSecond: 10_000, frameBurst: 10, inboundFrames: 100_000 } });
    const ada = await system.room(gateway, 'behind');
    say(ada, 1, 600);
    expect(await ada.closed).toEqual(TOO_MANY);
    const stored = await storedOf('behind', 10);
    expect(stored.length).toBeLessThan(600);
    expect(stored).toEqual(numbers(stored.length));
  });

  it('that wait: those within the limit are carried out, then the connection is closed', async () => {
    const gateway = await started({ limits: { framesPerSecond: 10_000, frameBurst: 100_000, inboundFrames: 5 } });
    const ada = await system.room(gateway, 'queue');
    gateway.hub.barrier.hold();
    say(ada, 1, 50);
    await ada.quiet(100);
    expect(ada.ws.readyState).toBe(ada.ws.OPEN);
    gateway.hub.barrier.open();
    expect(await ada.closed).toEqual(TOO_MANY);
    // The first one is in hand, and five wait.
    expect(await storedOf('queue', 6)).toEqual(numbers(6));
  });

  it('of a person over several connections close the one that sends the one too many', async () => {
    const gateway = await started({ limits: { framesPerSecond: 1, frameBurst: 30 } });
    const [one, two] = [await system.room(gateway, '71'), await system.room(gateway, '71')];
    const direct = await system.direct(gateway, 71);
    say(one, 1, 10);
    await until('the first are there', () => watcher.frames.at(-1)?.message?.['content'] === '10');
    for (let i = 0; i < 10; i++) direct.send('nonsense');
    await direct.take(10);
    say(two, 11, 30);
    expect(await two.closed).toEqual(TOO_MANY);
    const stored = await storedOf('71', 20);
    expect(stored.slice(0, 20)).toEqual(numbers(20));
    expect(stored.length).toBeLessThan(25);
    expect([one, direct].map(({ ws }) => ws.readyState)).toEqual([1, 1]);
    await Promise.all([one.close(), direct.close()]);
    await until('gone', () => gateway.hub.person('71') === null);
    const again = await system.room(gateway, '71');
    say(again, 100, 110);
    expect(await again.closed).toEqual(TOO_MANY);
    const other = await system.room(gateway, '72');
    say(other, 1, 30);
    expect(await storedOf('72', 30)).toEqual(numbers(30));
    await other.close();
  });

  it('pings among them', async () => {
    const gateway = await started({ limits: { framesPerSecond: 1, frameBurst: 3 } });
    for (const ping of [true, false]) {
      const ada = await system.room(gateway, `ping ${ping}`);
      for (let i = 0; i < 4; i++) ada.ws[ping ? 'ping' : 'pong']();
      expect(await ada.closed).toEqual(TOO_MANY);
    }
  });
});

describe('the log says who was closed, and why', () => {
  let gateway: Gateway;
  const warn = jest.spyOn(Logger.prototype, 'warn');
  const lines = () => warn.mock.calls.map(([line]) => line as unknown);

  beforeAll(async () => {
    gateway = await started({ limits: { frameBurst: 3, connectionsPerUser: 1, inboundFrames: 100 } });
    warn.mockImplementation(() => undefined);
  });
  beforeEach(() => {
    warn.mockClear();
  });
  afterAll(() => {
    warn.mockRestore();
  });

  it.each<[number, string, (ada: ChatClient) => unknown]>([
    [
      1009,
      'Max payload size exceeded',
      (ada) => {
        ada.sendRaw('x'.repeat(65_537));
      },
    ],
    [
      1002,
      'Invalid WebSocket frame: RSV2 and RSV3 must be clear',
      (ada) => {
        rawly(ada, 0xb1);
      },
    ],
    [
      1007,
      'Invalid WebSocket frame: invalid UTF-8 sequence',
      (ada) => {
        rawly(ada, 0x81);
      },
    ],
    [
      4009,
      'too many messages',
      (ada) => {
        numbers(9).forEach((text) => {
          ada.sendRaw(text);
        });
      },
    ],
    [4010, 'too many connections', () => system.room(gateway, 'c "x"\n').then(({ closed }) => closed)],
  ])('%d', async (code, reason, act) => {
    const ada = await system.room(gateway, 'c "x"\n');
    await act(ada);
    await until('said', () => lines().length > 0);
    expect(lines()).toEqual([`/ws/chat of user "c \\"x\\"\\n" was closed with ${code}: ${reason}`]);
    await ada.close();
    await until('released', () => gateway.hub.held.people === 0);
  });
});

/** A masked frame of one byte that is no UTF-8. */
function rawly(ada: ChatClient, firstByte: number): void {
  const { _socket } = ada.ws as unknown as { readonly _socket: NodeJS.WritableStream };
  _socket.write(Buffer.from([firstByte, 0x81, 0, 0, 0, 0, 0xff]));
}
