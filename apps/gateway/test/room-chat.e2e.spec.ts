import { describe, expect, it } from '@jest/globals';
import { clanRoom, react } from '#domain';
import { until } from './until.js';
import { ChatClient, refusal } from './chat-client.js';
import { gateway, startOne, system } from './one-gateway.js';

// Section 1 of the contract, row by row.

startOne();

describe('connecting', () => {
  it.each([
    ['no token', ''],
    ['no JWT', '?token=nonsense'],
    ['an expired one', () => `?token=${system.token(1, { seconds: -10 })}`],
    ['a service token', () => `?token=${system.token(1, { scope: 'service' })}`],
  ])('is refused with 401: %s', async (_, query) => {
    const url = `ws://127.0.0.1:${gateway.port}/ws/chat${typeof query === 'string' ? query : query()}`;
    const { status, headers, body } = await refusal(url);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Bearer');
    expect(JSON.parse(body)).toMatchObject({ statusCode: 401, errors: [{ field: 'token' }] });
  });

  it('takes the token from the header, which wins over the address', async () => {
    const headers = { Authorization: `Bearer ${system.token('header')}` };
    const client = await ChatClient.connect(`ws://127.0.0.1:${gateway.port}/ws/chat?token=nonsense`, { headers });
    client.send('globalMessage', { content: 'from the header' });
    const { message } = await client.next();
    expect(message).toMatchObject({ sender: { _id: 'header' } });
    const bad = { headers: { Authorization: 'Bearer nonsense' } };
    expect((await refusal(system.roomUrl(gateway, system.token('x')), bad)).status).toBe(401);
    await client.close();
  });

  it('is refused with 404 at any other path', async () => {
    const { status } = await refusal(`ws://127.0.0.1:${gateway.port}/chat?token=${system.token(1)}`);
    expect(status).toBe(404);
  });
});

describe('messages', () => {
  it('go to everybody in the global room, in the documented shape', async () => {
    const [ada, bob] = await Promise.all([
      system.room(gateway, 'g-ada', { name: 'Ada', avatar: { head: 2 } }),
      system.room(gateway, 'g-bob'),
    ]);
    ada.send('globalMessage', { content: 'Hello world! 👋', feeling: 'happy' });
    const frame = await ada.next();
    expect(frame).toEqual({
      chat: 'global',
      event: 'newMessage',
      message: {
        _id: expect.stringMatching(/^[0-9a-f]{24}$/),
        sender: { _id: 'g-ada', name: 'Ada', avatar: { head: 2 } },
        content: 'Hello world! 👋',
        type: 'global',
        feeling: 'happy',
        reactions: [],
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        n: expect.any(Number),
        rev: expect.any(Number),
      },
    });
    expect(await bob.next()).toEqual(frame);
    await Promise.all([ada.close(), bob.close()]);
  });

  it('of a clan go to its members only, with its id and without a feeling that was not given', async () => {
    const [ada, bob, eve] = await Promise.all([
      system.room(gateway, 'c-ada', { clanId: 'c:1' }),
      system.room(gateway, 'c-bob', { clanId: 'c:1' }),
      system.room(gateway, 'c-eve', { clanId: 'c' }),
    ]);
    ada.send('clanMessage', { content: 'secret' });
    const frame = await bob.next();
    expect(frame).toMatchObject({ chat: 'clan', event: 'newMessage', message: { clan_id: 'c:1', type: 'clan' } });
    expect(frame.message).not.toHaveProperty('feeling');
    expect(await ada.next()).toEqual(frame);
    expect(await eve.quiet()).toEqual([]);
    await Promise.all([ada.close(), bob.close(), eve.close()]);
  });

  it('of somebody without a clan are refused', async () => {
    const loner = await system.room(gateway, 'loner');
    loner.send('clanMessage', { content: 'anybody?' });
    expect(await loner.next()).toEqual({
      error: [{ reason: 'NOT_FOUND', field: 'clan_id', value: null, message: 'you are in no clan', additional: null }],
    });
    await loner.close();
  });

  it('come in the order they were sent, also when many are sent at once', async () => {
    const ada = await system.room(gateway, 'order', { clanId: 'order' });
    const contents = Array.from({ length: 100 }, (_, i) => `message ${i}`);
    for (const content of contents) ada.send('clanMessage', { content });
    const frames = await ada.take(100);
    expect(frames.map(({ message }) => message?.['content'])).toEqual(contents);
    expect(frames.map(({ message }) => message?.['n'])).toEqual(contents.map((_, i) => i + 1));
    await ada.close();
  });

  it('with the same id are one message', async () => {
    const ada = await system.room(gateway, 'twice', { clanId: 'twice' });
    const bob = await system.room(gateway, 'thrice', { clanId: 'twice' });
    ada.send('clanMessage', { content: 'once' }, 'id-1');
    ada.send('clanMessage', { content: 'once' }, 'id-1');
    ada.send('clanMessage', { content: 'next' }, 'id-2');
    expect((await bob.take(2)).map(({ message }) => message?.['content'])).toEqual(['once', 'next']);
    expect(await bob.quiet()).toEqual([]);
    await Promise.all([ada.close(), bob.close()]);
  });
});

