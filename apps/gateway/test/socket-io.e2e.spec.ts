import { once } from 'node:events';
import { WebSocket } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { CLOSE } from '#protocol';
import { Traffic } from '../src/traffic.js';
import { ChatClient, refusal } from './chat-client.js';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';
import { until } from './until.js';

let system: ChatUnderTest;
let gateway: Gateway;
const sockets: Socket[] = [];

beforeAll(async () => {
  system = await ChatUnderTest.start();
  gateway = await system.startGateway({ socketIo: true, http: { allowedOrigins: ['https://game.example'] } });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect();
});
afterAll(() => system.stop());

/** A client of Socket.IO, and all that it is told: the event and its arguments. */
class Client {
  readonly told: [event: string, ...args: unknown[]][] = [];
  readonly ends: string[] = [];

  constructor(readonly socket: Socket) {
    sockets.push(socket);
    socket.onAny((event: string, ...args: unknown[]) => this.told.push([event, ...args]));
    socket.on('disconnect', (reason) => this.ends.push(reason));
  }

  static open(userId: number, options: Partial<ManagerOptions & SocketOptions> = {}, at = gateway): Client {
    const query = { userId: String(userId), token: system.token(userId) };
    return new Client(io(`http://127.0.0.1:${at.port}`, { query, forceNew: true, reconnection: false, ...options }));
  }

  /** Let in by now. */
  async in(): Promise<this> {
    await until('it is let in', () => this.socket.connected);
    return this;
  }

  first(event: string): unknown {
    return this.told.find(([name]) => name === event)?.[1];
  }

  async answer<T>(event: string): Promise<T> {
    await until(`${event} comes`, () => this.told.some(([name]) => name === event));
    return this.first(event) as T;
  }
}

