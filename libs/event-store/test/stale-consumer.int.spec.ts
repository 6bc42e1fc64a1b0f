import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { GLOBAL_ROOM, partitionOf } from '#domain';
import { Connection } from '../src/connection.js';
import { PartitionConsumer } from '../src/partition-consumer.js';
import { Subjects } from '../src/subjects.js';
import { LogUnderTest, message } from './log-under-test.js';

const partition = partitionOf(GLOBAL_ROOM);
let test: LogUnderTest;
let connection: Connection;

beforeAll(async () => {
  test = await LogUnderTest.create();
  connection = await Connection.open({ ...test.options, name: 'stale' });
  // As where several servers hold the log.
  Object.defineProperty(connection, 'isClustered', { value: true });
});
afterAll(async () => {
  await connection.close();
  await test.remove();
});

it.each([undefined, ['msg'] as const])(
  'a consumer that says it is well and gives nothing is lost, of %j',
  async (kinds) => {
    const { stream, prefix } = test.options;
    const log = await test.open();
    const name = `stale-${kinds?.length ?? 0}`;
    const options = {
      name,
      deleteOthersWithPrefix: 'none-',
      partition,
      from: 1,
      temporary: true,
      ...(kinds && { kinds }),
    };
    const consumer = await PartitionConsumer.start(connection, stream, new Subjects(prefix), log.keyring, options);
    await log.append(message(GLOBAL_ROOM, 'before'));
    expect(await consumer.next()).not.toHaveLength(0);
    // It is as one of which the server has not got more: its heartbeats come.
    const later = new Date(Date.now() + 60_000);
    await test.jetstream(({ consumers }) => consumers.pause(stream, name, later));
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(consumer.ended).toBeNull();
    await log.append(message(GLOBAL_ROOM, 'after'));
    expect(await consumer.next()).toBe('lost');
    await consumer.close();
  },
  40_000,
);
