import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GLOBAL_ROOM } from '#domain';
import { IN_MAIL, reconnectDelay } from '#protocol';
import { caughtUpWith, ServedTimeline, timeline } from '#projections';
import { stopwatch } from '../../../libs/event-store/test/stopwatch.js';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';
import { until } from './until.js';
import { gatewayPaths, OnlineEntry, OnlineList } from '../../query/src/openapi.js';
import { refusal } from './chat-client.js';

let system: ChatUnderTest;
beforeAll(async () => {
  system = await ChatUnderTest.start();
});
afterAll(() => system.stop());

describe('GET /online', () => {
  const get = ({ port }: Gateway, token: string) =>
    fetch(`http://127.0.0.1:${port}/online`, { headers: { authorization: `Bearer ${token}` } });

  it('lists everybody on all gateways with the number of their connections, to the application only', async () => {
    const [one, two] = [await system.startGateway(), await system.startGateway()];
    await system.direct(one, 1);
    await system.direct(two, 1);
    await system.room(two, 1);
    const leaving = await system.room(two, 'leaving');
    const service = system.token('app', { scope: 'service' });
    const whole = {
      data: [
        { userId: '1', connections: 3 },
        { userId: 'leaving', connections: 1 },
      ],
    };
    // A gateway that does not get to answer in time is left out.
    const lists = async (at: Gateway, all: object) => (await (await get(at, service)).text()) === JSON.stringify(all);
    await until('all are listed', () => lists(one, whole));
    await leaving.close();
    await until('gone', () => two.hub.person('leaving') === null);
    const left = { data: [{ userId: '1', connections: 3 }] };
    await until('the others are listed', () => lists(two, left));
    expect((await get(one, system.token(1))).status).toBe(403);
    expect((await get(one, 'nonsense')).status).toBe(401);
  });

  it('is as it is documented', async () => {
    const gateway = await system.startGateway();
    await system.direct(gateway, 5);
    const [[path, { get: documented }]] = Object.entries(gatewayPaths) as [[string, (typeof gatewayPaths)['/online']]];
    const headers = { authorization: `Bearer ${system.token('app', { scope: 'service' })}` };
    const answer = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { headers });
    expect(Object.keys(documented.responses)).toContain(String(answer.status));
    const body = (await answer.json()) as { data: object[] };
    expect(Object.keys(body)).toEqual(Object.keys(OnlineList.definition.properties));
    expect(Object.keys(body.data[0]!)).toEqual(Object.keys(OnlineEntry.definition.properties));
  });
});

describe('in-mail', () => {
  let webhook: Server;
  let notices: { readonly message: string }[];
  /** What the webhook answers with, one after the other; 200 then. */
  let answers: number[];
  let url: string;

  beforeAll(async () => {
    notices = [];
    answers = [];
    webhook = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        response.statusCode = answers.shift() ?? 200;
        if (response.statusCode === 200) notices.push(JSON.parse(body) as { message: string });
        response.end();
      });
    });
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/in-mail`;
  });
  afterAll(() => new Promise((resolve) => webhook.close(resolve)));

  it('tells the webhook of a message to somebody who is offline, in spite of its faults, and of no other', async () => {
    const [one, two] = [await system.startGateway({ inMail: { url } }), await system.startGateway({ inMail: { url } })];
    const ada = await system.direct(one, 41);
    const bob = await system.direct(two, 42);
    ada.send('create_chat', { receiver_id: 42 });
    const { id: chat_id } = (await ada.next()).data as { id: number };
    ada.send('create_message', { chat_id, receiver_id: 42, message: 'online' });
    await Promise.all([ada.next(), bob.next()]);
    // In-mail asks who is there when it comes to a message, by a consumer of its own.
    const online = await system.log.lastSeq({ kind: 'msg' });
    await until('it is decided for him who is there', async () =>
      (await system.log.consumers()).some(({ name, acknowledgedSeq }) => name === IN_MAIL && acknowledgedSeq >= online),
    );
    await bob.close();
    await until('offline', () => two.hub.person('42') === null);
    answers = [500];
    ada.send('create_message', { chat_id, receiver_id: 42, message: 'offline' });
    const { data } = await ada.next();
    const sent = data as { id: string; created_at: string };
    await until('told', () => notices.length > 0);
    expect(notices).toEqual([
      {
        type: 'in_mail',
        chat_id,
        message_id: sent.id,
        sender_id: 41,
        receiver_id: 42,
        message: 'offline',
        created_at: sent.created_at,
      },
    ]);
  });
});

describe('the end of a gateway', () => {
  it('tells everybody to come back, each at another moment', async () => {
    const leaving = await system.startGateway();
    const clients = await Promise.all(Array.from({ length: 9 }, (_, i) => system.room(leaving, `d-${i}`)));
    const took = stopwatch();
    const closing = leaving.app.close();
    const ends = await Promise.all(clients.map(({ closed }) => closed));
    expect(ends.map(({ code }) => code)).toEqual(ends.map(() => 1012));
    const delays = ends.map(({ reason }) => reconnectDelay(reason));
    expect(new Set(delays).size).toBeGreaterThan(5);
    await closing;
    expect(took()).toBeLessThan(3_000);
    expect(leaving.hub.held).toEqual({ people: 0, rooms: 0, sessions: 0 });
  });

  it('lets nobody in, and cuts those who do not answer', async () => {
    const leaving = await system.startGateway();
    const deaf = await system.room(leaving, 'deaf');
    const polite = await system.room(leaving, 'polite');
    deaf.ws.pause();
    const took = stopwatch();
    const closing = leaving.app.close();
    await polite.closed;
    // The deaf one keeps the gateway for a while.
    expect((await refusal(system.roomUrl(leaving, system.token('late')))).status).toBe(503);
    await closing;
    expect(took()).toBeLessThan(3_500);
    deaf.ws.resume();
    await deaf.closed;
  });
});

it('what a token claims is recorded once, where the log knows nothing', async () => {
  const gateway = await system.startGateway();
  await Promise.all([1, 2, 3].map(() => system.room(gateway, 'p', { name: 'Ada', clanId: '1', avatar: { a: 1 } })));
  const later = await system.room(gateway, 'p', { name: 'Bob', clanId: '2' });
  later.send('clanMessage', { content: 'hello' });
  const { message } = await later.next();
  expect(message).toMatchObject({ clan_id: '1', sender: { _id: 'p', name: 'Ada', avatar: { a: 1 } } });
  const records: string[] = [];
  for (let seq = await system.log.lastSeq(); seq > 0; seq--) {
    const record = await system.log.recordAt(seq);
    if (record?.room === 'user:p') records.push(record.type);
  }
  expect(records.sort()).toEqual(['MemberJoined', 'ProfileChanged']);
});

it('waits for read models that are behind what the log holds already', async () => {
  const gateway = await system.startGateway();
  const ada = await system.room(gateway, 'w-ada');
  await system.stopProjections();
  ada.send('globalMessage', { content: 'not folded yet' });
  await until('appended', async () => (await system.log.last(GLOBAL_ROOM, 'msg')) !== null);
  const isCaughtUp = caughtUpWith(system.log, timeline, system.readModels);
  const { version } = await new ServedTimeline(system.readModels).pin();
  expect(await isCaughtUp(version)).toBe(false);
  await system.startProjections();
  await until('caught up', () => isCaughtUp(version));
  expect((await ada.next()).message).toMatchObject({ content: 'not folded yet' });
});

it('answers whether it is healthy', async () => {
  const gateway = await system.startGateway();
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${gateway.port}/health/${path}`)).status;
  expect([await status('live'), await status('ready')]).toEqual([200, 200]);
});