/** What carries a connection of Socket.IO, by itself. */
async function opened() {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/socket.io/?EIO=4&transport=websocket`);
  const closed = once(socket, 'close');
  await once(socket, 'message');
  return {
    send: (packet: string) => {
      socket.send(packet);
    },
    ended: () => closed,
  };
}

const refused = (client: Client) =>
  new Promise<{ message: string; data: { statusCode: number } }>((resolve) => {
    client.socket.on('connect_error', (error) => {
      resolve(error as unknown as { message: string; data: { statusCode: number } });
    });
  });

describe.each([
  ['by WebSocket', { transports: ['websocket'] }],
  ['by polling', { transports: ['polling'], upgrade: false }],
  ['by polling, then WebSocket', {}],
])('a client of Socket.IO, %s', (_, options) => {
  it('has the direct chat, with a plain client beside it', async () => {
    const [ada, bob] = [await Client.open(1, options).in(), await system.direct(gateway, 2)];
    ada.socket.emit('create_chat', { receiver_id: 2 });
    const { id: chatId } = await ada.answer<{ id: number }>('chat_created');
    ada.socket.emit('create_message', { chat_id: chatId, receiver_id: 2, message: 'hello 👋' });
    const sent = await ada.answer<{ id: string; message: string }>('response_message');
    expect(sent).toMatchObject({ chat_id: chatId, sender_id: 1, message: 'hello 👋' });
    const heard = await bob.next();
    expect(heard).toMatchObject({ event: 'response_message', data: sent });
    bob.send('create_message', { chat_id: chatId, receiver_id: 1, message: 'x'.repeat(2_000) });
    await until('it is told', () => ada.told.some(([, data]) => (data as { sender_id?: number }).sender_id === 2));
    ada.socket.emit('seen_message', { chat_id: chatId });
    ada.socket.emit('get_chats');
    const chats = await ada.answer<{ id: number; unread_count: number }[]>('updated_chat_list');
    expect(chats).toMatchObject([{ id: chatId, unread_count: 0 }]);
    ada.socket.emit('chat_messages', { chat_id: chatId });
    const all = await ada.answer<{ message: string }[]>('get_all_chat_messages');
    expect(all.at(-1)!.message).toHaveLength(2_000);
    expect(gateway.hub.connections().get('1')).toBe(1);
    ada.socket.disconnect();
    await until('it is gone', () => !gateway.hub.connections().has('1'));
  });
});

describe('a frame by Socket.IO', () => {
  it('that cannot be carried out is answered by an exception', async () => {
    const ada = await Client.open(11).in();
    ada.socket.emit('shout', {});
    ada.socket.emit('chat_messages', { chat_id: 999_999 });
    ada.socket.emit('create_message', Buffer.from('bytes'));
    await until('all are answered', () => ada.told.length === 3);
    expect(ada.told.map(([event, data]) => [event, (data as { code: string }).code])).toEqual([
      ['exception', 'unknown_event'],
      ['exception', 'not_found'],
      ['exception', 'required'],
    ]);
    expect(ada.first('exception')).toEqual({
      ...{ status: 'error', code: 'unknown_event', message: 'there is no such event' },
    });
  });

  it('of whatever name ends nothing, and neither does what is no packet at all', async () => {
    const ada = await Client.open(14).in();
    const names = ['error', 'ping', 'message', '__proto__', 'constructor', 'closing', 'x'.repeat(10_000), ''];
    for (const name of names) ada.socket.emit(name, { a: 1 });
    await until('each is answered', () => ada.told.length === names.length);
    expect(ada.told.map(([event]) => event)).toEqual(names.map(() => 'exception'));
    const namespace = new Client(io(`http://127.0.0.1:${gateway.port}/admin`, { forceNew: true, reconnection: false }));
    expect((await refused(namespace)).message).toBe('Invalid namespace');
    const address = `http://127.0.0.1:${gateway.port}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(address)).text()).slice(1)) as { sid: string };
    for (const body of ['nonsense', '42["create_chat"', '40/admin,', `4${'2'.repeat(1_000)}`]) {
      await fetch(`${address}&sid=${sid}`, { method: 'POST', body });
    }
    expect((await fetch(`${address}&sid=none`)).status).toBe(400);
    ada.socket.emit('get_chats');
    await ada.answer('updated_chat_list');
    // Who has not said who they are, with what cannot be made a text; and a packet deeper than can be written.
    const odd = Client.open(15, { query: {}, auth: { token: { toString: 1 }, userId: { toString: 1 } } });
    expect((await refused(odd)).data.statusCode).toBe(401);
    const before = ada.told.length;
    ada.socket.io.engine.write(`2["typing",${'['.repeat(30_000)}${']'.repeat(30_000)}]`);
    await until('it is answered', () => ada.told.length > before);
    expect(ada.told.at(-1)![1]).toMatchObject({ code: 'too_deep' });
  });

  it('has an id beside its data, and its ack the same; a callback gets either', async () => {
    const ada = await Client.open(12).in();
    ada.socket.emit('create_chat', { receiver_id: 13 }, { id: 'c-1' });
    await until('it is acknowledged', () => ada.told.some(([event]) => event === 'ack'));
    const { id: chatId } = ada.first('chat_created') as { id: number };
    expect(ada.told.find(([event]) => event === 'ack')).toEqual(['ack', { chat_id: chatId }, { id: 'c-1' }]);
    const say = (message: string, beside?: object) =>
      ada.socket.emitWithAck(
        'create_message',
        { chat_id: chatId, receiver_id: 13, message },
        ...(beside ? [beside] : []),
      ) as Promise<{
        event: string;
        data: { message_id: string };
      }>;
    const acks = [await say('once', { id: 'm-1' }), await say('once', { id: 'm-1' }), await say('twice')];
    expect(acks.map(({ event }) => event)).toEqual(['ack', 'ack', 'ack']);
    expect(acks[1]!.data.message_id).toBe(acks[0]!.data.message_id);
    expect(acks[2]!.data.message_id).not.toBe(acks[0]!.data.message_id);
    const nack = (await ada.socket.emitWithAck('create_message', { chat_id: 0 })) as object;
    expect(nack).toMatchObject({ event: 'nack', data: { code: 'invalid', retryable: false } });
    ada.socket.emit('resume', { rooms: { [`direct:${chatId}`]: { n: 0, rev: 0 } } });
    const { rooms } = await ada.answer<{ rooms: Record<string, { recovered: boolean }> }>('resumed');
    expect(rooms[`direct:${chatId}`]).toMatchObject({ recovered: true });
  });
});

describe('a connection by Socket.IO', () => {
  it('is refused as an upgrade is, with what is wrong', async () => {
    const wrong = Client.open(21, { query: { userId: '22', token: system.token(21) } });
    expect(await refused(wrong)).toMatchObject({
      message: 'userId is not the user of the token',
      data: { statusCode: 401 },
    });
    const none = Client.open(21, { query: {} });
    expect((await refused(none)).data.statusCode).toBe(401);
    const elsewhere = Client.open(21, { extraHeaders: { origin: 'https://evil.example' } });
    expect((await refused(elsewhere)).data.statusCode).toBe(403);
    expect(gateway.hub.connections().has('21')).toBe(false);
  });

  it('is asked for once on what carries it: who is refused, or leaves, or asks again is cut', async () => {
    const refusedOnce = await opened();
    refusedOnce.send('40{}');
    await refusedOnce.ended();
    const again = await opened();
    again.send(`40${JSON.stringify({ userId: '33', token: system.token(33) })}`);
    await until('it is let in', () => gateway.hub.connections().has('33'));
    again.send('40{}');
    await again.ended();
    const leaving = await opened();
    leaving.send(`40${JSON.stringify({ userId: '33', token: system.token(33) })}`);
    await until('it is let in', () => gateway.hub.connections().get('33') === 1);
    leaving.send('41');
    await leaving.ended();
    await until('nobody is left', () => !gateway.hub.connections().has('33'));
  });

  it('may say who it is in its handshake', async () => {
    await Client.open(23, { query: {}, auth: { userId: '23', token: system.token(23) } }).in();
    expect(gateway.hub.connections().get('23')).toBe(1);
  });

  it('counts as any other, and the one too many is told to stay away', async () => {
    for (let i = 0; i < 10; i++) await system.direct(gateway, 24);
    const client = Client.open(24);
    expect((await refused(client)).message).toBe('too many connections');
    await until('it is gone', () => gateway.hub.connections().get('24') === 10);
  });

  it('ends with its token, told so, as one that may come back', async () => {
    // To the whole second: of one of one second there may be nothing left when it is let in.
    const token = system.token(25, { seconds: 3 });
    const client = await Client.open(25, { query: { userId: '25', token } }).in();
    await until('it ends', () => client.ends.length > 0);
    expect(client.first('closing')).toEqual({ code: CLOSE.tokenExpired.code, reason: CLOSE.tokenExpired.reason });
    expect(client.ends).toEqual(['transport close']);
  });

  it('that is not to come back is told so by how it ends', async () => {
    const client = await Client.open(26).in();
    for (const session of gateway.hub.sessions) if (session.person.userId === '26') session.close(CLOSE.tokenRevoked);
    await until('it ends', () => client.ends.length > 0);
    expect(client.ends).toEqual(['io server disconnect']);
  });

  it('ends by the client where that says so, and is broken where its line is', async () => {
    const own = await system.startGateway({ socketIo: true });
    const { closed } = own.app.get(Traffic);
    const ended = () => [closed['client'], closed['broken']];
    (await Client.open(41, {}, own).in()).socket.disconnect();
    await until('the goodbye is counted', () => String(ended()) === '1,0');
    const cut = await Client.open(42, { transports: ['websocket'] }, own).in();
    const engine = cut.socket.io.engine as unknown as { transport: { ws: WebSocket } };
    engine.transport.ws.terminate();
    await until('the cut is counted', () => String(ended()) === '1,1');
  });

  it('that sends too much is closed', async () => {
    const narrow = await system.startGateway({ socketIo: true, limits: { framesPerSecond: 1, frameBurst: 5 } });
    const client = await Client.open(27, {}, narrow).in();
    for (let i = 0; i < 20; i++) client.socket.emit('get_chats');
    await until('it ends', () => client.ends.length > 0);
    expect(client.first('closing')).toMatchObject({ code: CLOSE.tooManyFrames.code });
    const large = await Client.open(28, {}, narrow).in();
    large.socket.emit('create_chat', { receiver_id: 1, more: 'x'.repeat(100_000) });
    await until('it ends', () => large.ends.length > 0);
    await until('both are gone', () => narrow.hub.sessions.size === 0);
  });

  it('that does not read is closed once too much waits for it, and keeps nobody waiting', async () => {
    const narrow = await system.startGateway({
      socketIo: true,
      limits: { outboundBytes: 65_536, appendBurst: 10_000, frameBurst: 10_000 },
    });
    const client = await Client.open(29, { transports: ['websocket'] }, narrow).in();
    const bob = await system.direct(narrow, 30);
    client.socket.emit('create_chat', { receiver_id: 30 });
    const { id: chat_id } = await client.answer<{ id: number }>('chat_created');
    const engine = client.socket.io.engine as unknown as { transport: { ws: { _socket: { pause(): void } } } };
    engine.transport.ws._socket.pause();
    for (let i = 0; i < 2_000; i++)
      bob.send('create_message', { chat_id, receiver_id: 29, message: 'x'.repeat(4_000) });
    await until('it is closed', () => !narrow.hub.connections().has('29'));
    expect(bob.end).toBeNull();
  });

  it('is sent away where the gateway goes', async () => {
    const going = await system.startGateway({ socketIo: true });
    const client = await Client.open(31, {}, going).in();
    const plain = await system.direct(going, 32);
    await going.app.close();
    await until('both are told', () => client.ends.length > 0 && plain.end !== null);
    expect(client.first('closing')).toMatchObject({
      code: 1012,
      reason: expect.stringMatching(/reconnect after \d+ ms/),
    });
  });
});

it('nobody speaks Socket.IO where it is off, and plain sockets are as ever where it is on', async () => {
  const off = await system.startGateway();
  const client = Client.open(41, { transports: ['websocket'] }, off);
  await new Promise((resolve) => client.socket.on('connect_error', resolve));
  expect(off.hub.sessions.size).toBe(0);
  const answer = await fetch(`http://127.0.0.1:${off.port}/socket.io/?EIO=4&transport=polling`);
  expect(answer.status).toBe(400);
  expect(await refusal(`ws://127.0.0.1:${gateway.port}/elsewhere`)).toMatchObject({ status: 404 });
  const plain = await ChatClient.connect(system.directUrl(gateway, 41));
  plain.send('get_chats');
  expect(await plain.next()).toMatchObject({ event: 'updated_chat_list' });
  await plain.close();
});
