import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CLOSE } from '#protocol';
import { gatewayFigures } from '../src/figures.js';
import type { Session } from '../src/socket/session.js';
import { TokenBuckets } from '../src/socket/token-bucket.js';
import { Traffic } from '../src/traffic.js';
import { sessionInMemory } from './session-in-memory.js';
import { type GivenParts, handlersOf, SessionsOnSockets, settings } from './sessions-on-sockets.js';
import { until } from './until.js';

const sockets = new SessionsOnSockets();
const limits = { ...settings.limits, pingSeconds: 10, pongSeconds: 2 };

beforeAll(async () => {
  Logger.overrideLogger(false);
  await sockets.start();
});
let realNow: () => number;
beforeEach(() => {
  realNow = performance.now.bind(performance);
});
afterEach(() => {
  jest.restoreAllMocks();
  sockets.cut();
});
afterAll(() => {
  sockets.stop();
});

/** A connection whose client counts the pings, and answers them where it is `alive`. */
async function connect(parts: GivenParts = {}, alive = true) {
  const before = Math.floor(realNow());
  const { session, client } = await sockets.connect({ limits, ...parts });
  let pings = 0;
  client.ws.on('ping', () => pings++);
  // ws answers by itself.
  if (!alive) client.ws.pong = () => undefined;
  // Whole: of others, the difference of two sums is now and then more than that of what was added.
  return { session, client, before, begun: Math.ceil(realNow()), pings: () => pings };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 30));

describe('a connection', () => {
  it('is pinged now and then, the first time after half to all of the time between two', async () => {
    const { session, before, begun, pings } = await connect();
    session.beat(before + 4_900);
    await turn();
    expect(pings()).toBe(0);
    session.beat(begun + 10_100);
    await until('a ping', () => pings() === 1);
    await turn();
    session.beat(begun + 20_000);
    await turn();
    expect(pings()).toBe(1);
    session.beat(begun + 20_200);
    await until('another ping', () => pings() === 2);
  });

  it('is not pinged together with those that came together', async () => {
    jest.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.99);
    const [early, late] = [await connect(), await connect()];
    for (const { session } of [early, late]) session.beat(early.begun + 5_500);
    await until('a ping', () => early.pings() === 1);
    await turn();
    expect(late.pings()).toBe(0);
  });

  it('is given up where a ping is not answered in time', async () => {
    const { session, client, begun, pings } = await connect({}, false);
    session.beat(begun + 10_100);
    await until('a ping', () => pings() === 1);
    // Not at the very end: what `begun` adds is rounded, to either side.
    session.beat(begun + 12_099);
    expect(session.isOpen).toBe(true);
    session.beat(begun + 12_200);
    expect((await client.closed).code).toBe(1006);
  });

  it('is counted as silent once where it is given up, and where it is closed for anything else not at all', async () => {
    const traffic = new Traffic();
    const silent = [await connect({ traffic }, false), await connect({ traffic }, false)];
    const others = [await connect({ traffic }), await connect({ traffic })];
    for (const { session, begun } of [...silent, ...others]) session.beat(begun + 10_100);
    await until('all are pinged', () => [...silent, ...others].every(({ pings }) => pings() === 1));
    await turn();
    for (let i = 0; i < 2; i++) {
      for (const { session, begun } of [...silent, ...others]) session.beat(begun + 12_300);
      others[i]!.session.close(CLOSE.slowReader);
    }
    await Promise.all(silent.map(({ client }) => client.closed));
    const lines = gatewayFigures(traffic, () => []).find(({ name }) => name === 'parley_gateway_closed_sockets_total');
    const samples = [...(await lines!.read())].filter(({ value }) => value > 0);
    expect(samples).toEqual([{ value: 2, labels: { reason: 'silent' } }]);
  });

  it('is not given up for a pong that was not read yet, since so much else waits to be', async () => {
    const { session, client, begun, pings } = await connect({}, false);
    let release: (outcome?: undefined) => void = () => undefined;
    session.serve(handlersOf({ work: () => new Promise<undefined>((resolve) => (release = resolve)) }));
    for (let i = 0; i < 40; i++) client.send('work', 'x'.repeat(10_000));
    session.beat(begun + 10_100);
    await until('a ping', () => pings() === 1);
    await turn();
    session.beat(begun + 20_000);
    expect(session.isOpen).toBe(true);
    release();
  });

  it('is written to only where it is not read, to find out whether its client has gone', async () => {
    const { session, client, begun, pings } = await connect();
    let pongs = 0;
    client.ws.on('pong', () => pongs++);
    let release: (outcome?: undefined) => void = () => undefined;
    session.serve(handlersOf({ work: () => new Promise<undefined>((resolve) => (release = resolve)) }));
    session.beat(begun);
    client.send('work');
    for (let i = 0; i < 40; i++) client.send('rest', 'x'.repeat(10_000));
    await turn();
    expect([pongs, pings()]).toEqual([0, 0]);
    await until('a pong', () => {
      session.beat(begun);
      return pongs > 0;
    });
    release();
  });

  it('is closed with 4001 once its token has ended', async () => {
    const expiresAt = Date.now() + 60_000;
    const { session, client, begun } = await connect({ expiresAt });
    const now = jest.spyOn(Date, 'now').mockReturnValue(expiresAt - 1);
    session.beat(begun);
    expect(session.isOpen).toBe(true);
    now.mockReturnValue(expiresAt);
    session.beat(begun + 1_000);
    expect(await client.closed).toEqual({ code: 4001, reason: 'token expired' });
    session.beat(begun + 2_000);
  });

  it('is closed with 4002 once its token is revoked', async () => {
    let isRevoked = false;
    const { session, client, begun } = await connect({ isRevoked: () => isRevoked });
    session.beat(begun);
    expect(session.isOpen).toBe(true);
    isRevoked = true;
    session.beat(begun + 1_000);
    expect(await client.closed).toEqual({ code: 4002, reason: 'token revoked' });
  });
});

