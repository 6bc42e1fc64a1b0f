import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { HistoryPage } from '../src/history.js';
import { type Answer, person, QueryUnderTest, stores } from './query-under-test.js';

const pageOf = ({ body }: Answer): HistoryPage => body as HistoryPage;
const contents = (answer: Answer): string[] => pageOf(answer).data.ChatMessage.map(({ content }) => content);
const numbers = (answer: Answer): number[] => pageOf(answer).data.ChatMessage.map(({ n }) => n);
const down = (from: number, to: number): number[] => Array.from({ length: from - to + 1 }, (_, i) => from - i);

describe.each(stores)('GET /chat/history, read models %s', (_, open) => {
  let query: QueryUnderTest;

  beforeAll(async () => {
    query = await QueryUnderTest.start(open);
    for (let i = 1; i < 45; i++) await query.say(person('ada'), `message ${i}`);
    const last = await query.say(person('ada', '{"head":3}'), '👋 <b>hi</b> ', 'happy');
    await query.reactTo(last.id.slice('msg.'.length), last.room, 'bob', '🫡');
    await query.projected();
  });
  afterAll(() => query.stop());

  it('is newest first, 20 a page, with the documented frame around it', async () => {
    const answer = await query.get('/chat/history?type=global', 'bob');
    expect(answer.status).toBe(200);
    expect(numbers(answer)).toEqual(down(45, 26));
    expect(pageOf(answer)).toMatchObject({
      metaData: { dataKey: 'ChatMessage', modelName: 'ChatMessage', dataType: 'Array', dataCount: 20 },
      paginationData: { currentPage: 1, limit: 20, offset: 0, itemCount: 45, pageCount: 3 },
    });
    expect(pageOf(answer).data.ChatMessage[0]).toEqual({
      _id: expect.stringMatching(/^[0-9a-f]{24}$/),
      sender: { _id: 'ada', name: 'name of ada', avatar: { head: 3 } },
      content: '👋 <b>hi</b> ',
      type: 'global',
      feeling: 'happy',
      reactions: [{ playerName: 'name of bob', emoji: '🫡' }],
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      n: 45,
      rev: 46,
    });
  });

  it('has pages without holes and doubles, and empty ones after the last', async () => {
    const pages = await Promise.all(
      [1, 2, 3, 4, 999_999_999].map((p) => query.get(`/chat/history?type=global&page=${p}`, 'bob')),
    );
    expect(pages.flatMap(numbers)).toEqual(down(45, 1));
    expect(pages.map((page) => pageOf(page).metaData.dataCount)).toEqual([20, 20, 5, 0, 0]);
    const small = await query.get('/chat/history?type=global&page=15&limit=3', 'bob');
    expect(numbers(small)).toEqual([3, 2, 1]);
    const large = await query.get('/chat/history?type=global&limit=50', 'bob');
    expect(numbers(large)).toEqual(down(45, 1));
  });

  it('goes on below a message, whatever is said meanwhile', async () => {
    const below = (n: number) => query.get(`/chat/history?type=global&limit=20&before=${n}`, 'bob');
    const second = await below(26);
    expect(numbers(second)).toEqual(down(25, 6));
    expect(pageOf(second).paginationData).toEqual({ currentPage: 2, limit: 20, offset: 20 });
    expect(numbers(await below(6))).toEqual(down(5, 1));
    expect(numbers(await below(1))).toEqual([]);
    const beyond = await below(9_999);
    expect(numbers(beyond)).toEqual(down(45, 26));
    expect(pageOf(beyond).paginationData).toEqual({
      currentPage: 1,
      limit: 20,
      offset: 0,
      itemCount: 45,
      pageCount: 3,
    });
  });

  it('counts on page 1, or where it is asked to', async () => {
    const second = await query.get('/chat/history?type=global&page=2', 'bob');
    expect(pageOf(second).paginationData).toEqual({ currentPage: 2, limit: 20, offset: 20 });
    for (const flag of ['withPageCount', 'withPageCount=', 'withPageCount=true', 'withPageCount=1']) {
      const counted = await query.get(`/chat/history?type=global&page=2&${flag}`, 'bob');
      expect(pageOf(counted).paginationData).toMatchObject({ itemCount: 45, pageCount: 3 });
    }
    const plain = await query.get('/chat/history?type=global&page=2&withPageCount=false', 'bob');
    expect(pageOf(plain).paginationData.itemCount).toBeUndefined();
  });

  it('of a clan is for who is in it now, as the log says', async () => {
    const none = await query.get('/chat/history?type=clan', 'cleo');
    expect(none.status).toBe(404);
    expect(none.body).toEqual({
      statusCode: 404,
      errors: [{ reason: 'NOT_FOUND', field: 'clan_id', value: null, message: 'you are in no clan', additional: null }],
    });
    await query.sayInClan('c:1', person('dan'), 'only for us');
    await query.sayInClan('c', person('eve'), 'another clan');
    await query.projected();
    expect((await query.service('PUT', '/clans/c%3A1/members/cleo')).status).toBe(204);
    const clan = await query.get('/chat/history?type=clan&recipientId=ignored', 'cleo');
    expect(contents(clan)).toEqual(['only for us']);
    expect(pageOf(clan).data.ChatMessage[0]).toMatchObject({ type: 'clan', clan_id: 'c:1' });
    await query.service('PUT', '/clans/c/members/cleo');
    expect(contents(await query.get('/chat/history?type=clan', 'cleo'))).toEqual(['another clan']);
    await query.service('PUT', '/clans/new/members/cleo');
    expect(contents(await query.get('/chat/history?type=clan', 'cleo'))).toEqual([]);
    await query.service('DELETE', '/clans/new/members/cleo');
    expect((await query.get('/chat/history?type=clan', 'cleo')).status).toBe(404);
  });

  it('of a direct chat is for its two people', async () => {
    const chat = await query.openChat('11', '12');
    await query.sayTo(chat, '11', '12', 'hello');
    await query.sayTo(chat, '12', '11', 'hello yourself');
    await query.projected();
    const mine = await query.get('/chat/history?type=private&recipientId=12', '11');
    expect(contents(mine)).toEqual(['hello yourself', 'hello']);
    expect(pageOf(mine).data.ChatMessage[1]).toMatchObject({ type: 'private', sender: { _id: '11' }, recipient: '12' });
    const theirs = await query.get('/chat/history?type=private&recipientId=11', '12');
    expect(pageOf(theirs).data).toEqual(pageOf(mine).data);
    const nobody = await query.get('/chat/history?type=private&recipientId=12', '13');
    expect(nobody.status).toBe(200);
    expect(pageOf(nobody).data.ChatMessage).toEqual([]);
    expect(pageOf(nobody).paginationData).toMatchObject({ itemCount: 0, pageCount: 0 });
  });

  it.each([
    ['', 'type', 'REQUIRED'],
    ['type=', 'type', 'VALIDATION'],
    ['type=CLAN', 'type', 'VALIDATION'],
    ['type=global&type=clan', 'type', 'VALIDATION'],
    ['type=private', 'recipientId', 'REQUIRED'],
    ['type=private&recipientId=', 'recipientId', 'VALIDATION'],
    [`type=private&recipientId=${'x'.repeat(65)}`, 'recipientId', 'VALIDATION'],
    ['type=private&recipientId=1&recipientId=2', 'recipientId', 'VALIDATION'],
    ['type=private&recipientId[$ne]=1', 'recipientId', 'REQUIRED'],
    ['type=global&page=0', 'page', 'VALIDATION'],
    ['type=global&page=-1', 'page', 'VALIDATION'],
    ['type=global&page=1.5', 'page', 'VALIDATION'],
    ['type=global&page=1e3', 'page', 'VALIDATION'],
    ['type=global&page=', 'page', 'VALIDATION'],
    ['type=global&page=99999999999999999999', 'page', 'VALIDATION'],
    ['type=global&before=0', 'before', 'VALIDATION'],
    ['type=global&page=1&before=5', 'before', 'VALIDATION'],
    ['type=global&limit=0', 'limit', 'VALIDATION'],
    ['type=global&limit=51', 'limit', 'VALIDATION'],
    ['type=global&limit=ten', 'limit', 'VALIDATION'],
    ['type=global&limit=5&limit=6', 'limit', 'VALIDATION'],
  ])('refuses ?%s', async (parameters, field, reason) => {
    const answer = await query.get(`/chat/history?${parameters}`, 'bob');
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      statusCode: 400,
      errors: [
        { reason, field, value: expect.anything(), message: expect.stringContaining(field), additional: null },
      ].map((entry) => ({ ...entry, value: (answer.body as { errors: { value: unknown }[] }).errors[0]?.value })),
    });
    expect(JSON.stringify(answer.body).length).toBeLessThan(400);
  });

  it('says all that is wrong at once', async () => {
    const { body } = await query.get('/chat/history?type=x&page=0&limit=99', 'bob');
    expect(
      (body as { errors: { field: string; value: unknown }[] }).errors.map(({ field, value }) => [field, value]),
    ).toEqual([
      ['type', 'x'],
      ['page', '0'],
      ['limit', '99'],
    ]);
  });
});
