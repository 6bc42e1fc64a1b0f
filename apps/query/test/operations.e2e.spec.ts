import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { directRoom, partitionOf } from '#domain';
import type { ReadModels } from '#read-models';
import { until } from '../../gateway/test/until.js';
import { context, person, QueryUnderTest, stores } from './query-under-test.js';

// What operators ask over HTTP: as chatctl shows it, by whoever may, where it is wanted.

const [, inMongodb] = stores;
const ROUTES = [
  ['GET', '/operations/status'],
  ['GET', '/operations/versions'],
  ['GET', '/operations/dead-letters'],
  ['POST', '/operations/projections/timeline/rebuild'],
  ['POST', '/operations/projections/timeline/refold'],
] as const;

type Line = Readonly<Record<string, unknown>>;
const linesOf = (body: unknown): Line[] =>
  (body as string)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('the routes for operators', () => {
  let query: QueryUnderTest;
  beforeAll(async () => {
    query = await QueryUnderTest.start(stores[0]![1], { operations: true });
    await query.projected();
  });
  afterAll(() => query.stop());

  it.each(ROUTES)('are for the surrounding application only: %s %s', async (method, path) => {
    expect((await query.request(method, path, null)).status).toBe(401);
    expect((await query.request(method, path, query.token('7'))).status).toBe(403);
  });

  it('are not there where they are not wanted', async () => {
    const other = await QueryUnderTest.start(stores[0]![1]);
    try {
      for (const [method, path] of ROUTES) {
        expect((await other.request(method, path, other.token('game', 'service'))).status).toBe(404);
      }
      const { body } = await other.request('GET', '/api-json', null);
      expect(JSON.stringify(body)).not.toContain('/operations/');
    } finally {
      await other.stop();
    }
  });

  it('are on the OpenAPI page where they are there', async () => {
    const { body } = await query.request('GET', '/api-json', null);
    const { paths } = body as { paths: object };
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/operations/status', '/operations/versions']));
  });

  it('show what is in memory by its consumers, and do not rebuild it', async () => {
    await query.say(person('7'), 'hello');
    await query.projected();
    const { body } = await query.service('GET', '/operations/status');
    expect(body).toMatchObject({ projections: [{ projection: 'timeline-1', lagEvents: 0, building: false }] });
    expect(body).toMatchObject({ neverRun: ['directory', 'stats'], inMail: null });
    expect((await query.service('GET', '/operations/versions')).body).toEqual({ data: [] });
    const refused = await query.service('POST', '/operations/projections/timeline/rebuild');
    expect(refused.status).toBe(409);
    expect(JSON.stringify(refused.body)).toContain('in memory');
  });

  it('look once for all who ask at the same moment', async () => {
    const looked = jest.spyOn(query.log, 'streams');
    const asked = [1, 2, 3].map(() => query.service('GET', '/operations/status'));
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(looked.mock.calls.length).toBeLessThanOrEqual(2);
    looked.mockRestore();
  });

  it('name what there is', async () => {
    const { status, body } = await query.service('POST', '/operations/projections/timelines/rebuild');
    expect([status, JSON.stringify(body)]).toEqual([404, expect.stringContaining('timeline, directory, stats')]);
    expect((await query.service('GET', '/operations/dead-letters?limit=0')).status).toBe(400);
  });
});

