import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM, type Room, userRoom } from '#domain';
import { decodeRecord } from '#event-store';
import { type Answer, person, QueryUnderTest, stores } from './query-under-test.js';

// What the surrounding application decides as a moderator does not depend on where the read models are.
const [[, open]] = stores as [(typeof stores)[0]];

const firstError = ({ body }: Answer): unknown => (body as { errors: unknown[] }).errors[0];

describe('the surrounding application', () => {
  let query: QueryUnderTest;
  beforeAll(async () => {
    query = await QueryUnderTest.start(open);
    await query.projected();
  });
  afterAll(() => query.stop());

  const eventsIn = async (room: Room, kind: 'sanction' | 'mode' | 'edit') => {
    const events = [];
    for await (const record of query.log.read({ filter: { room, kind } })) events.push(decodeRecord(record));
    return events;
  };
  const sanctions = async (userId: string) => (await query.service('GET', `/players/${userId}/sanctions`)).body;
  const until = '2099-01-31T12:00:00.000Z';

  it('mutes and bans in a room, and lifts it; the same again changes nothing', async () => {
    expect(await sanctions('ada')).toEqual({ data: [] });
    for (let i = 0; i < 2; i++) {
      const body = { until: '2099-01-31T14:00:00+02:00', reason: 'spam' };
      expect((await query.service('PUT', '/rooms/clan:a=20b/mutes/ada', body)).status).toBe(204);
      expect((await query.service('PUT', '/rooms/global/bans/ada')).status).toBe(204);
    }
    expect(await sanctions('ada')).toEqual({
      data: [
        { kind: 'mute', room: 'clan:a=20b', since: expect.any(String), until, by: 'game' },
        { kind: 'ban', room: 'global', since: expect.any(String), until: null, by: 'game' },
      ],
    });
    for (let i = 0; i < 2; i++) {
      expect((await query.service('DELETE', '/rooms/clan:a=20b/mutes/ada')).status).toBe(204);
      expect((await query.service('DELETE', '/rooms/global/bans/ada')).status).toBe(204);
    }
    expect(await sanctions('ada')).toEqual({ data: [] });
    expect(await eventsIn(userRoom('ada'), 'sanction')).toMatchObject([
      { type: 'PersonMuted', userId: 'ada', inRoom: clanRoom('a b'), until, reason: 'spam', by: 'game' },
      { type: 'PersonBanned', inRoom: GLOBAL_ROOM, by: 'game' },
      { type: 'PersonUnmuted', inRoom: clanRoom('a b') },
      { type: 'PersonUnbanned', inRoom: GLOBAL_ROOM, sanctions: [] },
    ]);
  });

  it('has every decision told at once to those who listen, also where it was so already', async () => {
    const told: unknown[] = [];
    query.log.live.subscribeToUser('eve', (text) => told.push(JSON.parse(text)));
    query.log.live.onSignal('slow-mode', (text) => told.push(JSON.parse(text)));
    await query.log.live.flush();
    for (let i = 0; i < 2; i++) {
      await query.service('PUT', '/rooms/global/bans/eve');
      await query.service('PUT', '/rooms/clan:5/slow-mode', { seconds: 10 });
    }
    await query.log.live.flush();
    const { seq } = (await query.log.last(userRoom('eve'), 'sanction'))!;
    const ban = { kind: 'ban', room: GLOBAL_ROOM, since: expect.any(String), until: null, by: 'game' };
    const person = { type: 'person', userId: 'eve', member: null, profile: null, sanctions: { seq, held: [ban] } };
    const slow = { room: clanRoom('5'), seq: (await query.log.last(clanRoom('5'), 'mode'))!.seq, seconds: 10 };
    expect(told).toEqual([person, slow, person, slow]);
  });

  it('sets how often people may speak in a room', async () => {
    expect((await query.service('GET', '/rooms/clan:3/slow-mode')).body).toEqual({ seconds: 0 });
    for (const seconds of [30, 30, 0, 0]) {
      expect((await query.service('PUT', '/rooms/clan:3/slow-mode', { seconds })).status).toBe(204);
      expect((await query.service('GET', '/rooms/clan:3/slow-mode')).body).toEqual({ seconds });
    }
    expect(await eventsIn(clanRoom('3'), 'mode')).toMatchObject([
      { type: 'SlowModeChanged', seconds: 30, by: 'game' },
      { type: 'SlowModeChanged', seconds: 0 },
    ]);
  });

  it('deletes anybody’s message, with a reason', async () => {
    const said = (await query.sayInClan('7', person('bob'), 'not kind')) as unknown as { readonly messageId: string };
    await query.projected();
    const path = `messages/${said.messageId}?reason=not%20kind`;
    for (const room of ['global', 'clan:8']) {
      const answer = await query.service('DELETE', `/rooms/${room}/${path}`);
      expect([answer.status, firstError(answer)]).toMatchObject([404, { reason: 'NOT_FOUND', field: 'messageId' }]);
    }
    for (let i = 0; i < 2; i++) expect((await query.service('DELETE', `/rooms/clan:7/${path}`)).status).toBe(204);
    await query.projected();
    expect((await query.service('DELETE', `/rooms/clan:7/${path}`)).status).toBe(204);
    expect(await eventsIn(clanRoom('7'), 'edit')).toMatchObject([
      { type: 'MessageDeleted', messageId: said.messageId, userId: 'game', senderId: 'bob', reason: 'not kind' },
    ]);
    await query.service('PUT', '/clans/7/members/bob');
    const history = await query.get('/chat/history?type=clan', 'bob');
    expect(history.body).toMatchObject({ data: { ChatMessage: [{ content: '', deleted: true }] } });
  });

  it('keeps who is banned from reading the room, and from no other', async () => {
    await query.service('PUT', '/clans/9/members/mallory');
    await query.service('PUT', '/rooms/clan:9/bans/mallory');
    const threads: string[] = [];
    for (const said of [query.sayInClan('9', person('bob'), 'of us'), query.say(person('bob'), 'of all')]) {
      const { messageId } = (await said) as unknown as { readonly messageId: string };
      threads.push(`/chat/messages/${messageId}/thread`);
    }
    await query.projected();
    const readThreads = () => Promise.all(threads.map(async (path) => (await query.get(path, 'mallory')).status));
    const read = async (type: string) => (await query.get(`/chat/history?type=${type}`, 'mallory')).status;
    expect(await readThreads()).toEqual([404, 200]);
    const refused = await query.get('/chat/history?type=clan', 'mallory');
    expect([refused.status, firstError(refused)]).toMatchObject([403, { reason: 'NOT_AUTHORIZED' }]);
    expect(await read('global')).toBe(200);
    await query.service('PUT', '/rooms/global/bans/mallory');
    expect([await read('global'), await read('private&recipientId=8')]).toEqual([403, 200]);
    expect(await readThreads()).toEqual([404, 404]);
    await query.service('DELETE', '/rooms/clan:9/bans/mallory');
    await query.service('DELETE', '/rooms/global/bans/mallory');
    expect([await read('clan'), await read('global')]).toEqual([200, 200]);
    expect(await readThreads()).toEqual([200, 200]);
  });

  const mute = { until };
  it.each([
    ['PUT', '/rooms/lobby/mutes/ada', mute, 'room', 'VALIDATION'],
    ['PUT', '/rooms/direct:1:2/mutes/ada', mute, 'room', 'VALIDATION'],
    ['PUT', '/rooms/user:1/bans/ada', undefined, 'room', 'VALIDATION'],
    ['PUT', '/rooms/clan:a%20b/bans/ada', undefined, 'room', 'VALIDATION'],
    ['PUT', `/rooms/global/bans/${'x'.repeat(65)}`, undefined, 'userId', 'VALIDATION'],
    ['PUT', '/rooms/global/mutes/ada', {}, 'until', 'REQUIRED'],
    ['PUT', '/rooms/global/mutes/ada', { until: 'tomorrow' }, 'until', 'VALIDATION'],
    ['PUT', '/rooms/global/mutes/ada', { until: '2020-01-31T12:00:00Z' }, 'until', 'VALIDATION'],
    ['PUT', '/rooms/global/mutes/ada', { ...mute, reason: ' ' }, 'reason', 'VALIDATION'],
    ['PUT', '/rooms/global/mutes/ada', { ...mute, reason: 'x'.repeat(501) }, 'reason', 'VALIDATION'],
    ['PUT', '/rooms/global/mutes/ada', { ...mute, by: 'me' }, 'by', 'VALIDATION'],
    ['PUT', '/rooms/global/slow-mode', {}, 'seconds', 'REQUIRED'],
    ['PUT', '/rooms/global/slow-mode', { seconds: 1.5 }, 'seconds', 'VALIDATION'],
    ['PUT', '/rooms/global/slow-mode', { seconds: '5' }, 'seconds', 'VALIDATION'],
    ['PUT', '/rooms/global/slow-mode', { seconds: 86_401 }, 'seconds', 'VALIDATION'],
    ['DELETE', '/rooms/global/messages/x?reason=', undefined, 'reason', 'VALIDATION'],
  ] as const)('is refused what is wrong: %s %s', async (method, path, body, field, reason) => {
    const { messages } = await query.log.state();
    const answer = await query.service(method, path, body);
    expect([answer.status, firstError(answer)]).toMatchObject([400, { reason, field }]);
    expect((await query.log.state()).messages).toBe(messages);
  });

  it('may do this, and no person, moderator or not', async () => {
    for (const [method, path] of [
      ['PUT', '/rooms/global/mutes/ada'],
      ['DELETE', '/rooms/global/mutes/ada'],
      ['PUT', '/rooms/global/bans/ada'],
      ['DELETE', '/rooms/global/bans/ada'],
      ['GET', '/players/ada/sanctions'],
      ['GET', '/rooms/global/slow-mode'],
      ['PUT', '/rooms/global/slow-mode'],
      ['DELETE', '/rooms/global/messages/x'],
    ] as const) {
      const answer = await query.request(method, path, query.token('ada'));
      expect([path, answer.status]).toEqual([path, 403]);
    }
  });
});
