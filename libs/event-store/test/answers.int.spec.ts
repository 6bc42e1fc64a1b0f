import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { clanRoom } from '#domain';
import type { EventLog } from '../src/index.js';
import { LogUnderTest, message } from './log-under-test.js';

// What becomes of an event by what a stream answers. The answers are a test's own: there is no stream.

const NOTHING = 'nothing';

let test: LogUnderTest;
let stream: NatsConnection;
let log: EventLog;

beforeAll(async () => {
  test = await LogUnderTest.create(undefined, true);
  stream = await connect({ servers: test.options.servers });
  stream.subscribe(`${test.options.prefix}.ev.>`, {
    callback: (_, { reply = '', data }) => {
      const { content } = JSON.parse(Buffer.from(data).toString()) as { content: string };
      if (content !== NOTHING) stream.publish(reply, content);
    },
  });
  await stream.flush();
  log = await test.open();
});
afterAll(async () => {
  await test.closeAll();
  await stream.close();
});

/** How it ends within half a second of time. */
const appended = (answer: string) =>
  log
    .append(message(clanRoom('1'), answer), { deadline: performance.now() + 500 })
    .catch((error: unknown) => (error as Error).name);
const refusedWith = (err_code: number) => JSON.stringify({ error: { code: 400, err_code, description: 'for a test' } });

it.each<[string, string, unknown]>([
  ['that it is stored', '{"stream":"S","seq":7}', { seq: 7, duplicate: false }],
  ['that it was stored before', '{"stream":"S","seq":7,"duplicate":true}', { seq: 7, duplicate: true }],
  ['another last sequence', refusedWith(10_071), 'conflict'],
  ['another last sequence, of a replicated stream', refusedWith(10_164), 'conflict'],
  ['that the last sequence is not known just now', refusedWith(10_163), 'LogUnavailable'],
  ['that the disk is full', refusedWith(10_077), 'LogUnavailable'],
  ['that the same is on its way in already', refusedWith(10_158), 'OutcomeUnknown'],
  ['something else', '{}', 'OutcomeUnknown'],
  ['what cannot be read', 'OK', 'OutcomeUnknown'],
  ['nothing', NOTHING, 'OutcomeUnknown'],
])('an event of which the stream says %s', async (_, answer, outcome) => {
  expect(await appended(answer)).toEqual(outcome);
});
