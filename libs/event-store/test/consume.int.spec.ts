import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { connect } from '@nats-io/transport-node';
import { clanRoom, partitionOf, type Room, userRoom } from '#domain';
import {
  type ConsumeOptions,
  type EventLog,
  type LogRecord,
  LogUnavailable,
  type PartitionConsumer,
} from '../src/index.js';
import { contentOf, LogUnderTest, message, nextKey } from './log-under-test.js';

let test: LogUnderTest;
let log: EventLog;
const room = clanRoom('consumed');
const partition = partitionOf(room);

beforeAll(async () => {
  test = await LogUnderTest.create();
  log = await test.open();
});
afterAll(() => test.remove());

const options = (epoch: number, more: Partial<ConsumeOptions> = {}): ConsumeOptions => ({
  name: `timeline-1-${partition}-e${epoch}`,
  deleteOthersWithPrefix: `timeline-1-${partition}-e`,
  partition,
  from: 1,
  ...more,
});

const fill = (count: number, into: Room = room) =>
  Promise.all(Array.from({ length: count }, (_, i) => log.append(message(into, String(i)))));

async function take(consumer: PartitionConsumer, count: number, max?: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  while (records.length < count) {
    const batch = await consumer.next(max);
    if (typeof batch === 'string') throw new Error(`ended: ${batch}`);
    records.push(...batch);
  }
  return records;
}

