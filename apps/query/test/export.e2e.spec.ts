import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  banPerson,
  blockPerson,
  clanRoom,
  deleteMessage,
  type DomainEvent,
  editMessage,
  GLOBAL_ROOM,
  type SanctionsState,
} from '#domain';
import { until } from '../../gateway/test/until.js';
import { type Answer, context, key, person, QueryUnderTest, stores } from './query-under-test.js';

const [[, open]] = stores as [(typeof stores)[0]];

type Line = Readonly<Record<string, unknown>> & { readonly seq: number };
const firstError = ({ body }: Answer): unknown => (body as { errors: unknown[] }).errors[0];
const at = new Date().toISOString();

describe('the export of what is a person’s', () => {
  let query: QueryUnderTest;
  const theirs: (readonly [seq: number, type: string, fields: object])[] = [];

  beforeAll(async () => {
    query = await QueryUnderTest.start(open);
    const note = (event: { readonly seq: number; readonly type: string }, fields: object = {}) =>
      theirs.push([event.seq, event.type, fields]);
    const other = await query.say(person('8'), 'of another');
    const message = await query.say(person('7'), 'one');
    note(message, { room: 'global', sender: person('7'), content: 'one' });
    // Their id is all that another one says.
    await query.say(person('8'), '7');
    const { messageId } = message as unknown as { readonly messageId: string };
    const state = { room: GLOBAL_ROOM, message: { room: GLOBAL_ROOM, sender: { id: '7' }, at } };
    const change = { ...context(), messageId, userId: '7' };
    const edited = editMessage({ ...change, content: 'one!', withinSeconds: 900 }, state);
    note(await query.append<DomainEvent>(edited), { messageId, content: 'one!' });
    const otherId = (other as unknown as { readonly messageId: string }).messageId;
    note(await query.reactTo(otherId, GLOBAL_ROOM, '7', '👍'), { messageId: otherId, emoji: '👍' });
    await query.reactTo(messageId, GLOBAL_ROOM, '8', '👍');
    note(await query.reactTo(otherId, GLOBAL_ROOM, '7', ''), { messageId: otherId });
    await query.openChat('8', '7');
    const chat = await query.openChat('7', '9');
    note(chat, { room: 'direct:7:9', users: ['7', '9'] });
    await query.sayTo(chat, '9', '7', 'hi');
    note(await query.sayTo(chat, '7', '9', 'hi'), { room: 'direct:7:9' });
    const seen = { type: 'MessagesSeen', room: chat.room, id: `seen.${key()}`, at, userId: '7', n: 1 } as const;
    note(await query.append<DomainEvent>({ event: seen }), { n: 1 });
    note(await query.sayInClan('a b', person('7'), 'in the clan'), { room: clanRoom('a b') });
    note(await query.append<DomainEvent>(deleteMessage(change, state)), { messageId });
    await query.service('PUT', '/clans/3/members/7');
    await query.service('PUT', '/clans/3/members/8');
    await query.service('PUT', '/players/7', { name: 'Ada' });
    const last = await query.log.lastSeq();
    theirs.push([last - 2, 'MemberJoined', { room: 'user:7', clanId: '3' }]);
    theirs.push([last, 'ProfileChanged', { room: 'user:7', name: 'Ada' }]);
  });
  afterAll(() => query.stop());

  const get = (id: string, parameters = '', by = id) => query.get(`/players/${id}/export${parameters}`, by);
  const linesOf = ({ status, body }: Answer): Line[] => {
    expect(status).toBe(200);
    const lines = String(body).split('\n');
    expect(lines.pop()).toBe('');
    return lines.map((line) => JSON.parse(line) as Line);
  };

  it('has everything that they did, a line each, and an end', async () => {
    const answer = await get('7');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const lines = linesOf(answer);
    expect(lines.pop()).toEqual({ end: true, seq: await query.log.lastSeq() });
    expect(lines).toMatchObject(theirs.map(([seq, type, fields]) => ({ seq, type, ...fields })));
    for (const line of lines) expect(Object.keys(line).slice(0, 4)).toEqual(['seq', 'at', 'type', 'room']);
  });

  it('is gone on with from any line, and is the same as the whole', async () => {
    const lines = linesOf(await get('7'));
    for (const [i, { seq }] of lines.entries()) {
      const rest = lines.slice(i + 1);
      expect(linesOf(await get('7', `?after=${seq}`))).toEqual(rest.length > 0 ? rest : lines.slice(-1));
    }
  });

  it('is for the person, and the surrounding application', async () => {
    const theirOwn = await get('7');
    const service = await query.service('GET', '/players/7/export');
    expect(service.body).toBe(theirOwn.body);
    const another = await get('7', '', '8');
    expect([another.status, firstError(another)]).toMatchObject([403, { reason: 'NOT_AUTHORIZED' }]);
    expect(linesOf(await get('nobody'))).toEqual([{ end: true, seq: expect.any(Number) }]);
  });

  it('has what they decided about others, without what else is held against those', async () => {
    const before = await query.log.lastSeq();
    const elsewhere: SanctionsState = [{ kind: 'ban', room: clanRoom('x'), since: at, until: null, by: 'game' }];
    for (const userId of ['8', 'moderator']) {
      const ban = { ...context(), userId, room: GLOBAL_ROOM, by: 'moderator', reason: 'spam' };
      await query.append<DomainEvent>(banPerson(ban, elsewhere));
    }
    const [ofAnother, ofThemselves] = linesOf(await get('moderator', `?after=${before}`));
    expect(ofAnother).toMatchObject({ type: 'PersonBanned', userId: '8', inRoom: GLOBAL_ROOM, reason: 'spam' });
    expect(ofAnother).not.toHaveProperty('sanctions');
    expect(ofThemselves).toMatchObject({ userId: 'moderator', sanctions: [{ room: 'clan:x' }, { room: GLOBAL_ROOM }] });
    expect(linesOf(await get('8', `?after=${before}`))).toMatchObject([{ end: true }]);
  });

  it('has whom they block, without whether that one blocks them too', async () => {
    const before = await query.log.lastSeq();
    const chat = await query.openChat('50', '51');
    for (const [by, blockers] of [['51', []] as const, ['50', ['51']] as const]) {
      await query.append<DomainEvent>(blockPerson({ ...context(), by }, { chat, blockers }));
    }
    const lines = linesOf(await get('50', `?after=${before}`));
    expect(lines).toMatchObject([
      { type: 'ChatCreated' },
      { type: 'PersonBlocked', room: chat.room, by: '50' },
      { end: true },
    ]);
    expect(lines[1]).not.toHaveProperty('blockers');
  });

  it.each(['?after=x', '?after=-1', '?after=1&after=2'])('refuses %s', async (parameters) => {
    const answer = await get('7', parameters);
    expect([answer.status, firstError(answer)]).toMatchObject([400, { reason: 'VALIDATION', field: 'after' }]);
  });

  it('keeps nothing from them that cannot be read', async () => {
    const before = await query.log.lastSeq();
    const spoilt = { type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${key()}`, at, sender: { id: '7' } };
    await query.log.append(spoilt as never);
    expect(linesOf(await get('7', `?after=${before}`))).toEqual([
      { seq: before + 1, type: 'MessageCreated', room: 'global', unreadable: true },
      { end: true, seq: before + 1 },
    ]);
  });

  /** One whose answer is not read. */
  async function openUnread(
    id: string,
    after: number,
    token = query.token('game', 'service'),
  ): Promise<IncomingMessage> {
    const headers = { authorization: `Bearer ${token}` };
    const request = httpRequest(`${query.url}/players/${id}/export?after=${after}`, { headers });
    request.end();
    return ((await once(request, 'response')) as [IncomingMessage])[0];
  }

  const MESSAGES = 3_000;

  it('is one at a time for each person and two in all, and nobody’s who has left', async () => {
    const large = 'x'.repeat(8_000);
    const after = await query.log.lastSeq();
    // More than the kernel takes on its way to somebody who does not read.
    for (let i = 0; i < MESSAGES; i += 500) {
      const talk = ['70', '71'].flatMap((id) => Array.from({ length: 500 }, () => query.say(person(id), large)));
      await Promise.all(talk);
    }
    const first = await openUnread('70', after);
    const same = await query.service('GET', '/players/70/export');
    expect([same.status, firstError(same)]).toMatchObject([429, { reason: 'TOO_MANY' }]);
    expect(Number(same.headers.get('retry-after'))).toBeGreaterThan(0);
    const second = await openUnread('71', after);
    const third = await get('7');
    expect([third.status, firstError(third)]).toMatchObject([503, { reason: 'UNAVAILABLE' }]);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
    first.destroy();
    let again = await get('7');
    for (const deadline = Date.now() + 10_000; again.status === 503 && Date.now() < deadline; again = await get('7')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(linesOf(again).at(-1)).toMatchObject({ end: true });
    let text = '';
    for await (const piece of second) text += String(piece);
    const whole = linesOf({ ...again, body: text }).filter(({ progress }) => progress === undefined);
    expect([whole.length, whole.at(-1)]).toMatchObject([MESSAGES + 1, { end: true }]);
    expect(linesOf(await get('71', `?after=${after}`)).slice(-MESSAGES - 1)).toEqual(whole);
  });

  it('ends where its token is revoked meanwhile, and is not said to be whole', async () => {
    // The same all the time: one that is issued a second after that is good.
    const token = query.token('71');
    const held = await openUnread('71', 0, token);
    await query.request('POST', '/players/71/revoke', query.token('game', 'service'));
    const path = '/chat/history?type=global';
    await until('it is revoked', async () => (await query.request('GET', path, token)).status === 401);
    let text = '';
    for await (const piece of held) text += String(piece);
    expect([text.includes('"MessageCreated"'), text.includes('"end"')]).toEqual([true, false]);
  });

  it('ends with the process, and is not said to be whole', async () => {
    const held = await openUnread('70', 0);
    const [, text] = await Promise.all([
      query.stop(),
      (async () => {
        let all = '';
        try {
          for await (const piece of held) all += String(piece);
        } catch {
          all += '(cut off)';
        }
        return all;
      })(),
    ]);
    expect(text).toMatch(/\(cut off\)$/);
    expect(text).not.toContain('"end"');
    query = await QueryUnderTest.start(open);
  });
});
