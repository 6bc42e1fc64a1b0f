import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userRoom } from '#domain';
import { People } from '#event-store';
import { type Answer, QueryUnderTest, stores } from './query-under-test.js';

// What the surrounding application tells does not depend on the read models.
const [[, open]] = stores as [(typeof stores)[0]];

const firstError = ({ body }: Answer): unknown => (body as { errors: unknown[] }).errors[0];

describe('the surrounding application', () => {
  let query: QueryUnderTest;
  let people: People;
  const stored = async (): Promise<number> => (await query.log.state()).messages;

  beforeAll(async () => {
    query = await QueryUnderTest.start(open);
    people = new People(query.log);
  });
  afterAll(() => query.stop());

  it('says who is in which clan; the same again changes nothing', async () => {
    const before = await stored();
    for (let i = 0; i < 3; i++) {
      const answer = await query.service('PUT', '/clans/3/members/ada');
      expect([answer.status, answer.body]).toEqual([204, '']);
    }
    expect(await stored()).toBe(before + 1);
    expect(await people.membership('ada')).toEqual({ clanId: '3' });
    await query.service('PUT', '/clans/4/members/ada');
    expect(await people.membership('ada')).toEqual({ clanId: '4' });
    await query.service('DELETE', '/clans/3/members/ada');
    expect(await people.membership('ada')).toEqual({ clanId: '4' });
    for (let i = 0; i < 3; i++) expect((await query.service('DELETE', '/clans/4/members/ada')).status).toBe(204);
    expect(await people.membership('ada')).toEqual({ clanId: null });
    expect(await stored()).toBe(before + 3);
  });

  it('has every change told at once to those who listen, also where it was so already', async () => {
    const told: unknown[] = [];
    query.log.live.subscribeToUser('eve', (text) => told.push((JSON.parse(text) as { member: unknown }).member));
    await query.log.live.flush();
    for (let i = 0; i < 2; i++) await query.service('PUT', '/clans/6/members/eve');
    await query.log.live.flush();
    const { seq } = (await query.log.last(userRoom('eve'), 'member'))!;
    expect(told).toEqual(Array(2).fill({ seq, clanId: '6' }));
  });

  it('says it many times at once, to one end', async () => {
    const before = await stored();
    const answers = await Promise.all(Array.from({ length: 8 }, () => query.service('PUT', '/clans/5/members/bob')));
    expect(answers.every(({ status }) => status === 204)).toBe(true);
    expect(await stored()).toBe(before + 1);
  });

  it('says what people are called', async () => {
    const before = await stored();
    for (let i = 0; i < 2; i++) {
      expect((await query.service('PUT', '/players/ada', { name: 'Ada', avatar: { head: 3 } })).status).toBe(204);
    }
    expect(await people.profile('ada')).toEqual({ name: 'Ada', avatar: '{"head":3}' });
    expect(await stored()).toBe(before + 1);
    await query.service('PUT', '/players/ada', { name: 'Ada', avatar: null });
    expect(await people.profile('ada')).toEqual({ name: 'Ada', avatar: null });
    await query.service('PUT', '/players/ada', { name: 'Ada Lovelace' });
    expect(await people.profile('ada')).toEqual({ name: 'Ada Lovelace', avatar: null });
  });

  it('names people and clans by any id', async () => {
    for (const id of ['a/b', 'a.b', '*', '>', 'ä 🦊', '__proto__', 'x'.repeat(64), '%']) {
      const encoded = encodeURIComponent(id);
      expect((await query.service('PUT', `/clans/${encoded}/members/${encoded}`)).status).toBe(204);
      expect(await people.membership(id)).toEqual({ clanId: id });
    }
  });

  it.each([
    ['{"name": ""}', 'name', 'VALIDATION'],
    ['{"name": "  "}', 'name', 'VALIDATION'],
    [`{"name": "${'x'.repeat(65)}"}`, 'name', 'VALIDATION'],
    ['{"name": 5}', 'name', 'VALIDATION'],
    ['{"name": null}', 'name', 'VALIDATION'],
    ['{"name": "\\ud800"}', 'name', 'VALIDATION'],
    ['{}', 'name', 'REQUIRED'],
    ['{"name": "A", "avatar": "x"}', 'avatar', 'VALIDATION'],
    ['{"name": "A", "avatar": []}', 'avatar', 'VALIDATION'],
    ['{"name": "A", "avatar": 1}', 'avatar', 'VALIDATION'],
    ['{"name": "A", "avatar": {"x": "\\ud800"}}', 'avatar', 'VALIDATION'],
    [`{"name": "A", "avatar": {"x": "${'y'.repeat(2048)}"}}`, 'avatar', 'VALIDATION'],
    ['{"name": "A", "admin": true}', 'admin', 'VALIDATION'],
    ['{"name": "A", "__proto__": {"avatar": {}}}', '__proto__', 'VALIDATION'],
    ['{"name": "A", "constructor": {}}', 'constructor', 'VALIDATION'],
    ['{"__proto__": {"name": "A"}}', 'name', 'REQUIRED'],
    ['[]', null, 'VALIDATION'],
    ['{"name": "A"', null, 'VALIDATION'],
    ['"A"', null, 'VALIDATION'],
    [`{"name": "A", "avatar": ${'{"a":'.repeat(16)}1${'}'.repeat(16)}}`, null, 'VALIDATION'],
    [`${'['.repeat(5000)}${']'.repeat(5000)}`, null, 'VALIDATION'],
    [undefined, 'name', 'REQUIRED'],
  ])('is refused a body that is wrong, %#', async (body, field, reason) => {
    const before = await stored();
    const answer = await query.request('PUT', '/players/p', query.token('game', 'service'), {
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ statusCode: 400 });
    expect(firstError(answer)).toMatchObject({ reason, field, additional: null });
    expect(JSON.stringify(answer.body).length).toBeLessThan(500);
    expect(await stored()).toBe(before);
  });

  it.each([
    ['application/json', Buffer.from('{"name": "\xff"}', 'latin1'), 400],
    ['application/json', Buffer.from('{"name": "\xed\xa0\x80"}', 'latin1'), 400],
    ['application/json; charset=utf-16le', Buffer.from('{"name": "A"}', 'utf16le'), 415],
    ['application/json; charset=latin1', Buffer.from('{"name": "A"}'), 415],
  ])('is refused a body that is not UTF-8, %#', async (type, body, status) => {
    const before = await stored();
    const token = query.token('game', 'service');
    const answer = await query.request('PUT', '/players/p', token, { headers: { 'content-type': type }, body });
    expect(answer.status).toBe(status);
    expect(firstError(answer)).toMatchObject({ reason: 'VALIDATION', field: null });
    expect(await stored()).toBe(before);
  });

  it('is refused ids that are none, and bodies that are too large or no JSON', async () => {
    const long = 'x'.repeat(65);
    expect(firstError(await query.service('PUT', `/clans/${long}/members/ada`))).toMatchObject({ field: 'clanId' });
    expect(firstError(await query.service('DELETE', `/clans/c/members/${long}`))).toMatchObject({ field: 'userId' });
    expect(firstError(await query.service('PUT', `/players/${long}`, { name: 'A' }))).toMatchObject({ field: 'id' });
    expect((await query.service('PUT', '/players/%ff', { name: 'A' })).status).toBe(400);
    const large = await query.service('PUT', '/players/p', { name: 'A', avatar: { x: 'y'.repeat(17_000) } });
    expect(large.status).toBe(413);
    expect(firstError(large)).toMatchObject({ reason: 'TOO_LARGE', field: null });
    const token = query.token('game', 'service');
    const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'name=A' };
    expect((await query.request('PUT', '/players/p', token, form)).status).toBe(400);
    const charset = { headers: { 'content-type': 'application/json; charset=latin1' }, body: '{"name":"A"}' };
    const foreign = await query.request('PUT', '/players/p', token, charset);
    expect([foreign.status, foreign.body]).toMatchObject([415, { statusCode: 415 }]);
  });

  it('may do this and nothing else, and nobody else may do it', async () => {
    const person = query.token('ada');
    for (const [method, path] of [
      ['PUT', '/clans/3/members/ada'],
      ['DELETE', '/clans/3/members/ada'],
      ['PUT', '/players/ada'],
      ['GET', '/players/ada'],
      ['GET', '/clans/3/members'],
      ['GET', '/stats?room=global&from=2026-01-01&to=2026-01-02'],
    ] as const) {
      const answer = await query.request(method, path, person);
      expect(answer.status).toBe(403);
      expect(firstError(answer)).toMatchObject({ reason: 'NOT_AUTHORIZED' });
    }
    for (const path of ['/chat/history?type=global', '/chats', '/chats/1/messages']) {
      const answer = await query.request('GET', path, query.token('game', 'service'));
      expect(answer.status).toBe(403);
      expect(firstError(answer)).toMatchObject({ reason: 'NOT_AUTHORIZED' });
    }
  });
});
