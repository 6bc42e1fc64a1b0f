import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, type DomainEvent, GLOBAL_ROOM, keySequence, type Room, userRoom } from '#domain';
import { directory, stats } from '#projections';
import { randomBytes } from 'node:crypto';
import { type Answer, QueryUnderTest, stores } from './query-under-test.js';

const firstError = ({ body }: Answer): unknown => (body as { errors: unknown[] }).errors[0];
const nextKey = keySequence(randomBytes(8));

const posted = (room: Room, day: string, senderId: string): DomainEvent => {
  const key = nextKey();
  const sender = { id: senderId, name: 'Ada', avatar: null };
  const at = `${day}T03:04:05.678Z`;
  return { type: 'MessageCreated', room, id: `msg.${key}`, at, messageId: key, sender, content: 'hi' };
};

describe.each(stores)('what the surrounding application asks, read models %s', (_, open) => {
  let query: QueryUnderTest;

  beforeAll(async () => {
    query = await QueryUnderTest.start(open);
  });
  afterAll(() => query.stop());

  const get = (path: string) => query.service('GET', path);
  const days = (room: string, from: string, to: string) => get(`/stats?room=${room}&from=${from}&to=${to}`);

  it.each([
    ['/players/ada', 'directory'],
    ['/clans/3/members', 'directory'],
    ['/stats?room=global&from=2026-01-01&to=2026-01-02', 'stats'],
  ])('is told of %s what to do where nobody has run the projection', async (path, projection) => {
    const answer = await get(path);
    expect(answer.status).toBe(503);
    const message = `no projector has run ${projection} yet: start one that has it among its PROJECTIONS`;
    expect(firstError(answer)).toEqual({ reason: 'UNAVAILABLE', field: null, value: null, message, additional: null });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  describe('of people and clans', () => {
    let folded: () => Promise<void>;
    const ids = ['12', '7', 'a/b', 'x y', 'ä', 'zoë'];

    beforeAll(async () => {
      folded = query.run(directory);
      await query.service('PUT', '/players/7', { name: 'Ada', avatar: { head: 3 } });
      for (const id of ids) await query.service('PUT', `/clans/3/members/${encodeURIComponent(id)}`);
      await query.service('PUT', '/clans/4/members/other');
      await query.service('PUT', '/players/alone', { name: 'Al' });
      await folded();
    });

    it('has what a person is called, their avatar and their clan', async () => {
      const player = async (id: string) => {
        const { status, body } = await get(`/players/${encodeURIComponent(id)}`);
        return [status, body];
      };
      expect(await player('7')).toEqual([200, { userId: '7', name: 'Ada', avatar: { head: 3 }, clanId: '3' }]);
      expect(await player('a/b')).toEqual([200, { userId: 'a/b', name: null, avatar: null, clanId: '3' }]);
      expect(await player('alone')).toEqual([200, { userId: 'alone', name: 'Al', avatar: null, clanId: null }]);
      const unknown = await get('/players/nobody');
      expect(unknown.status).toBe(404);
      expect(firstError(unknown)).toMatchObject({ reason: 'NOT_FOUND', field: 'id', value: 'nobody' });
      const long = await get(`/players/${'x'.repeat(65)}`);
      expect([long.status, firstError(long)]).toMatchObject([400, { reason: 'VALIDATION', field: 'id' }]);
    });

    interface Page {
      readonly data: readonly { readonly userId: string }[];
      readonly next: string | null;
    }
    const members = async (parameters: string, clan = '3') =>
      (await get(`/clans/${encodeURIComponent(clan)}/members${parameters}`)).body as Page;

    it('has the members of a clan, page by page', async () => {
      const { data, next } = await members('');
      expect(next).toBeNull();
      expect(data).toContainEqual({ userId: '7', name: 'Ada', avatar: { head: 3 } });
      const all = data.map(({ userId }) => userId);
      expect([...all].sort()).toEqual([...ids].sort());
      const pages: string[][] = [];
      for (let after: string | null = null; ;) {
        const page = await members(`?limit=2${after === null ? '' : `&after=${encodeURIComponent(after)}`}`);
        pages.push(page.data.map(({ userId }) => userId));
        if ((after = page.next) === null) break;
      }
      expect(pages).toEqual([all.slice(0, 2), all.slice(2, 4), all.slice(4, 6), []]);
      expect(await members('', 'of nobody')).toEqual({ data: [], next: null });
    });

    it('has who is in it, not who was', async () => {
      await query.service('PUT', '/clans/4/members/12');
      await query.service('DELETE', '/clans/3/members/7');
      await query.service('PUT', '/clans/3/members/other');
      await folded();
      const idsOf = async (clan: string) => (await members('', clan)).data.map(({ userId }) => userId).sort();
      expect(await idsOf('4')).toEqual(['12']);
      expect(await idsOf('3')).toEqual([...ids.filter((id) => !['12', '7'].includes(id)), 'other'].sort());
      expect((await get('/players/7')).body).toMatchObject({ name: 'Ada', clanId: null });
    });

    it.each([
      ['?limit=0', 'limit'],
      ['?limit=201', 'limit'],
      ['?limit=x', 'limit'],
      ['?after=', 'after'],
      [`?after=${'x'.repeat(65)}`, 'after'],
      ['?after=1&after=2', 'after'],
    ])('refuses %s', async (parameters, field) => {
      const answer = await get(`/clans/3/members${parameters}`);
      expect([answer.status, firstError(answer)]).toMatchObject([400, { reason: 'VALIDATION', field }]);
    });
  });

  describe('of rooms and days', () => {
    beforeAll(async () => {
      const folded = query.run(stats);
      const clan = clanRoom('x y');
      const of = [
        posted(GLOBAL_ROOM, '2026-01-01', '7'),
        posted(GLOBAL_ROOM, '2026-01-01', '8'),
        posted(GLOBAL_ROOM, '2026-01-01', '7'),
        posted(GLOBAL_ROOM, '2026-01-03', '7'),
        posted(clan, '2026-01-02', '9'),
      ];
      for (const event of of) await query.log.append(event);
      await query.openChat('10', '9');
      await query.service('PUT', '/clans/3/members/77');
      await folded();
    });

    const none = {
      ...{ messages: 0, reactionsAdded: 0, reactionsRemoved: 0, edits: 0, deletions: 0, seenMarks: 0 },
      ...{ chatsOpened: 0, joins: 0, leaves: 0, profileChanges: 0 },
    };
    const today = new Date().toISOString().slice(0, 10);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

    it('has what happened in a room, a day each', async () => {
      const answer = await days('global', '2026-01-01', '2026-01-31');
      expect([answer.status, answer.body]).toEqual([
        200,
        {
          data: [
            { day: '2026-01-01', activeUsers: 2, counts: { ...none, messages: 3 } },
            { day: '2026-01-03', activeUsers: 1, counts: { ...none, messages: 1 } },
          ],
        },
      ]);
      expect((await days('global', '2026-01-02', '2026-01-02')).body).toEqual({ data: [] });
      expect((await days('clan:x=20y', '2026-01-01', '2027-01-01')).body).toMatchObject({
        data: [{ day: '2026-01-02' }],
      });
    });

    it('has those of a direct chat, whoever is named first, and of a person', async () => {
      for (const room of ['direct:9:10', 'direct:10:9']) {
        const { body } = await days(room, today, tomorrow);
        expect(body).toMatchObject({ data: [{ activeUsers: 1, counts: { chatsOpened: 1 } }] });
      }
      expect((await days(userRoom('77'), today, tomorrow)).body).toMatchObject({ data: [{ counts: { joins: 1 } }] });
    });

    it.each([
      ['room=elsewhere&from=2026-01-01&to=2026-01-02', 'VALIDATION', 'room'],
      ['room=clan:x%20y&from=2026-01-01&to=2026-01-02', 'VALIDATION', 'room'],
      ['room=global&room=global&from=2026-01-01&to=2026-01-02', 'VALIDATION', 'room'],
      ['from=2026-01-01&to=2026-01-02', 'REQUIRED', 'room'],
      ['room=global&to=2026-01-02', 'REQUIRED', 'from'],
      ['room=global&from=2026-01-01', 'REQUIRED', 'to'],
      ['room=global&from=2026-1-1&to=2026-01-02', 'VALIDATION', 'from'],
      ['room=global&from=2026-01-01&to=2026-02-30', 'VALIDATION', 'to'],
      ['room=global&from=2026-01-02&to=2026-01-01', 'VALIDATION', 'to'],
      ['room=global&from=2026-01-01&to=2027-01-02', 'VALIDATION', 'to'],
    ])('refuses %s', async (parameters, reason, field) => {
      const answer = await get(`/stats?${parameters}`);
      expect([answer.status, firstError(answer)]).toMatchObject([400, { reason, field, additional: null }]);
    });
  });
});
