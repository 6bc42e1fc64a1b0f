import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CLOSE, type Fault, reconnectDelay } from '#protocol';
import type { Outcome } from '../src/commands/command.js';
import { Closings } from '../src/socket/closings.js';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import { textFrame } from '../src/socket/text-frame.js';
import { TokenBuckets } from '../src/socket/token-bucket.js';
import type { ChatClient } from './chat-client.js';
import { sessionInMemory } from './session-in-memory.js';
import { type GivenParts, handlersOf, settings } from './sessions-on-sockets.js';

const { limits: usual } = settings;

beforeEach(() => {
  Logger.overrideLogger(false);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

it('is said in the log once, for the first reason there was', async () => {
  const said = jest.spyOn(Closings.prototype, 'tell');
  const { session, client } = await sessionInMemory();
  session.close(CLOSE.internal);
  session.close(CLOSE.tokenRevoked);
  expect(await client.closed).toMatchObject({ code: CLOSE.internal.code });
  expect(said.mock.calls).toEqual([[DIRECT_CHAT, '1', CLOSE.internal]]);
});

it('is the last that the client is sent', async () => {
  const { session, socket } = await sessionInMemory();
  session.close(CLOSE.internal);
  const write = jest.spyOn(socket, 'write');
  session.deliver(textFrame('{}'));
  await session.replyList([textFrame('[]')]);
  expect(write).not.toHaveBeenCalled();
});

it('leaves what the client had sent by then unheard, and uncounted', async () => {
  const frames = new TokenBuckets({ perSecond: 0.001, burst: 5 });
  const { session, client, ws } = await sessionInMemory({ frames });
  let release: (outcome?: undefined) => void = () => undefined;
  session.serve(handlersOf({ work: () => new Promise<undefined>((resolve) => (release = resolve)) }));
  client.send('work');
  await turn();
  client.ws.pause();
  session.close(CLOSE.internal);
  for (let i = 0; i < 10; i++) client.send('work');
  await turn();
  expect(frames.take('1', performance.now())).toBe(true);
  // Paused, it would never hear the client's answer to the close.
  expect(ws.isPaused).toBe(false);
  release();
  client.ws.resume();
  await client.closed;
});

it('gives the client a moment to read it, also where a ping is not answered', async () => {
  const { session, client, socket } = await sessionInMemory();
  Object.assign(client.ws, { _autoPong: false });
  client.ws.pause();
  const due = performance.now() + usual.pingSeconds * 1_000;
  session.beat(due);
  session.close(CLOSE.internal);
  session.beat(due + 2 * usual.pongSeconds * 1_000);
  expect(socket.destroyed).toBe(false);
  client.ws.resume();
  expect((await client.closed).code).toBe(CLOSE.internal.code);
});

it('tells each of those who are sent away another time to come back, within five seconds or what is asked', async () => {
  const random = jest.spyOn(Math, 'random');
  const reasonOf = async (at: number, within?: number) => {
    const { session, client } = await sessionInMemory();
    random.mockReturnValue(at);
    session.sendAway(within);
    return (await client.closed).reason;
  };
  expect([await reasonOf(0.5), await reasonOf(0.999), await reasonOf(0.5, 300)]).toEqual([
    'restart: reconnect after 2500 ms',
    'restart: reconnect after 4995 ms',
    'restart: reconnect after 150 ms',
  ]);
});

it('is what a client comes to that does not read what it is told', async () => {
  const { session, client } = await sessionInMemory({ limits: { ...usual, outboundBytes: 100_000 } });
  client.ws.pause();
  const frame = textFrame(JSON.stringify('x'.repeat(10_000)));
  let delivered = 0;
  for (; session.isOpen && delivered < 100; delivered++) session.deliver(frame);
  expect(delivered).toBeLessThan(30);
  client.ws.resume();
  expect(await client.closed).toEqual({ code: 4008, reason: 'too slow a reader' });
});

describe('one that is finished', () => {
  /** Frames that are handled one by one, when the test says so. */
  async function working(parts: GivenParts = {}) {
    const joined = await sessionInMemory(parts);
    const releases: (() => void)[] = [];
    const work = () =>
      new Promise<Outcome>((resolve) => {
        releases.push(() => {
          resolve({ ack: {} });
        });
      });
    joined.session.serve(handlersOf({ work }));
    const release = async () => {
      releases.shift()!();
      await turn();
    };
    return { ...joined, releases, release };
  }
  const answers = ({ frames }: ChatClient) => frames.map(({ event, id, data }) => [event, id ?? (data as Fault).code]);

  it('is answered what it has sent, and sent away then; what it sends after that is not taken', async () => {
    const { session, client, releases, release } = await working();
    for (const id of ['1', '2', '3']) client.send('work', {}, id);
    await turn();
    session.finish(10_000);
    session.finish(0);
    client.send('work', {}, '4');
    await turn();
    await release();
    await release();
    expect(client.end).toBeNull();
    await release();
    expect(releases).toEqual([]);
    expect(reconnectDelay((await client.closed).reason)).toEqual(expect.any(Number));
    expect(answers(client)).toEqual(['1', '2', '3'].map((id) => ['ack', id]));
    expect(client.end).toMatchObject({ code: 1012 });
  });

  it('is sent away at once where nothing waits', async () => {
    const { session, client } = await working();
    session.finish(10_000);
    expect(session.isOpen).toBe(false);
    expect((await client.closed).code).toBe(1012);
  });

  it('is refused what was not begun on in time, and told that what becomes of the frame in hand is not known', async () => {
    const { session, client, release } = await working();
    client.send('work', {}, '1');
    client.send('work', {}, '2');
    client.send('work', {});
    client.sendRaw('nonsense');
    await turn();
    session.finish(50);
    expect((await client.closed).code).toBe(1012);
    expect(answers(client)).toEqual([
      ['nack', '1'],
      ['nack', '2'],
      ['exception', 'unavailable'],
      ['exception', 'unavailable'],
    ]);
    expect(client.frames.slice(0, 2).map(({ data }) => data)).toMatchObject([
      { code: 'unknown', retryable: true },
      { code: 'unavailable', retryable: true },
    ]);
    await release();
    expect(client.frames).toHaveLength(4);
  });

  it('does not wait longer where it is about to be closed for another reason, which stays', async () => {
    const { session, client } = await working({ limits: { ...usual, inboundFrames: 1 } });
    for (const id of ['1', '2', '3']) client.send('work', {}, id);
    await turn();
    session.finish(50);
    expect((await client.closed).code).toBe(CLOSE.tooManyFrames.code);
    expect(answers(client)).toEqual([
      ['nack', '1'],
      ['nack', '2'],
    ]);
  });
});
