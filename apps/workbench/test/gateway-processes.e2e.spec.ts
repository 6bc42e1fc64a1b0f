import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DevelopmentToken, signDevelopmentToken } from '#platform';
import { topics } from '#protocol';
import { MONGODB_URL, SystemUnderTest, until } from '../../chatctl/test/system-under-test.js';
import { ChatClient, type Received } from '../../gateway/test/chat-client.js';
import { freePort } from '../../standalone/src/servers/network.js';
import { RoleProcess } from '../src/apart/role-process.js';

const JWT_SECRET = 'a secret for tests, 32 bytes long';

(MONGODB_URL === undefined ? describe.skip : describe)('gateways that are processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-subscriptions-'));
  let system: SystemUnderTest;
  let gateways: [RoleProcess, RoleProcess];

  const connect = (gateway: number, path: string, token: DevelopmentToken) => {
    const query = `userId=${token.userId}&token=${signDevelopmentToken(JWT_SECRET, token)}`;
    return ChatClient.connect(`${gateways[gateway]!.http.replace(/^http/, 'ws')}${path}?${query}`);
  };
  const inRoom = (gateway: number, userId: number) =>
    connect(gateway, '/ws/chat', { userId, name: `n${userId}`, clanId: 'c', seconds: 600 });
  const inChats = (gateway: number, userId: number) => connect(gateway, '/ws', { userId, seconds: 600 });
  const presence = ({ frames }: ChatClient) =>
    frames
      .filter(({ event }) => event === 'presence')
      .map((frame) => (frame.data ?? frame) as { online: unknown[]; offline: unknown[] });
  const subscribe = async (client: ChatClient) => {
    client.send('subscribe', { to: topics }, 'subscribe');
    await until('it is told who is there', () => presence(client).length > 0);
  };

  beforeAll(async () => {
    system = await SystemUnderTest.create();
    system.startBoth();
    // What somebody has spent hardly comes back while a test runs, however slow the machine is.
    const env = { ...system.env, JWT_SECRET, APPENDS_PER_SECOND: '1' } as Record<string, string>;
    const gateway = async (number: number) =>
      new RoleProcess('gateway', await freePort(), env, join(folder, `${number}.log`), 'dist/apps/gateway/src/main.js');
    gateways = [await gateway(1), await gateway(2)];
    await Promise.all(gateways.map((each) => each.start()));
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.kill()));
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('tell what is asked for over both of them, and nothing of it to who has not asked', async () => {
    const plain = [await inRoom(0, 1), await inRoom(1, 2), await inChats(0, 1), await inChats(1, 2)];
    const [ada, bob] = [await inRoom(0, 1), await inRoom(1, 2)];
    const [adas, bobs] = [await inChats(0, 1), await inChats(1, 2)];
    adas.send('create_chat', { receiver_id: 2 });
    const chatId = ((await adas.next(20_000)).data as { id: number }).id;
    adas.send('create_message', { chat_id: chatId, receiver_id: 2, message: 'hello' });
    await until('it is told', () => bobs.frames.length > 0);
    for (const client of [ada, bob, adas, bobs]) await subscribe(client);
    ada.send('typing', { room: 'clan' });
    ada.send('typing', { room: 'global' });
    adas.send('typing', { chat_id: chatId });
    bobs.send('seen_message', { chat_id: chatId });
    const heard = (client: ChatClient, event: string) => client.frames.filter((frame) => frame.event === event);
    await until('typing is told', () => heard(bob, 'typing').length === 2 && heard(bobs, 'typing').length === 1);
    await until('it is told that it was seen', () => heard(adas, 'seen').length === 1);
    expect(heard(adas, 'seen')[0]!.data).toMatchObject({ chat_id: chatId, user_id: 2, n: 1 });
    const eve = await inRoom(1, 3);
    await until('she is told of', () => presence(ada).some(({ online }) => online.includes('3')));
    eve.ws.close();
    await until('she has gone', () => presence(ada).some(({ offline }) => offline.includes('3')));
    ada.send('clanMessage', { content: 'to us' });
    await until('everybody in the room is told', () =>
      plain.slice(0, 2).every((client) => client.frames.some(({ message }) => message?.['content'] === 'to us')),
    );
    const named = ({ event }: Received) => ['newMessage', 'response_message'].includes(event ?? '');
    expect(plain.flatMap(({ frames }) => frames).filter((frame) => !named(frame))).toEqual([]);
  });

  it('say that people are gone within 10 s of one that is killed, and that they are back', async () => {
    const ada = await inRoom(0, 11);
    await inRoom(1, 12);
    await subscribe(ada);
    await until('he is there', () => presence(ada).some(({ online }) => online.includes('12')));
    const killedAt = performance.now();
    await gateways[1].kill('SIGKILL');
    await until('he is gone', () => presence(ada).some(({ offline }) => offline.includes('12')), 20_000);
    const seconds = (performance.now() - killedAt) / 1_000;
    expect(seconds).toBeLessThan(10);
    expect(ada.end).toBeNull();
    const before = presence(ada).length;
    await inRoom(0, 12);
    await until('he is back', () => presence(ada).length > before);
  });

  it('let somebody have so much stored, over both of them together', async () => {
    if (!gateways[1].isRunning) await gateways[1].start();
    const both = [await inRoom(0, 31), await inRoom(1, 31)];
    const settled = (client: ChatClient) =>
      client.frames
        .filter(({ event }) => event === 'ack' || event === 'nack')
        .map(({ event, data }) => ({ event, data }));
    const ask = async (count: number) => {
      const before = both.map((client) => settled(client).length);
      for (const client of both)
        for (let i = 0; i < count; i++) client.send('globalMessage', { content: 'more' }, `${Math.random()}`);
      await until(
        'all is answered',
        () => both.every((client, i) => settled(client).length === before[i]! + count),
        20_000,
      );
      return both.flatMap((client, i) => settled(client).slice(before[i]));
    };
    await ask(150);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const answers = await ask(75);
    // Each gateway alone would have let 50 through, and what came back since.
    expect(answers.filter(({ event }) => event === 'ack').length).toBeLessThan(60);
    const refusal = answers.find(({ event }) => event === 'nack')!;
    expect(refusal.data).toMatchObject({ code: 'too_many', retryable: true, retry_after: expect.any(Number) });
    expect(both.map(({ end }) => end)).toEqual([null, null]);
  });

  it('answer what was sent to them before they go, and what they did not take is sent again elsewhere', async () => {
    const ids: string[] = [];
    const post = (client: ChatClient, id: string) => {
      client.send('clanMessage', { content: id }, id);
    };
    const postNext = (client: ChatClient) => {
      const id = `m${ids.length}`;
      ids.push(id);
      post(client, id);
    };
    const answered = (client: ChatClient) =>
      client.frames
        .filter(({ event }) => event === 'ack' || event === 'nack')
        .map(({ event, id }) => `${event} ${String(id)}`);
    const leaving = await inRoom(1, 21);
    // So few that they are carried out within the second it gets; what they say until they are told is within the limits.
    for (let i = 0; i < 10; i++) postNext(leaving);
    await until('it is at work', () => answered(leaving).length > 0);
    const gone = gateways[1].kill('SIGTERM');
    // They go on talking until they are told: what is on its way by then is not taken.
    while (!leaving.end) {
      if (ids.length < 150) postNext(leaving);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(leaving.end.code).toBe(1012);
    await gone;
    const acked = new Set(answered(leaving).map((answer) => answer.replace(/^ack /, '')));
    expect([answered(leaving).length, [...acked].filter((answer) => answer.startsWith('nack'))]).toEqual([
      acked.size,
      [],
    ]);
    const staying = await inRoom(0, 21);
    staying.send('resume', { rooms: { clan: { n: 0, rev: 0 } } });
    for (const id of ids) if (!acked.has(id)) post(staying, id);
    const stored = () =>
      staying.frames.filter(
        ({ event, message }) => event === 'newMessage' && ids.includes(String(message!['content'])),
      );
    await until('all of it is there', () => stored().length >= ids.length, 20_000);
    // What happens meanwhile is told beside what a resume tells: the order in the room is that of `n`.
    const placed = stored().map(({ message }) => [Number(message!['n']), message!['content']] as const);
    expect(placed.sort(([one], [other]) => one - other).map(([, content]) => content)).toEqual(ids);
    // Everything that it had taken was answered: what was not is said for the first time.
    expect([...acked].sort()).toEqual(ids.slice(0, acked.size).sort());
  });
});
