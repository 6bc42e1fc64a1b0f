import { describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { randomBytes, randomInt } from 'node:crypto';
import { stopwatch } from '../../../libs/event-store/test/stopwatch.js';
import { until } from './until.js';
import { ChatClient } from './chat-client.js';
import { gateway, startOne, system } from './one-gateway.js';

startOne();

describe('a bad frame gets an error and leaves the connection open', () => {
  it.each<[string, string | Buffer, object]>([
    ['not JSON', '{"event":', { error: expect.any(String) }],
    ['empty', '', { error: expect.any(String) }],
    ['binary', Buffer.from('{"event":"globalMessage"}'), { error: 'a frame must be text, not binary' }],
    ['null', 'null', { error: expect.any(String) }],
    ['no event', '{}', { error: [{ reason: 'REQUIRED', field: 'event', value: null }] }],
    ['an event that is none', '{"event":7}', { error: [{ reason: 'VALIDATION', field: 'event', value: 7 }] }],
    ['an unknown event', '{"event":"toString"}', { error: [{ field: 'event', value: 'toString' }] }],
    ['an id too long', `{"event":"globalMessage","id":"${'x'.repeat(65)}"}`, { error: [{ field: 'id' }] }],
    ['no data', '{"event":"globalMessage"}', { error: [{ reason: 'REQUIRED', field: 'data' }] }],
    ['a list for data', '{"event":"globalMessage","data":[]}', { error: [{ reason: 'VALIDATION', field: 'data' }] }],
    ['no content', '{"event":"globalMessage","data":{}}', { error: [{ reason: 'REQUIRED', field: 'content' }] }],
    [
      'nested content',
      '{"event":"globalMessage","data":{"content":{"a":[1]}}}',
      { error: [{ reason: 'VALIDATION', field: 'content', value: null }] },
    ],
    [
      'a feeling too long',
      `{"event":"globalMessage","data":{"content":"x","feeling":"${'f'.repeat(200)}"}}`,
      { error: [{ field: 'feeling', value: 'f'.repeat(100) }] },
    ],
    [
      'a prototype',
      '{"event":"globalMessage","data":{"__proto__":{"content":"x"}}}',
      { error: [{ reason: 'REQUIRED', field: 'content' }] },
    ],
    [
      'half a character',
      '{"event":"globalMessage","data":{"content":"\\ud800"}}',
      { error: [{ reason: 'VALIDATION', field: 'content', value: '\ufffd' }] },
    ],
    [
      'no emoji',
      '{"event":"globalMessageReaction","data":{"message_id":"x","emoji":"abc"}}',
      { error: [{ reason: 'VALIDATION', field: 'emoji' }] },
    ],
    [
      'two emoji',
      '{"event":"globalMessageReaction","data":{"message_id":"x","emoji":"👍👍"}}',
      { error: [{ field: 'emoji' }] },
    ],
    ['too deep', `{"event":"globalMessage","data":${'['.repeat(30_000)}`, { error: expect.any(String) }],
  ])('%s', async (_, frame, error) => {
    const ada = await system.room(gateway, `bad-${randomInt(1e9)}`);
    ada.sendRaw(frame, Buffer.isBuffer(frame));
    expect(await ada.next()).toMatchObject(error);
    ada.send('globalMessage', { content: 'still here', unknown: { fields: ['are', 'dropped'] } });
    expect(await ada.next()).toMatchObject({ message: { content: 'still here' } });
    await ada.close();
  });

  it('whatever it is: random bytes and broken frames end nothing', async () => {
    const other = await system.startGateway({ limits: { framesPerSecond: 10_000, frameBurst: 100_000 } });
    const ada = await system.room(other, 'fuzz');
    const good = '{"event":"clanMessage","data":{"content":"x","feeling":null},"id":"1"}';
    const count = 10_000;
    for (let i = 0; i < count; i++) {
      const cut = good.slice(0, randomInt(good.length));
      if (i % 2 === 0) ada.sendRaw(randomBytes(randomInt(200)), true);
      else ada.sendRaw(cut + randomBytes(randomInt(20)).toString('latin1'));
    }
    await until('all answered', () => ada.frames.length >= count);
    // By chance one may be whole, and is refused by its id: they are in no clan.
    expect(ada.frames.filter(({ error, event }) => error === undefined && event !== 'nack')).toEqual([]);
    await ada.close();
  });

  it('bytes that are no frames at all close that connection only', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    const key = randomBytes(16).toString('base64');
    const token = system.token('raw');
    socket.write(
      `GET /ws/chat?token=${token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.on('error', () => undefined);
    socket.write(Buffer.alloc(1_000, 0xff));
    await new Promise((resolve) => socket.once('close', resolve));
    await until('released', () => gateway.hub.person('raw') === null);
  });
});

describe('limits', () => {
  it('closes with 1009 on a frame too large', async () => {
    const ada = await system.room(gateway, 'large');
    ada.send('globalMessage', { content: 'x'.repeat(65_536) });
    expect((await ada.closed).code).toBe(1009);
  });

  it('closes with 4009 on too many frames', async () => {
    const ada = await system.room(gateway, 'many');
    for (let i = 0; i < 300; i++) ada.sendRaw('nonsense');
    expect(await ada.closed).toEqual({ code: 4009, reason: 'too many messages' });
    expect(ada.frames.length).toBeLessThan(210);
  });

  it('counts pings as frames', async () => {
    const ada = await system.room(gateway, 'pings');
    for (let i = 0; i < 300; i++) ada.ws.ping();
    expect((await ada.closed).code).toBe(4009);
  });

  it('counts pongs that nobody asked for as frames', async () => {
    const ada = await system.room(gateway, 'pongs');
    for (let i = 0; i < 300; i++) ada.ws.pong();
    expect((await ada.closed).code).toBe(4009);
  });

  it('closes the newest connection with 4010 where a user has too many', async () => {
    const few = await system.startGateway({ limits: { connectionsPerUser: 2 } });
    const [one, two] = [await system.room(few, 'tabs'), await system.room(few, 'tabs')];
    const three = await system.room(few, 'tabs');
    expect((await three.closed).code).toBe(4010);
    await one.close();
    const again = await system.room(few, 'tabs');
    again.send('globalMessage', { content: 'fits' });
    await two.next();
    await again.next();
    await Promise.all([two.close(), again.close()]);
    await until('released', () => few.hub.held.people === 0);
  });

  it('closes with 4001 within a second of the end of the token', async () => {
    // To the whole second: of one of two seconds little may be left when it is let in.
    const ada = await system.room(gateway, 'short', { seconds: 3 });
    const took = stopwatch();
    expect((await ada.closed).code).toBe(4001);
    expect(took()).toBeLessThan(4_100);
    const long = await system.room(gateway, 'long', { seconds: 10_000_000 });
    expect(await long.quiet(700)).toEqual([]);
    expect(long.ws.readyState).toBe(long.ws.OPEN);
    await long.close();
  });

  it('ends a connection that answers no ping', async () => {
    const impatient = await system.startGateway({ limits: { pingSeconds: 1, pongSeconds: 3 } });
    const alive = await system.room(impatient, 'alive');
    const dead = await ChatClient.connect(system.roomUrl(impatient, system.token('dead')), { autoPong: false });
    expect((await dead.closed).code).toBe(1006);
    expect(alive.ws.readyState).toBe(alive.ws.OPEN);
    await alive.close();
  });

  it('cuts a reader that is too slow and stays so, frees what waited for it, and keeps nobody else waiting', async () => {
    const narrow = await system.startGateway({
      limits: { outboundBytes: 65_536, framesPerSecond: 10_000, frameBurst: 10_000, appendBurst: 10_000 },
    });
    const [slow, quick] = [
      await system.room(narrow, 'slow', { clanId: 'sl' }),
      await system.room(narrow, 'quick', { clanId: 'sl' }),
    ];
    slow.ws.pause();
    const content = 'x'.repeat(4_000);
    let sent = 0;
    while (narrow.hub.person('slow') !== null && sent < 5_000) {
      for (let i = 0; i < 50; i++, sent++) quick.send('clanMessage', { content });
      await until('delivered', () => quick.frames.length >= sent);
    }
    expect(narrow.hub.person('slow')).toBeNull();
    expect(quick.frames).toHaveLength(sent);
    slow.ws.resume();
    // The close frame was behind what it did not read; see below for one that wakes up in time.
    expect((await slow.closed).code).toBe(1006);
    await quick.close();
  });

  it('waits for a large answer to be read, and gives it up with the connection', async () => {
    const narrow = await system.startGateway({
      limits: { outboundBytes: 65_536, frameBurst: 10_000, appendBurst: 10_000 },
    });
    const ada = await system.direct(narrow, 1);
    ada.send('create_chat', { receiver_id: 2 });
    const { id: chat_id } = (await ada.next()).data as { id: number };
    const message = 'x'.repeat(4_000);
    for (let i = 0; i < 500; i++) ada.send('create_message', { chat_id, receiver_id: 2, message });
    await ada.take(500);
    for (let i = 0; i < 5; i++) ada.send('chat_messages', { chat_id });
    for (const { data } of await ada.take(5)) expect(data).toHaveLength(500);
    ada.ws.pause();
    for (let i = 0; i < 20; i++) ada.send('chat_messages', { chat_id });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(narrow.hub.held.sessions).toBe(1);
    ada.ws.terminate();
    await until('released', () => narrow.hub.held.people === 0);
  });

  it('tells a slow reader that wakes up in time why', async () => {
    const narrow = await system.startGateway({
      limits: { outboundBytes: 65_536, frameBurst: 10_000, appendBurst: 10_000 },
    });
    const [slow, quick] = [
      await system.room(narrow, 'slow2', { clanId: 's2' }),
      await system.room(narrow, 'quick2', { clanId: 's2' }),
    ];
    slow.ws.pause();
    const [session] = [...narrow.hub.sessions].filter(({ person }) => person.userId === 'slow2');
    const content = 'x'.repeat(4_000);
    for (let sent = 0; session?.isOpen;) {
      for (let i = 0; i < 50; i++, sent++) quick.send('clanMessage', { content });
      // Whoever is closed is cut off after two seconds: it wakes up at once.
      await until('delivered', () => !session.isOpen || quick.frames.length >= sent);
    }
    slow.ws.resume();
    expect(await slow.closed).toEqual({ code: 4008, reason: 'too slow a reader' });
    await quick.close();
  });
});
