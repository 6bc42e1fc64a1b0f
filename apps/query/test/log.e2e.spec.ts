import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, type DomainEvent, editMessage, GLOBAL_ROOM, partitionOf } from '#domain';
import { recordLine, decodeRecord } from '#event-store';
import { stopwatch } from '../../../libs/event-store/test/stopwatch.js';
import { type Answer, context, key, person, QueryUnderTest, stores } from './query-under-test.js';

const [[, open]] = stores as [(typeof stores)[0]];

type Line = Readonly<Record<string, unknown>> & { readonly seq: number };
const firstError = ({ body }: Answer): unknown => (body as { errors: unknown[] }).errors[0];
const parsed = (text: string): Line[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
const eventsIn = (lines: readonly Line[]) => lines.filter(({ type }) => type !== undefined);

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 30_000; !(await isSo());) {
    if (performance.now() > end) throw new Error('that did not come about');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the log over HTTP', () => {
  let query: QueryUnderTest;
  const followers: Follower[] = [];

  beforeAll(async () => {
    query = await QueryUnderTest.start(open);
    await query.say(person('7'), 'one');
    await query.sayInClan('3', person('8'), 'two');
    const three = (await query.say(person('7'), 'three')) as unknown as { readonly messageId: string };
    const state = {
      room: GLOBAL_ROOM,
      message: { room: GLOBAL_ROOM, sender: { id: '7' }, at: new Date().toISOString() },
    };
    const change = { ...context(), messageId: three.messageId, userId: '7' };
    await query.append<DomainEvent>(editMessage({ ...change, content: 'three!', withinSeconds: 900 }, state));
    await query.reactTo(three.messageId, GLOBAL_ROOM, '8', '👍');
  });
  afterAll(async () => {
    for (const follower of followers) follower.leave();
    await query.stop();
  });

  const get = (parameters = '') => query.service('GET', `/log${parameters}`);
  const linesOf = async (parameters = ''): Promise<Line[]> => {
    const { status, body } = await get(parameters);
    expect([parameters, status]).toEqual([parameters, 200]);
    return parsed(String(body));
  };
  const seqsOf = async (parameters: string) => eventsIn(await linesOf(parameters)).map(({ seq }) => seq);

  async function follow(parameters = '', token?: string): Promise<Follower> {
    const follower = await Follower.start(query, `/log?follow=true${parameters}`, token);
    followers.push(follower);
    return follower;
  }

  it('has every event, as chatctl replay prints it and with its partition, and an end', async () => {
    const lines = await linesOf();
    const expected: object[] = [];
    for await (const record of query.log.read()) {
      expected.push({ ...recordLine(decodeRecord(record), record), partition: partitionOf(record.room!) });
    }
    expect(lines[0]).toEqual({ progress: true, seq: 0 });
    expect(lines.slice(1, -1)).toEqual(expected);
    expect(lines.at(-1)).toEqual({ end: true, seq: 5 });
  });

  it('is of a part: of a room, somebody, types, from and until a sequence or a time, the last so many', async () => {
    expect(await seqsOf('?room=global')).toEqual([1, 3, 4, 5]);
    expect(await seqsOf('?user=8')).toEqual([2, 5]);
    expect(await seqsOf('?type=MessageEdited,ReactionAdded')).toEqual([4, 5]);
    expect(await seqsOf('?from=2&until=3')).toEqual([2, 3]);
    expect(await seqsOf('?last=2')).toEqual([4, 5]);
    expect(await seqsOf('?last=3&room=global')).toEqual([3, 4, 5]);
    expect(await seqsOf('?last=9&user=8')).toEqual([2, 5]);
    expect((await linesOf('?last=2'))[0]).toEqual({ progress: true, seq: null });
    expect((await linesOf('?last=2')).at(-1)).toEqual({ end: true, seq: 5 });
    expect(await seqsOf('?limit=2')).toEqual([1, 2]);
    expect((await linesOf('?limit=2')).at(-1)).toEqual({ end: true, seq: 2 });
    const { at } = (await query.log.recordAt(3))!;
    expect((await seqsOf(`?from=${new Date(at).toISOString()}`))[0]).toBeLessThanOrEqual(3);
    expect(await seqsOf('?from=2999-01-31')).toEqual([]);
  });

  it.each([
    ['?from=x', 'from'],
    ['?until=-1', 'until'],
    ['?room=elsewhere', 'room'],
    ['?type=MessageCreate', 'type'],
    ['?type=', 'type'],
    ['?user=', 'user'],
    ['?last=0', 'last'],
    ['?last=10001', 'last'],
    ['?limit=0', 'limit'],
    ['?follow=yes', 'follow'],
    ['?follow=true&until=3', 'until'],
    ['?from=1&last=3', 'last'],
  ])('refuses %s', async (parameters, field) => {
    const answer = await get(parameters);
    expect([answer.status, firstError(answer)]).toMatchObject([400, { reason: 'VALIDATION', field }]);
  });

  it.each(['', '/at?room=global&when=1', '/rooms'])('is not for people: /log%s', async (path) => {
    const answer = await query.get(`/log${path}`, '7');
    expect([answer.status, firstError(answer)]).toMatchObject([403, { reason: 'NOT_AUTHORIZED' }]);
    expect((await query.request('GET', `/log${path}`, null)).status).toBe(401);
  });

  it('says what cannot be read, and why', async () => {
    const at = new Date().toISOString();
    const room = clanRoom('spoilt');
    const spoilt = { type: 'MessageCreated', room, id: `msg.${key()}`, at, sender: { id: '7' } };
    await query.log.append(spoilt as never);
    expect(eventsIn(await linesOf('?room=clan:spoilt'))).toMatchObject([
      { type: 'MessageCreated', room, partition: partitionOf(room), unreadable: expect.any(String) },
    ]);
  });

  it('goes on with what is stored, and says that it goes on', async () => {
    const follower = await follow('&last=1');
    const { seq } = await query.say(person('7'), 'while it is followed');
    await until(() => follower.seqs.includes(seq));
    expect(follower.seqs.at(-1)).toBe(seq);
    await until(() => follower.lines.filter(({ progress }) => progress === true).length > 1);
    expect(follower.lines.at(-1)).toEqual({ progress: true, seq });
    follower.leave();
  });

  it('says what is folded, of which version, once', async () => {
    const follower = await follow('&last=1&folds=true');
    await query.projected();
    const { seq } = await query.say(person('7'), 'folded');
    const chat = await query.openChat('60', '61');
    const told = await query.sayTo(chat, '60', '61', 'folded as well');
    const folds = () => follower.lines.filter(({ folded }) => folded === true);
    await until(() => folds().some((line) => line.seq === told.seq));
    const [first] = folds().filter((line) => line.seq === seq);
    expect(first).toEqual({
      folded: true,
      seq,
      projection: 'timeline',
      version: expect.any(Number),
      at: expect.any(String),
    });
    expect(folds().map((line) => line.seq)).toEqual([...new Set(folds().map((line) => line.seq))]);
    follower.leave();
  });

  it('lets go of all that it reads with when who follows leaves', async () => {
    const readers = async () => (await query.log.inspection.consumers()).filter(({ name }) => name.startsWith('read-'));
    await until(async () => (await readers()).length === 0);
    const files = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);
    const before = files();
    const all = await Promise.all(Array.from({ length: 3 }, () => follow('&folds=true')));
    await until(async () => (await readers()).length === 3);
    for (const follower of all) follower.leave();
    const took = stopwatch();
    await until(async () => (await readers()).length === 0);
    // Sooner than anything is told of again.
    expect(took()).toBeLessThan(2_000);
    // Some have left before they are told anything.
    const headers = { authorization: `Bearer ${query.token('game', 'service')}` };
    const leaving = Array.from({ length: 12 }, async (_, i) => {
      const hurried = httpRequest(`${query.url}/log?follow=true`, { headers, agent: false });
      hurried.on('error', () => undefined).end();
      await new Promise((resolve) => setTimeout(resolve, 5 * i));
      hurried.destroy();
    });
    await Promise.all(leaving);
    await until(async () => (await readers()).length === 0 && files() <= before);
  });

  it('is followed by so many at a time', async () => {
    const all = await Promise.all(Array.from({ length: 16 }, () => follow()));
    const refused = await get();
    expect([refused.status, firstError(refused)]).toMatchObject([503, { reason: 'UNAVAILABLE' }]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    for (const follower of all) follower.leave();
    const took = stopwatch();
    await until(async () => (await get('?limit=1')).status === 200);
    expect(took()).toBeLessThan(2_000);
  });

  it('ends where its token is revoked', async () => {
    const follower = await follow('', query.token('game', 'service', 'of a tool'));
    const { status } = await query.service('DELETE', '/tokens/of%20a%20tool');
    expect(status).toBe(204);
    await until(() => follower.hasEnded);
    expect(follower.lines.at(-1)).not.toHaveProperty('end');
  });

  it('is followed exactly once over a server that is started anew', async () => {
    const said: number[] = [];
    const heard: number[] = [];
    let follower = await follow('&room=clan:again');
    for (let i = 0; i < 60; i++) {
      said.push((await query.sayInClan('again', person('7'), `message ${i}`)).seq);
      if (i % 20 !== 10) continue;
      await query.restart();
      await until(() => follower.hasEnded);
      heard.push(...follower.seqs);
      follower = await follow(`&room=clan:again&from=${(follower.lines.at(-1)?.seq ?? 0) + 1}`);
    }
    await until(() => follower.seqs.at(-1) === said.at(-1));
    expect([...heard, ...follower.seqs]).toEqual(said);
  });

  it('names the rooms in which something was said, page by page', async () => {
    await query.projected();
    const all: string[] = [];
    for (let after = ''; ;) {
      const { body } = await query.service('GET', `/log/rooms?limit=2${after}`);
      const { data, next } = body as { readonly data: string[]; readonly next: string | null };
      expect(data.length).toBeLessThanOrEqual(2);
      all.push(...data);
      if (next === null) break;
      after = `&after=${next}`;
    }
    expect(all).toEqual(['clan:3', 'clan:again', 'direct:60:61', 'global']);
  });
});

/** Somebody who reads as it comes. */
class Follower {
  private text = '';
  hasEnded = false;

  private constructor(private readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (piece: string) => (this.text += piece));
    const end = () => (this.hasEnded = true);
    response.on('close', end).on('error', end);
  }

  static async start(query: QueryUnderTest, path: string, token?: string): Promise<Follower> {
    return new Follower(await openUnread(query, path, token));
  }

  /** All that are whole. */
  get lines(): Line[] {
    return parsed(this.text.slice(0, this.text.lastIndexOf('\n') + 1));
  }

  get seqs(): number[] {
    return eventsIn(this.lines).map(({ seq }) => seq);
  }

  leave(): void {
    this.response.destroy();
  }
}

async function openUnread(
  query: QueryUnderTest,
  path: string,
  token = query.token('game', 'service'),
): Promise<IncomingMessage> {
  const request = httpRequest(query.url + path, { headers: { authorization: `Bearer ${token}` }, agent: false });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  return response;
}