describe('a client that sends too much', () => {
  const few = () => new TokenBuckets({ perSecond: 0.001, burst: 5 });
  const serve = (session: Session) => {
    let handled = 0;
    const work = () => {
      handled++;
      return Promise.resolve(undefined);
    };
    session.serve(handlersOf({ work }));
    return () => handled;
  };

  it('is closed with 4009 once what came before was handled', async () => {
    const { session, client } = await connect({ frames: few() });
    const handled = serve(session);
    for (let i = 0; i < 9; i++) client.send('work');
    expect(await client.closed).toEqual({ code: 4009, reason: 'too many messages' });
    expect(handled()).toBe(5);
  });

  it('is told apart from one whose frames wait: the bound on these is a limit of its own', async () => {
    const { session, client } = await connect({ limits: { ...limits, inboundFrames: 3 } });
    let release: (outcome?: undefined) => void = () => undefined;
    session.serve(handlersOf({ work: () => new Promise<undefined>((resolve) => (release = resolve)) }));
    for (let i = 0; i < 4; i++) client.send('work');
    await turn();
    expect(session.isOpen).toBe(true);
    for (let i = 0; i < 2; i++) client.send('work');
    await turn();
    while (session.isOpen) {
      release();
      await turn();
    }
    expect((await client.closed).code).toBe(4009);
  });

  it('is not one that answers our pings', async () => {
    const { session, client, ws } = await sessionInMemory({ limits, frames: few() });
    let answers = 0;
    ws.on('pong', () => answers++);
    const handled = serve(session);
    const begun = performance.now();
    for (let i = 1; i <= 10; i++) {
      session.beat(begun + i * 20_000);
      await until('it is answered', () => answers === i);
    }
    for (let i = 0; i < 5; i++) client.send('work');
    await until('all are handled', () => handled() === 5);
    expect(session.isOpen).toBe(true);
  });

  it('is read no further while what came before is handled', async () => {
    const { session, client, ws } = await sessionInMemory({ limits, frames: few() });
    let release: (outcome?: undefined) => void = () => undefined;
    session.serve(handlersOf({ work: () => new Promise<undefined>((resolve) => (release = resolve)) }));
    for (let i = 0; i < 6; i++) client.send('work');
    await until('it is not read', () => ws.isPaused);
    release();
    await turn();
    expect([session.isOpen, ws.isPaused]).toEqual([true, true]);
    while (session.isOpen) {
      release();
      await turn();
    }
    expect((await client.closed).code).toBe(4009);
  });

  it('is counted by pings, and pongs that nobody asked for, as by frames', async () => {
    for (const say of ['ping', 'pong'] as const) {
      const { client } = await connect({ frames: few() });
      for (let i = 0; i < 6; i++) client.ws[say]();
      expect((await client.closed).code).toBe(4009);
    }
  });
});
