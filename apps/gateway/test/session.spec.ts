import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ArgumentsHost, Logger } from '@nestjs/common';
import { LogUnavailable, OutcomeUnknown } from '#event-store';
import { TurnMissed } from '#platform';
import { FrameRefused, UNAVAILABLE } from '#protocol';
import { FaultFilter } from '../src/socket/fault-filter.js';
import type { FrameHandler, Session } from '../src/socket/session.js';
import { textFrame } from '../src/socket/text-frame.js';
import type { ChatClient } from './chat-client.js';
import { until } from './until.js';
import { sessionInMemory } from './session-in-memory.js';
import { handlersOf, SessionsOnSockets } from './sessions-on-sockets.js';

const sockets = new SessionsOnSockets();
const connect = sockets.connect.bind(sockets);

/** How far the clock is ahead of the machine's. Milliseconds. */
let ahead = 0;
const realNow = performance.now.bind(performance);
beforeEach(() => {
  jest.spyOn(performance, 'now').mockImplementation(() => realNow() + ahead);
});

beforeAll(async () => {
  Logger.overrideLogger(false);
  await sockets.start();
});
afterEach(() => {
  jest.restoreAllMocks();
  sockets.cut();
});
afterAll(() => {
  sockets.stop();
});

it('hears all connections with the same listeners, which tell them apart', async () => {
  const [one, other] = [await sessionInMemory(), await sessionInMemory()];
  const names = ['message', 'ping', 'pong', 'close', 'error'];
  const listeners = ({ ws }: typeof one) => names.map((name) => ws.listeners(name));
  expect(listeners(one).map(({ length }) => length)).toEqual(names.map(() => 1));
  for (const [at, [listener]] of listeners(one).entries()) expect(listeners(other)[at]![0]).toBe(listener);
  const over: Session[] = [];
  for (const { session } of [one, other]) session.whenOver((ended) => over.push(ended));
  other.client.ws.close();
  await until('it is over', () => over.length > 0);
  expect(over).toEqual([other.session]);
  expect(one.session.isOpen).toBe(true);
});