(inMongodb ? describe : describe.skip)('the routes for operators, on MongoDB', () => {
  let query: QueryUnderTest;
  beforeAll(async () => {
    query = await QueryUnderTest.start(inMongodb![1], { operations: true });
    for (let i = 0; i < 30; i++) await query.say(person('7'), `message ${i}`);
    await query.projected();
  });
  afterAll(() => query.stop());

  const rebuild = (how = 'rebuild') => query.service('POST', `/operations/projections/timeline/${how}`);
  const served = async () => {
    const { body } = await query.service('GET', '/operations/versions');
    return (body as { data: { version: number; state: string }[] }).data;
  };

  it('rebuild one at a time, and serve what was built', async () => {
    const before = (await served()).find(({ state }) => state === 'served')!.version;
    const first = rebuild();
    await until('it is under way', async () => (await served()).some(({ state }) => state === 'being built'));
    const second = await rebuild();
    expect([second.status, JSON.stringify(second.body)]).toEqual([409, expect.stringContaining('under way here')]);
    const { status, body, headers } = await first;
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining('ndjson')]);
    const lines = linesOf(body);
    expect(lines[0]).toMatchObject({ progress: true, version: before + 1 });
    expect(lines.at(-1)).toMatchObject({
      ...{ end: true, projection: 'timeline', folded: 30, takenOver: true, letters: { dropped: 0, left: 0 } },
      version: { number: before + 1 },
    });
    expect(await served()).toMatchObject([
      { version: before, state: 'old' },
      { version: before + 1, state: 'served' },
    ]);
  });

  it('end a rebuild that nobody waits for any more, saved, and go on with it', async () => {
    const leaving = new AbortController();
    const token = query.token('game', 'service');
    const headers = { Authorization: `Bearer ${token}` };
    const path = `${query.url}/operations/projections/timeline/rebuild`;
    const answer = await fetch(path, { method: 'POST', headers, signal: leaving.signal });
    expect(answer.status).toBe(200);
    leaving.abort();
    await until('it has ended', async () => !(await rebuildIsUnderWay()));
    expect((await served()).map(({ state }) => state)).toContain('being built');
    const refold = await rebuild('refold');
    expect([refold.status, JSON.stringify(refold.body)]).toEqual([409, expect.stringContaining('is half built')]);
    expect(linesOf((await rebuild()).body).at(-1)).toMatchObject({ end: true, takenOver: true });
    expect((await served()).map(({ state }) => state)).not.toContain('being built');
  });

  /** By the route that refuses for another reason once none is. */
  async function rebuildIsUnderWay(): Promise<boolean> {
    return JSON.stringify((await rebuild('refold')).body).includes('under way here');
  }

  it('end with the process, saved, and go on where it was', async () => {
    let readModels!: ReadModels;
    const open = async () => (readModels = await inMongodb![1]());
    const other = await QueryUnderTest.start(open, { operations: true });
    try {
      for (let i = 0; i < 30; i++) await other.say(person('7'), `message ${i}`);
      await other.projected();
      const path = '/operations/projections/timeline/rebuild';
      const answer = await fetch(other.url + path, {
        method: 'POST',
        headers: { Authorization: `Bearer ${other.token('game', 'service')}` },
      });
      const { number } = (await readModels.versions.read('timeline'))!.building!;
      const built = () =>
        readModels.projection('timeline', number).range('messages', { from: '', to: '\uffff', limit: 30 });
      while ((await built()).length < 30) await new Promise((resolve) => setTimeout(resolve, 20));
      const [text] = await Promise.allSettled([answer.text(), other.restart()]);
      // Who reads knows that it is not whole.
      expect(text.status).toBe('rejected');
      const { body } = await other.service('POST', path);
      expect(linesOf(body).at(-1)).toMatchObject({ end: true, takenOver: true, version: { number }, folded: 0 });
    } finally {
      await other.stop();
    }
  });

  it('list dead letters with their reasons, and refold none that cannot be', async () => {
    const room = directRoom('1', '2');
    const { key, at } = context();
    const sender = { id: '1', name: 'Ada', avatar: null };
    const message = {
      type: 'MessageCreated' as const,
      room,
      id: `msg.${key}`,
      at,
      messageId: key,
      sender,
      content: 'x',
    };
    const { seq } = await query.append({ event: message });
    await query.projected();
    const place = { projection: 'timeline', partition: partitionOf(room), seq };
    const reason = 'a message in direct:1:2 before its chat';
    const { body } = await query.service('GET', '/operations/dead-letters');
    expect(body).toMatchObject({ total: 1, data: [{ ...place, reason, type: 'MessageCreated' }] });
    const another = { ...message, ...{ id: 'msg.another', messageId: 'another' } };
    await query.append({ event: another });
    await query.projected();
    const first = await query.service('GET', '/operations/dead-letters?limit=1');
    expect(first.body).toMatchObject({ total: 2, data: [place] });
    expect((first.body as { data: object[] }).data).toHaveLength(1);
    const refused = await rebuild('refold');
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([409, expect.stringContaining('can fold none')]);
  });

  it('refuse in words what nobody runs', async () => {
    const none = await query.service('POST', '/operations/projections/directory/rebuild');
    expect([none.status, JSON.stringify(none.body)]).toEqual([
      409,
      expect.stringContaining('nobody has run directory'),
    ]);
  });
});
