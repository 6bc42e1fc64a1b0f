import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { nanos } from '@nats-io/transport-node';
import { clanRoom } from '#domain';
import type { Deliveries, Delivery, EventLog } from '../src/index.js';
import { contentOf, LogUnderTest, message } from './log-under-test.js';

// What only a server shows: it takes what it handed out from a process that is gone, and from no other.

/** Longer than this process may not get to run where the machine is busy. */
const ACK_WAIT_MS = 4_000;
let test: LogUnderTest;
let log: EventLog;
let shared: Deliveries;
let number = 0;
let name: string;

beforeAll(async () => {
  test = await LogUnderTest.create();
  log = await test.open();
});
beforeEach(async () => {
  name = `shared-${++number}`;
  (await log.share({ name, kind: 'msg' })).close();
  await test.jetstream(({ consumers }) =>
    consumers.update(test.options.stream, name, { ack_wait: nanos(ACK_WAIT_MS) }),
  );
  shared = await log.share({ name, kind: 'msg' });
});
afterAll(() => test.remove());

const say = (content: string) => log.append(message(clanRoom('shared'), content));
const take = async (from: Deliveries): Promise<Delivery> => (await from.next()) as Delivery;
const info = () => test.jetstream(({ consumers }) => consumers.info(test.options.stream, name));

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 500) throw new Error('did not come about');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a shared consumer on a server', () => {
  it('is kept with the stream, in as many copies, and does not go by itself', async () => {
    const { config } = await info();
    expect(config).toMatchObject({ durable_name: name, num_replicas: 0, max_ack_pending: 1_000 });
    expect([config.mem_storage ?? false, config.inactive_threshold ?? 0]).toEqual([false, 0]);
  });

  it('hands to another what was in the hands of a process that died, taken or not', async () => {
    const dying = await test.open();
    const theirs = await dying.share({ name, kind: 'msg' });
    shared.close();
    await Promise.all(['taken', 'waiting'].map(say));
    await take(theirs);
    await until(async () => (await info()).num_ack_pending === 2);
    await dying.close();
    const heir = await log.share({ name, kind: 'msg' });
    const inherited = [await take(heir), await take(heir)];
    expect(inherited.map(({ record, times }) => [contentOf(record), times]).sort()).toEqual([
      ['taken', 2],
      ['waiting', 2],
    ]);
    for (const { done } of inherited) done();
    heir.close();
  });

  it('leaves with a process what it works on or has not come to yet, also after it ended there', async () => {
    await Promise.all(['slow', 'waiting'].map(say));
    const slow = await take(shared);
    await until(async () => (await info()).num_ack_pending === 2);
    await new Promise((resolve) => setTimeout(resolve, 3 * ACK_WAIT_MS));
    expect((await info()).num_redelivered).toBe(0);
    (await take(shared)).done();
    shared.close();
    await new Promise((resolve) => setTimeout(resolve, 2 * ACK_WAIT_MS));
    expect((await info()).num_redelivered).toBe(0);
    slow.done();
    await until(async () => (await info()).num_ack_pending === 0);
  });

  it('takes no more than a bounded number of records into a process', async () => {
    await Promise.all(Array.from({ length: 600 }, (_, i) => say(String(i))));
    const first = (await take(shared)).record.seq;
    await until(async () => (await info()).num_ack_pending > 100);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await info()).num_ack_pending).toBeLessThanOrEqual(256);
    const heir = await log.share({ name, kind: 'msg' });
    shared.close();
    // A process that does not come round to it for so long is handed some of them again.
    const seqs = new Set<number>([first]);
    while (seqs.size < 600) {
      const { record, done } = await take(heir);
      seqs.add(record.seq);
      done();
    }
    heir.close();
  });

  it('ends as deleted where it is removed, and is made anew for who joins then', async () => {
    const next = shared.next();
    await log.removeConsumers(name);
    expect(await next).toBe('deleted');
    await say('while there was none');
    const again = await log.share({ name, kind: 'msg' });
    await say('later');
    expect(contentOf((await take(again)).record)).toBe('later');
    again.close();
  });
});