async function untilEnd(consumer: PartitionConsumer): Promise<string> {
  for (;;) {
    const batch = await consumer.next();
    if (typeof batch === 'string') return batch;
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 500) throw new Error(`it did not come about: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const consumerNames = () =>
  test.jetstream(async ({ consumers }) => {
    const names: string[] = [];
    for await (const { name } of consumers.list(test.options.stream)) names.push(name);
    return names.sort();
  });

describe('a partition consumer', () => {
  it('delivers its partition in order from where it starts, and what comes later', async () => {
    await fill(3_000);
    await fill(100, clanRoom('elsewhere'));
    const consumer = await log.consume(options(1, { from: 501 }));
    const first = await take(consumer, 2_500, 700);
    expect(first.map(({ seq }) => seq)).toEqual(Array.from({ length: 2_500 }, (_, i) => i + 501));
    expect(first.map(contentOf)).toEqual(Array.from({ length: 2_500 }, (_, i) => String(i + 500)));
    const waiting = consumer.next();
    await log.append(message(room, 'later'));
    expect((await waiting) as LogRecord[]).toMatchObject([{ room, partition, kind: 'msg' }]);
    await consumer.close();
    expect(await consumer.next()).toBe('closed');
  });

  it('does not fetch what is not taken, and counts as lag what is not acknowledged', async () => {
    const start = (await log.state()).lastSeq + 1;
    await fill(6_000);
    const consumer = await log.consume(options(2, { from: start }));
    const [first] = await take(consumer, 1, 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { num_pending } = await test.jetstream(({ consumers }) =>
      consumers.info(test.options.stream, options(2).name),
    );
    expect(num_pending).toBeGreaterThan(3_000);
    expect(await consumer.lag()).toBe(6_000);
    const rest = await take(consumer, 5_999);
    consumer.ack(first!.seq);
    consumer.ack(rest[99]!.seq);
    // The server comes to what is acknowledged on its own time.
    await until('the first are acknowledged', async () => (await consumer.lag()) === 5_899);
    consumer.ack(rest.at(-1)!.seq);
    await until('all are acknowledged', async () => (await consumer.lag()) === 0);
    await consumer.close();
  });

  it('ends as deleted when another owner takes over, who begins at its own checkpoint', async () => {
    const start = (await log.state()).lastSeq + 1;
    await fill(10);
    const older = await log.consume(options(3, { from: start }));
    const seen = await take(older, 10);
    older.ack(seen[4]!.seq);
    const afterwards = older.next();
    const other = await test.open();
    const newer = await other.consume(options(4, { from: start + 3 }));
    expect(await afterwards).toBe('deleted');
    expect(older.ended).toBe('deleted');
    expect((await take(newer, 7)).map(({ seq }) => seq)).toEqual(seen.slice(3).map(({ seq }) => seq));
    expect(await consumerNames()).toEqual([options(4).name]);
    await newer.close();
  });

  it('leaves the consumers of other partitions and projections alone', async () => {
    const foreign = await log.consume({
      ...options(1),
      name: 'stats-1-3-e1',
      deleteOthersWithPrefix: 'stats-1-3-e',
      partition: 3,
    });
    const consumer = await log.consume(options(5));
    // Those of before go beside.
    const wanted = ['stats-1-3-e1', options(5).name];
    await until('those of before are gone', async () => isDeepStrictEqual(await consumerNames(), wanted));
    expect(foreign.ended).toBeNull();
    await Promise.all([foreign.close(), consumer.close()]);
  });

  it('stays when it is closed, and goes where that is for good: the next owner may have looked before', async () => {
    const older = await log.consume(options(10));
    const newer = await log.consume(options(12));
    // By then it has looked.
    expect(await untilEnd(older)).toBe('deleted');
    const late = await log.consume(options(11));
    expect(await consumerNames()).toEqual(expect.arrayContaining([options(11).name, options(12).name]));
    await late.close(true);
    await newer.close();
    const names = await consumerNames();
    expect(names).toContain(options(12).name);
    expect(names).not.toContain(options(11).name);
    await (await log.consume(options(13))).close(true);
  });

  it('delivers the kinds that are asked for', async () => {
    const userId = 'kinds';
    const person = userRoom(userId);
    const from = (await log.state()).lastSeq + 1;
    const at = '2025-06-23T13:03:15.778Z';
    await log.append(message(person, 'not asked for'));
    await log.append({ type: 'MemberLeft', room: person, id: `member.${nextKey()}`, at, userId, clanId: '1' });
    const id = `profile.${nextKey()}`;
    await log.append({ type: 'ProfileChanged', room: person, id, at, userId, name: 'Ada', avatar: null });
    const names = { name: 'directory-1-e1', deleteOthersWithPrefix: 'directory-1-e' };
    const two = await log.consume({ ...names, partition: partitionOf(person), from, kinds: ['member', 'profile'] });
    expect((await take(two, 2)).map(({ kind }) => kind)).toEqual(['member', 'profile']);
    await two.close();
    const one = await log.consume({ ...names, partition: partitionOf(person), from, kinds: ['profile'] });
    expect((await take(one, 1)).map(({ kind }) => kind)).toEqual(['profile']);
    await one.close();
  });

  it('is deleted also for an owner that was not asking just then', async () => {
    const from = (await log.state()).lastSeq + 1;
    await fill(5_000);
    const older = await log.consume(options(8, { from }));
    await take(older, 1, 1);
    // By now everything asked for has arrived, and nothing more is asked for until it is taken.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const newer = await (await test.open()).consume(options(9, { from }));
    const isThere = () => older.lag().then(Boolean, () => false);
    while (await isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
    let taken = 1;
    for (;;) {
      const batch = await older.next(100);
      if (batch === 'deleted') break;
      if (typeof batch === 'string') throw new Error(batch);
      taken += batch.length;
    }
    expect(taken).toBeLessThan(5_000);
    await expect(older.lag()).rejects.toThrow(LogUnavailable);
    await newer.close();
  });

  it('hands over once what is delivered again', async () => {
    const from = (await log.state()).lastSeq + 1;
    await fill(10);
    const consumer = await log.consume(options(10, { from }));
    const { name } = options(10);
    await test.jetstream(({ consumers }) => consumers.update(test.options.stream, name, { ack_wait: 500e6 }));
    await take(consumer, 10);
    const redelivered = () =>
      test.jetstream(async ({ consumers }) => (await consumers.info(test.options.stream, name)).num_redelivered);
    const next = consumer.next();
    while ((await redelivered()) < 10) await new Promise((resolve) => setTimeout(resolve, 100));
    await log.append(message(room, 'new'));
    expect(((await next) as LogRecord[]).map(contentOf)).toEqual(['new']);
    await consumer.close();
  });

  it('ends as lost where somebody else took records from it', async () => {
    const from = (await log.state()).lastSeq + 1;
    const consumer = await log.consume(options(11, { from: from + 5 }));
    const next = consumer.next();
    const thief = await connect({ servers: test.options.servers });
    thief.subscribe('stolen');
    const request = `$JS.API.CONSUMER.MSG.NEXT.${test.options.stream}.${options(11).name}`;
    thief.publish(request, JSON.stringify({ batch: 3, expires: 5e9 }), { reply: 'stolen' });
    await thief.flush();
    await fill(20);
    const first = await next;
    // Requests are served in turn, so a few may come before the hole.
    const end = typeof first === 'string' ? first : await untilEnd(consumer);
    expect(end).toBe('lost');
    await thief.close();
  });

  it('takes in records of any size', async () => {
    const from = (await log.state()).lastSeq + 1;
    const content = 'x'.repeat(600_000);
    for (let i = 0; i < 24; i++) await log.append(message(room, content));
    const consumer = await log.consume(options(12, { from }));
    expect(await take(consumer, 24)).toHaveLength(24);
    await consumer.close();
  });

  it('takes a temporary one with it', async () => {
    const name = 'memory-1';
    const consumer = await log.consume({ ...options(1), name, deleteOthersWithPrefix: name, temporary: true });
    expect(await take(consumer, 100)).not.toHaveLength(0);
    await consumer.close();
    expect(await consumerNames()).not.toContain(name);
  });
});
