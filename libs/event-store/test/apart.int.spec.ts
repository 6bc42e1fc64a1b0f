import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import { clanRoom, GLOBAL_ROOM } from '#domain';
import { type ApartOptions, PullApart } from '../src/apart/pull-apart.js';
import { type EventLog, type LogRecord, LogUnavailable } from '../src/index.js';
import { CuttableProxy } from './cuttable-proxy.js';
import { all, LogUnderTest, message } from './log-under-test.js';

// Records that a thread reads: the same, in their order, and no more of them than are taken.

const COUNT = 15_000;

let test: LogUnderTest;
let log: EventLog;
let proxy: CuttableProxy;
const pulls: PullApart[] = [];

beforeAll(async () => {
  test = await LogUnderTest.create();
  log = await test.open();
  proxy = await CuttableProxy.start(test.options.servers);
  const said = (i: number) => message(i % 2 === 0 ? GLOBAL_ROOM : clanRoom('ü'), `${'ü'.repeat(i % 90)} ${i}`);
  for (let i = 0; i < COUNT; i += 1_000)
    await Promise.all(Array.from({ length: 1_000 }, (_, k) => log.append(said(i + k))));
  // More than is packed together of others.
  await log.append(message(GLOBAL_ROOM, 'x'.repeat(300_000)));
  await test.publish('ev.3.no-room.msg', 'not JSON');
});
afterEach(() => {
  for (const pull of pulls.splice(0)) pull.close();
  proxy.mend();
});
afterAll(async () => {
  await test.remove();
  await proxy.stop();
});

const consumer = 'apart';
async function start(more: Partial<ApartOptions> = {}, program?: URL): Promise<PullApart> {
  const { stream, servers, prefix, name } = test.options;
  const config = { name: consumer, ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.All };
  await test.jetstream(async ({ consumers }) => {
    await consumers.delete(stream, consumer).catch(() => undefined);
    await consumers.add(stream, config);
  });
  const options = { server: { servers, name }, stream, consumer, capacity: 1_000, eventStem: `${prefix}.ev.` };
  const pull = await PullApart.start({ ...options, ...more }, program);
  pulls.push(pull);
  return pull;
}
const delivered = () =>
  test.jetstream(async ({ consumers }) => (await consumers.info(test.options.stream, consumer)).delivered.consumer_seq);

async function take(pull: PullApart, count: number): Promise<LogRecord[]> {
  const taken: LogRecord[] = [];
  while (taken.length < count) {
    const batch = await pull.next(0, 5_000);
    if (typeof batch === 'string') throw new Error(batch);
    taken.push(...batch.records);
  }
  return taken;
}

describe('a thread that reads', () => {
  it('hands over what this thread would read, in its order', async () => {
    const expected = await all(log.read());
    expect(await take(await start(), expected.length)).toEqual(expected);
  });

  it('hands over no more than is taken, and what comes later', async () => {
    const pull = await start();
    await new Promise((resolve) => setTimeout(resolve, 500));
    // What waits in the thread, and what it has handed over.
    expect(await delivered()).toBeLessThanOrEqual(10_500);
    const { lastSeq } = await log.state();
    await take(pull, lastSeq);
    await log.append(message(GLOBAL_ROOM, 'later'));
    expect(await take(pull, 1)).toMatchObject([{ seq: lastSeq + 1 }]);
  });

  it('ends as lost with its connection, and where nothing comes in time', async () => {
    const pull = await start({ server: { servers: proxy.url, name: 'apart' } });
    proxy.cut();
    let batch = await pull.next(0);
    while (typeof batch !== 'string') batch = await pull.next(0);
    expect(batch).toBe('lost');
    const other = await start();
    await take(other, (await log.state()).lastSeq);
    expect(await other.next(0, 100)).toBe('lost');
  });

  it('says that its consumer is gone', async () => {
    const pull = await start();
    await take(pull, (await log.state()).lastSeq);
    await test.jetstream(({ consumers }) => consumers.delete(test.options.stream, consumer));
    expect(await pull.next(0)).toBe('deleted');
  });

  it('is ended from here, also while it is waited for', async () => {
    const pull = await start();
    await take(pull, (await log.state()).lastSeq);
    const next = pull.next(0);
    pull.close();
    expect([await next, await pull.next(0)]).toEqual(['closed', 'closed']);
  });

  it('is not begun for few records', async () => {
    const reader = await test.open({ servers: proxy.url, readsApart: true });
    const connections = new Set<number>();
    for await (const _ of reader.readAllowed({ apart: true })) connections.add(proxy.connections);
    expect(connections).toEqual(new Set([1]));
  });

  it('is a log that is away where it is not let in, or ends', async () => {
    proxy.cut();
    await expect(start({ server: { servers: proxy.url, name: 'apart' } })).rejects.toThrow(LogUnavailable);
    await expect(start({}, new URL('data:text/javascript,process.exit()'))).rejects.toThrow(LogUnavailable);
  });

  it('does not hide a fault', async () => {
    await expect(start({}, new URL('data:text/javascript,throw new Error("a fault")'))).rejects.toThrow('a fault');
    const late = `import { parentPort } from 'node:worker_threads';
      parentPort.postMessage('begun'); setTimeout(() => { throw new Error('a late fault') }, 200);`;
    const pull = await start({}, new URL(`data:text/javascript,${encodeURIComponent(late)}`));
    await expect(pull.next(0)).rejects.toThrow('a late fault');
  });
});
