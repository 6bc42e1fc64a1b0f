import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { clanRoom, GLOBAL_ROOM } from '#domain';
import { LogUnavailable } from '#event-store';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import type { ChatClient } from './chat-client.js';
import { arrived, holdTime, settle } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';

let gateway: HubInMemory;
beforeEach(async () => {
  holdTime();
  gateway = await HubInMemory.begin();
});
afterEach(() => {
  gateway.hub.onApplicationShutdown();
  jest.useRealTimers();
});

const contents = ({ frames }: ChatClient) =>
  frames.map(({ message, data }) => message?.['content'] ?? (data as { message: string }).message);
const state = () => {
  const { barrier } = gateway.hub;
  return typeof barrier.state === 'string' ? barrier.state : 'held';
};

describe('a gateway whose log was away', () => {
  it('refuses commands and tells nothing until everybody is read again, and then what was missed', async () => {
    const { chat, connection } = gateway;
    const { room } = chat.open('1', '2');
    await chat.timeline.run();
    const [ada, direct] = [await gateway.join('ada', '7'), await gateway.join('1', undefined, DIRECT_CHAT)];
    connection.lose();
    expect(state()).toBe('shut');
    for (const to of [clanRoom('7'), room]) chat.say(to, 'missed', to === room ? '2' : '9');
    await chat.timeline.run();
    const members = [connection.gates.hold('last'), connection.gates.hold('last')];
    connection.comeBack();
    for (const member of members) await arrived(member);
    expect(state()).toBe('held');
    chat.say(GLOBAL_ROOM, 'heard', '9');
    await gateway.tell();
    expect([contents(ada.client), contents(direct.client)]).toEqual([[], []]);
    for (const member of members) member.release();
    await settle(50);
    expect(state()).toBe('open');
    expect(contents(ada.client).sort()).toEqual(['heard', 'missed']);
    expect(contents(direct.client)).toEqual(['missed']);
  });

  it('tells nothing of the clan to who was taken out of it meanwhile', async () => {
    const { chat, connection } = gateway;
    const [ada, bob] = [await gateway.join('ada', '7'), await gateway.join('bob', '7')];
    connection.lose();
    chat.move('ada', null, { clanId: '7' });
    chat.say(clanRoom('7'), 'secret', '9');
    await gateway.tell();
    connection.comeBack();
    await settle(50);
    chat.say(clanRoom('7'), 'another', '9');
    await gateway.tell();
    expect([contents(ada.client), contents(bob.client)]).toEqual([[], ['secret', 'another']]);
  });

  it('goes on by the last interruption only, where a second one comes while everybody is read again', async () => {
    const { chat, connection } = gateway;
    const ada = await gateway.join('ada', '7');
    connection.lose();
    const first = connection.gates.hold('last');
    connection.comeBack();
    await arrived(first);
    connection.lose();
    await settle();
    expect(state()).toBe('shut');
    const second = connection.gates.hold('last');
    connection.comeBack();
    first.release();
    await arrived(second);
    await settle(1_000);
    expect(state()).toBe('held');
    chat.say(clanRoom('7'), 'missed', '9');
    await gateway.tell();
    expect(contents(ada.client)).toEqual([]);
    second.release();
    await settle(50);
    expect(state()).toBe('open');
    expect(contents(ada.client)).toEqual(['missed']);
  });

  it('stays shut where it is lost again before anything came of its return', async () => {
    gateway.connection.lose();
    gateway.connection.comeBack();
    gateway.connection.lose();
    await settle(2_000);
    expect(state()).toBe('shut');
  });

  it('stays shut where it is lost again before those are read again who could not be', async () => {
    const { connection } = gateway;
    await gateway.join('ada');
    connection.lose();
    connection.gates.fail('last', new LogUnavailable('away'));
    connection.comeBack();
    await settle(100);
    expect(state()).toBe('shut');
    connection.lose();
    await settle(2_000);
    expect(state()).toBe('shut');
    connection.comeBack();
    await settle(50);
    expect(state()).toBe('open');
  });

  it('reads those again half a second later who could not be read, and nobody else', async () => {
    const { connection } = gateway;
    await gateway.join('ada');
    await gateway.join('bob');
    connection.lose();
    connection.gates.fail('flush', new LogUnavailable('away'));
    connection.comeBack();
    const read = jest.spyOn(connection.gates, 'pass');
    await settle(100);
    expect(state()).toBe('shut');
    expect(read.mock.calls.filter(([asked]) => asked === 'last')).toHaveLength(3);
    const again = connection.gates.hold('last');
    await settle(400);
    await arrived(again);
    expect(state()).toBe('held');
    again.release();
    await settle();
    expect(state()).toBe('open');
    expect(read.mock.calls.filter(([asked]) => asked === 'last')).toHaveLength(6);
  });

  it('goes on for everybody else where one cannot be told what they missed', async () => {
    const { chat, connection } = gateway;
    const [ada, bob] = [await gateway.join('ada', '7'), await gateway.join('bob', '7')];
    const fault = jest.spyOn(ada.feed, 'catchUp').mockRejectedValueOnce(new Error('a fault of ours'));
    const caughtUp = jest.spyOn(bob.feed, 'catchUp');
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    connection.lose();
    connection.comeBack();
    await settle(50);
    expect([fault.mock.calls.length, caughtUp.mock.calls.length, state()]).toEqual([1, 1, 'open']);
    expect(logged).toHaveBeenCalledWith(expect.stringMatching(/"ada".*a fault of ours/));
    chat.say(clanRoom('7'), 'hello', '9');
    await gateway.tell();
    expect(contents(bob.client)).toEqual(['hello']);
    jest.restoreAllMocks();
  });

  it('lets those in again who come while it is away, as they are then', async () => {
    const { chat, connection } = gateway;
    await gateway.join('ada', '7');
    connection.lose();
    const bob = gateway.hub.hold('bob');
    const refused = bob.prepare(DIRECT_CHAT, {}).catch((error: unknown) => error);
    await settle();
    expect(await refused).toBeInstanceOf(LogUnavailable);
    gateway.hub.release(bob);
    connection.comeBack();
    await settle(50);
    const again = await gateway.join('bob', '7');
    chat.say(clanRoom('7'), 'welcome', '9');
    await gateway.tell();
    expect(contents(again.client)).toEqual(['welcome']);
  });
});