/** Serves `work`, which takes until it is released, and counts how often it was begun. */
function serveWork(session: Session) {
  const work = { begun: 0, answersMade: 0, release: (): void => undefined };
  const handler: FrameHandler = async () => {
    work.begun++;
    await new Promise<void>((resolve) => (work.release = resolve));
    return { ack: {}, answer: { event: 'done', data: { toJSON: () => work.answersMade++ } } };
  };
  session.serve(handlersOf({ work: handler }));
  return work;
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('frames behind one that was kept in vain', () => {
  const filter = new FaultFilter();

  /** Sends four, of which the first fails after so many milliseconds, and then one more. */
  async function answersAfter(kept: number, error: Error) {
    const { session, client } = await connect();
    const host = { switchToWs: () => ({ getClient: () => session }) } as ArgumentsHost;
    let release: () => void = () => undefined;
    let begun = false;
    const inVain: FrameHandler = async () => {
      begun = true;
      await new Promise<void>((resolve) => (release = resolve));
      ahead += kept;
      filter.catch(error, host);
      return undefined;
    };
    const asked: FrameHandler = () =>
      session.admit().then(
        () => ({ ack: {}, answer: { event: 'done', data: null } }),
        (refusal: unknown) => {
          filter.catch(refusal, host);
          return undefined;
        },
      );
    session.serve(handlersOf({ inVain, asked }));
    client.send('inVain');
    for (let i = 0; i < 3; i++) client.send('asked');
    await until('the first is at work, the others wait', () => begun && session.waiting.frames === 3);
    release();
    const frames = await client.take(4);
    client.send('asked');
    expect(await client.next()).toEqual({ event: 'done', data: null });
    return frames.map(({ event, data }) => (event === 'exception' ? (data as { code: string }).code : event));
  }

  it('are refused together with it, where a server did not answer', async () => {
    const refused = Array<string>(3).fill('unavailable');
    expect(await answersAfter(1_100, new OutcomeUnknown('no answer'))).toEqual(['unknown', ...refused]);
    expect(await answersAfter(1_100, new LogUnavailable('away'))).toEqual(['unavailable', ...refused]);
  });

  it('are not, where it was refused quickly, or not by a server that is away', async () => {
    const done = Array<string>(3).fill('done');
    expect(await answersAfter(900, new LogUnavailable('away'))).toEqual(['unavailable', ...done]);
    expect(await answersAfter(1_100, new FrameRefused(UNAVAILABLE))).toEqual(['unavailable', ...done]);
    expect(await answersAfter(1_100, new TurnMissed('a list'))).toEqual(['unavailable', ...done]);
    expect(await answersAfter(1_100, new Error('ours'))).toEqual(['internal', ...done]);
  });
});

it('a frame that is not text is refused, and the next is handled', async () => {
  const { session, client } = await connect();
  const work = serveWork(session);
  client.sendRaw(Buffer.from('{"event":"work"}'), true);
  expect(await client.next()).toMatchObject({ data: { message: 'a frame must be text, not binary', code: 'binary' } });
  client.send('work');
  await until('the next is handled', () => work.begun === 1);
});

it('a frame that comes before there are handlers waits for them', async () => {
  const { session, client } = await connect();
  client.send('work');
  await turn();
  const work = serveWork(session);
  await until('it is handled', () => work.begun === 1);
  expect(client.frames).toEqual([]);
});

it('no more is read while more than 256 KiB wait, and all is handled in the end', async () => {
  const { session, client, ws } = await sessionInMemory();
  const releases: ((outcome?: undefined) => void)[] = [];
  const handler: FrameHandler = () => new Promise<undefined>((resolve) => releases.push(resolve));
  session.serve(handlersOf({ work: handler }));
  const around = JSON.stringify({ event: 'work', data: '' }).length;
  client.send('work', '');
  for (let i = 0; i < 3; i++) client.send('work', 'x'.repeat(65_536 - around));
  client.send('work', 'x'.repeat(65_536 - 2 * around));
  await until('the first is being handled', () => releases.length === 1);
  await turn();
  expect(ws.isPaused).toBe(false);
  client.send('work', '');
  await until('it is too much', () => ws.isPaused);
  // The one in hand counts until it is done.
  for (let done = 0; done < 6; done++) {
    await until('another one is being handled', () => releases.length === done + 1);
    expect(ws.isPaused).toBe(done === 0);
    releases[done]!();
  }
});

describe('a connection that ends', () => {
  it.each<[string, (client: ChatClient, session: Session) => void]>([
    [
      'by a close of the client',
      ({ ws }) => {
        ws.close();
      },
    ],
    [
      'by a client that is just gone',
      ({ ws }) => {
        ws.terminate();
      },
    ],
    [
      'by a frame that breaks the protocol',
      ({ ws }) => {
        ws.send(Buffer.alloc(10), { binary: false, fin: true, mask: false });
      },
    ],
    [
      'by a close of ours',
      (_, session) => {
        session.close({ code: 4009, reason: 'too many messages' });
      },
    ],
    [
      'cut by us',
      (_, session) => {
        session.terminate();
      },
    ],
  ])('%s is over at once, and what waits of it is dropped', async (_, end) => {
    const { session, client } = await connect();
    let over = false;
    session.whenOver(() => (over = true));
    const work = serveWork(session);
    for (let i = 0; i < 100; i++) client.send('work');
    await until('the first is being handled', () => work.begun === 1);
    await turn();
    end(client, session);
    await until('it is over while that one is still being handled', () => over);
    work.release();
    await turn();
    expect(work).toMatchObject({ begun: 1, answersMade: 0 });
    expect(client.frames).toEqual([]);
  });

  it('leaves nothing with the system of what its client has not read', async () => {
    const { session, client } = await connect();
    const frame = textFrame(JSON.stringify('x'.repeat(100_000)));
    client.ws.pause();
    let over = false;
    session.whenOver(() => (over = true));
    let sent = 0;
    while (session.isOpen) {
      session.deliver(frame);
      sent += frame.length;
      await nextTurn();
    }
    await until('it is cut', () => over);
    client.ws.resume();
    expect((await client.closed).code).toBe(1006);
    // It has what had come to its own side by then.
    expect(client.frames.length * frame.length).toBeLessThan(sent / 2);
  });

  it('is noticed also where so much waits that nothing is read', async () => {
    const { session, client } = await connect();
    let over = false;
    session.whenOver(() => (over = true));
    const work = serveWork(session);
    for (let i = 0; i < 200; i++) client.send('work', 'x'.repeat(10_000));
    await until('the first is being handled', () => work.begun === 1);
    await turn();
    client.ws.terminate();
    await until('it is over', () => {
      session.beat(performance.now());
      return over;
    });
    work.release();
    await turn();
    expect(work.begun).toBe(1);
  });
});

it('what a handler throws, at once or later, is told, and the next frame is handled', async () => {
  const { session, client } = await connect();
  const handlers = new Map<string, FrameHandler>([
    [
      'atOnce',
      () => {
        throw new Error('at once');
      },
    ],
    ['later', () => Promise.reject(new Error('later'))],
    ['work', () => ({ ack: {}, answer: { event: 'done', data: null } })],
  ]);
  const told: unknown[] = [];
  session.serve({
    byEvent: handlers,
    failed: (error, by, { event }) => told.push([(error as Error).message, by === session, event]),
  });
  for (const event of ['atOnce', 'later', 'work']) client.send(event, {});
  await until('all are handled', () => client.frames.some(({ event }) => event === 'done'));
  expect(told).toEqual([
    ['at once', true, 'atOnce'],
    ['later', true, 'later'],
  ]);
});

it('says what waits: of the frames of its client, and for that to read', async () => {
  const { session, client } = await connect();
  expect(session.waiting).toEqual({ frames: 0, bytes: 0 });
  for (let i = 0; i < 3; i++) client.send('work', {});
  await until('they wait', () => session.waiting.frames === 3);
  client.ws.pause();
  const large = textFrame(JSON.stringify('x'.repeat(8_000_000)));
  session.deliver(large);
  expect(session.waiting.bytes).toBeGreaterThan(0);
  expect(session.waiting.bytes).toBeLessThanOrEqual(large.length);
  client.ws.resume();
  await until('it is read', () => session.waiting.bytes === 0);
});
