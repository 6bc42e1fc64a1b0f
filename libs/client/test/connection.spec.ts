import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { connected, connectionInHand, endAll, last, made, settled } from './socket-in-hand.js';

/** Who listens for the network's return: what a browser's page has, and Node has not. */
const listeners = new Set<() => void>();
beforeAll(() => {
  const addEventListener = (_: 'online', listener: () => void) => listeners.add(listener);
  const removeEventListener = (_: 'online', listener: () => void) => listeners.delete(listener);
  Object.assign(globalThis, { addEventListener, removeEventListener });
});
afterAll(() => {
  for (const name of ['addEventListener', 'removeEventListener']) Reflect.deleteProperty(globalThis, name);
});
const networkIsBack = async (): Promise<void> => {
  for (const listener of listeners) listener();
  await settled();
};
beforeEach(() => {
  jest.useFakeTimers();
  jest.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  endAll();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const after = async (ms: number): Promise<void> => {
  await jest.advanceTimersByTimeAsync(ms);
};

describe('a connection', () => {
  it('that does not come about within 10 s is given up', async () => {
    const { connection, states } = connectionInHand();
    connection.connect();
    await after(9_999);
    expect([last().isClosed, states.length]).toEqual([false, 1]);
    await after(1);
    expect(last().isClosed).toBe(true);
    expect(states.at(-1)).toEqual({
      state: 'connecting',
      code: 1006,
      reason: 'the server did not answer in time',
      retryInMs: 500,
    });
    await after(500);
    expect(made).toHaveLength(2);
  });

  it('that is silent for 30 s is asked for a word, and given up 10 s after', async () => {
    const { connection } = await connected();
    await after(29_999);
    expect(last().sent).toEqual([]);
    await after(1);
    expect(last().sent).toEqual([{ event: 'resume', data: { rooms: {} } }]);
    await after(9_999);
    expect(connection.state.state).toBe('connected');
    await after(1);
    expect(connection.state).toMatchObject({ state: 'connecting', code: 1006, reason: 'the server has gone silent' });
    expect(last().isClosed).toBe(true);
  });

  it('goes on with any word, also one that is no frame', async () => {
    const { connection } = await connected();
    await after(30_000);
    last().tell('pong');
    await after(10_000);
    expect(connection.state.state).toBe('connected');
    await after(20_000);
    expect(last().sent).toHaveLength(2);
  });

  it('waits longer and longer, and no more so after one that stood for 10 s', async () => {
    const { states } = await connected();
    const delays = (): unknown[] => states.flatMap(({ retryInMs }) => retryInMs ?? []);
    for (let i = 0; i < 4; i++) {
      last().end(1006);
      await after(delays().at(-1) as number);
    }
    last().onopen!();
    await after(9_999);
    last().end(1006);
    expect(delays()).toEqual([500, 1_000, 2_000, 4_000, 4_000]);
    await after(4_000);
    last().onopen!();
    await after(10_000);
    last().end(1006);
    expect(delays().at(-1)).toBe(500);
  });

  it('does not wait where the network is back, and has only one attempt', async () => {
    const { connection, states } = await connected();
    await networkIsBack();
    expect(made).toHaveLength(1);
    last().end(1006);
    await networkIsBack();
    expect(made).toHaveLength(2);
    expect(states.at(-1)).toEqual({ state: 'connecting', code: 1006, reason: 'the network is back' });
    await after(5_000);
    expect(made).toHaveLength(2);
    connection.disconnect();
    expect(listeners.size).toBe(0);
  });

  it('comes back when a server that restarts asks for it, and not where it is refused', async () => {
    const { connection } = await connected();
    last().end(1012, 'restart: reconnect after 3210 ms');
    await after(3_209);
    expect(made).toHaveLength(1);
    await after(1);
    expect(made).toHaveLength(2);
    last().onopen!();
    last().end(4002, 'revoked');
    await after(100_000);
    expect([made.length, connection.state]).toEqual([2, { state: 'disconnected', code: 4002, reason: 'revoked' }]);
  });

  it('whose token was revoked asks once for another, no sooner than a second later, and ends where it is the same', async () => {
    let token = 'old';
    let asked = 0;
    const { connection, states } = await connected({ token: () => (asked++, token) });
    last().end(4002, 'token revoked');
    expect(states.at(-1)).toMatchObject({ state: 'connecting', code: 4002, retryInMs: 1_500 });
    token = 'new';
    await after(1_500);
    expect([asked, last().url]).toEqual([2, 'wss://chat.test/ws?token=new']);
    last().onopen!();
    await after(10_000);
    last().end(4002, 'token revoked');
    await after(100_000);
    expect([asked, made.length]).toEqual([3, 2]);
    expect(connection.state).toEqual({ state: 'disconnected', code: 4002, reason: 'token revoked' });
    token = 'newer';
    connection.connect();
    await settled();
    expect(last().url).toBe('wss://chat.test/ws?token=newer');
  });

  it('does not come back with a token that was revoked where the network is back', async () => {
    const { connection } = await connected({ token: () => 'old' });
    last().end(4002, 'token revoked');
    await networkIsBack();
    expect([made.length, connection.state.code, connection.state.state]).toEqual([1, 4002, 'disconnected']);
  });

  it.each(['connected', 'connecting'])('that is ended by who hears that it is %s stays ended', async (at) => {
    const { connection } = connectionInHand();
    connection.connect();
    await settled();
    connection.on('state', ({ state }) => {
      if (state === at) connection.disconnect();
    });
    last().onopen!();
    if (at === 'connecting') last().end(4001);
    await after(120_000);
    expect([made.length, connection.state.state]).toEqual([1, 'disconnected']);
  });

  it('asks for a token at each attempt, and is not opened by one that comes too late', async () => {
    let give: (token: string) => void = () => undefined;
    const { connection } = connectionInHand({ token: () => new Promise((resolve) => (give = resolve)) });
    connection.connect();
    const late = give;
    connection.disconnect();
    connection.connect();
    late('late');
    await settled();
    expect(made).toEqual([]);
    give('new');
    await settled();
    expect(made.map(({ url }) => url)).toEqual(['wss://chat.test/ws?token=new']);
  });
});
