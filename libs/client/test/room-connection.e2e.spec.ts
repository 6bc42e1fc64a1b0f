import { describe, expect, it } from '@jest/globals';
import { until } from '../../../apps/gateway/test/until.js';
import { Person, serve, server } from './people-in-rooms.js';

serve();

describe('a connection', () => {
  it('tells its states, each with a code and a reason', async () => {
    const ada = new Person('c-ada', 'c');
    await until('it is there', () => ada.isThere);
    server.proxies[0]!.cut();
    await until('it is noticed', () => ada.chat.state.state === 'connecting');
    server.proxies[0]!.mend();
    await until('it is back', () => ada.chat.state.state === 'connected');
    ada.chat.disconnect();
    const told = ada.states.filter(({ retryInMs }) => retryInMs === undefined).map(({ state, code }) => [state, code]);
    expect(told[0]).toEqual(['connecting', 0]);
    expect(told[1]).toEqual(['connected', 0]);
    expect(told.at(-2)).toEqual(['connected', 1006]);
    expect(ada.states.at(-1)).toEqual({ state: 'disconnected', code: 0, reason: 'disconnect was called' });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(ada.chat.state.state).toBe('disconnected');
  });

  it('is renewed before its token ends, and misses nothing', async () => {
    const asked: number[] = [];
    const token = () => {
      asked.push(Date.now());
      return server.token('t-ada', { clanId: 't', seconds: 7 });
    };
    const ada = new Person('t-ada', 't', { token });
    const bob = new Person('t-bob', 't');
    await until('both are there', () => ada.isThere && bob.isThere);
    const before = asked.length;
    await until('it is asked for again', () => asked.length > before && ada.chat.state.state === 'connected');
    await bob.chat.send('clan', 'still here?');
    await until('it is told', () => ada.said.length === 1);
    expect(ada.states.map(({ code }) => code)).not.toContain(4001);
  });

  it('that the server does not want any more stays closed, with the reason', async () => {
    const ada = new Person('x-ada', 'x', { token: () => Promise.reject(new Error('no session')) });
    await until('it waits', () => ada.states.some(({ retryInMs }) => retryInMs !== undefined));
    expect(ada.states.at(-1)).toMatchObject({ state: 'connecting', code: 1006, reason: 'no session' });
    const many = Array.from({ length: 11 }, () => new Person('x-many', 'x'));
    await until('one is too many', () => many.some(({ chat }) => chat.state.state === 'disconnected'));
    const states = many.map(({ chat }) => chat.state).filter(({ state }) => state === 'disconnected');
    expect(states).toEqual([{ state: 'disconnected', code: 4010, reason: 'too many connections' }]);
  });
});