describe('reactions', () => {
  /** The message as the last frame shows it. */
  const shown = ({ frames }: ChatClient) => frames.at(-1)?.message?.['reactions'];

  it('replace each other, and an empty one removes', async () => {
    const ada = await system.room(gateway, 'r-ada', { name: 'Ada', clanId: 'r' });
    const bob = await system.room(gateway, 'r-bob', { name: 'Bob', clanId: 'r' });
    ada.send('clanMessage', { content: 'react!' });
    const message_id = (await bob.next()).message?.['_id'];
    const say = (client: ChatClient, emoji: string) => {
      client.send('clanMessageReaction', { message_id, emoji });
    };
    say(bob, '🫡');
    expect(await bob.next()).toMatchObject({
      chat: 'clan',
      event: 'newReaction',
      message: { _id: message_id, content: 'react!', reactions: [{ playerName: 'Bob', emoji: '🫡' }] },
    });
    say(ada, '👍🏽');
    await until('both are there', () => (shown(bob) as unknown[]).length === 2);
    say(bob, '❤');
    const [byBob, byAda] = [
      { playerName: 'Bob', emoji: '❤' },
      { playerName: 'Ada', emoji: '👍🏽' },
    ];
    await until('replaced', () => JSON.stringify(shown(ada)) === JSON.stringify([byBob, byAda]));
    say(bob, '');
    await until('removed', () => JSON.stringify(shown(ada)) === JSON.stringify([byAda]));
    await Promise.all([ada.close(), bob.close()]);
  });

  it('of somebody who plays with them are told four times a second, the last one always', async () => {
    const ada = await system.room(gateway, 'f-ada', { clanId: 'f' });
    const bob = await system.room(gateway, 'f-bob', { clanId: 'f' });
    ada.send('clanMessage', { content: 'popular' });
    const messageId = (await bob.next()).message?.['_id'] as string;
    const at = new Date().toISOString();
    for (let i = 0; i < 499; i++) {
      const who = { key: system.nextKey(), at, userId: `fan ${i}`, userName: `fan ${i}`, emoji: '👍' };
      const decision = react({ ...who, messageId }, { room: clanRoom('f'), message: { room: clanRoom('f') } });
      if ('event' in decision && decision.event) void system.log.append(decision.event);
    }
    await until('popular', () => (shown(bob) as unknown[]).length === 499);
    await bob.quiet(300);
    const before = bob.frames.length;
    const begun = performance.now();
    for (let i = 1; i <= 40; i++) {
      ada.send('clanMessageReaction', { message_id: messageId, emoji: i % 2 ? '👍' : '👎' });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    ada.send('clanMessageReaction', { message_id: messageId, emoji: '🎉' });
    ada.send('clanMessage', { content: 'and on we go' });
    const told = (name: string) => bob.frames.slice(before).filter(({ event }) => event === name);
    await until('the message is told', () => told('newMessage').length === 1);
    await until('the last one is told', () => JSON.stringify(told('newReaction').at(-1)).includes('🎉'));
    const seconds = (performance.now() - begun) / 1_000;
    expect(told('newReaction').length).toBeGreaterThan(1);
    expect(told('newReaction').length).toBeLessThanOrEqual(1 + 4 * seconds);
    expect(told('newReaction').at(-1)?.message?.['reactions']).toHaveLength(500);
    await Promise.all([ada.close(), bob.close()]);
  });

  it('work in the global room', async () => {
    const ada = await system.room(gateway, 'rg-ada');
    ada.send('globalMessage', { content: 'for all' });
    const message_id = (await ada.next()).message?.['_id'];
    ada.send('globalMessageReaction', { message_id, emoji: '🎉' });
    expect(await ada.next()).toMatchObject({
      chat: 'global',
      event: 'newReaction',
      message: { _id: message_id, reactions: [{ playerName: 'rg-ada', emoji: '🎉' }] },
    });
    await ada.close();
  });

  it('to a message that is not there, or in a room not theirs, get the same answer', async () => {
    const ada = await system.room(gateway, 'n-ada', { clanId: 'n-1' });
    const eve = await system.room(gateway, 'n-eve', { clanId: 'n-2' });
    ada.send('clanMessage', { content: 'mine' });
    const theirs = (await ada.next()).message?.['_id'] as string;
    for (const message_id of [theirs, 'f'.repeat(24), 'nonsense']) {
      eve.send('clanMessageReaction', { message_id, emoji: '👍' });
      expect(await eve.next()).toEqual({
        error: [
          {
            reason: 'NOT_FOUND',
            field: '_id',
            value: message_id,
            message: 'no such message in this room',
            additional: null,
          },
        ],
      });
    }
    await Promise.all([ada.close(), eve.close()]);
  });
});

describe('the clan', () => {
  it('is changed under an open connection', async () => {
    const mover = await system.room(gateway, 'm-mover', { clanId: 'm-old' });
    const old = await system.room(gateway, 'm-old', { clanId: 'm-old' });
    const other = await system.room(gateway, 'm-new', { clanId: 'm-new' });
    await system.putIntoClan('m-mover', 'm-new');
    await until('moved', () => gateway.hub.person('m-mover')?.person.clanId === 'm-new');
    old.send('clanMessage', { content: 'to the old' });
    await old.next();
    expect(await mover.quiet(100)).toEqual([]);
    other.send('clanMessage', { content: 'to the new' });
    expect((await mover.next()).message).toMatchObject({ clan_id: 'm-new', content: 'to the new' });
    mover.send('clanMessage', { content: 'here I am' });
    expect((await other.take(2))[1]?.message).toMatchObject({ clan_id: 'm-new', content: 'here I am' });
    await mover.next();
    await system.putIntoClan('m-mover', null);
    await until('left', () => gateway.hub.person('m-mover')?.person.clanId === null);
    other.send('clanMessage', { content: 'without them' });
    await other.next();
    mover.send('clanMessage', { content: 'anybody?' });
    expect(await mover.next()).toMatchObject({ error: [{ field: 'clan_id' }] });
    await Promise.all([mover.close(), old.close(), other.close()]);
  });

  it('of the log wins over the one of the token', async () => {
    await system.putIntoClan('w-ada', 'w-log');
    const ada = await system.room(gateway, 'w-ada', { clanId: 'w-token' });
    ada.send('clanMessage', { content: 'where am I?' });
    expect((await ada.next()).message).toMatchObject({ clan_id: 'w-log' });
    await ada.close();
  });
});

it('the altzone dialect wraps every frame once more and says when it is ready', async () => {
  const altzone = await system.startGateway({ dialect: 'altzone' });
  const ada = await system.room(altzone, 'alt', { clanId: 'alt' });
  expect(await ada.next()).toEqual({ event: 'ready', data: true });
  ada.send('clanMessage', { content: 'hello' });
  expect(await ada.next()).toMatchObject({
    message: { chat: 'clan', event: 'newMessage', message: { content: 'hello', clan_id: 'alt' } },
  });
  await ada.close();
});

it('two gateways serve one room, and nothing is left of who has gone', async () => {
  const second = await system.startGateway();
  const [ada, bob] = [
    await system.room(gateway, 'two-a', { clanId: 'two' }),
    await system.room(second, 'two-b', { clanId: 'two' }),
  ];
  ada.send('clanMessage', { content: 'one' });
  await bob.next();
  bob.send('clanMessage', { content: 'two' });
  expect((await ada.take(2)).map(({ message }) => message?.['content'])).toEqual(['one', 'two']);
  expect(second.hub.held).toEqual({ people: 1, rooms: 2, sessions: 1 });
  await bob.close();
  await until('released', () => second.hub.held.people === 0);
  expect(second.hub.held).toEqual({ people: 0, rooms: 0, sessions: 0 });
  await ada.close();
});
