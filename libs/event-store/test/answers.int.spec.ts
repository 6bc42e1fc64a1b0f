import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { JetStreamApiError } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { clanRoom } from '#domain';
import { Connection } from '../src/connection.js';
import { type EventLog, LogUnavailable } from '../src/index.js';
import { LogUnderTest, message } from './log-under-test.js';

// What becomes of an event by what a stream answers. The answers are a test's own: there is no stream.

const NOTHING = 'nothing';
const LATE = 'late';
const STORED = '{"stream":"S","seq":7}';
const THERE_ALREADY = '{"stream":"S","seq":7,"duplicate":true}';

let test: LogUnderTest;
let stream: NatsConnection;
let log: EventLog;
let silence: Promise<unknown[][]>;
let slowness: Promise<unknown[]>;

beforeAll(async () => {
  test = await LogUnderTest.create(undefined, true);
  stream = await connect({ servers: test.options.servers });
  stream.subscribe(`${test.options.prefix}.ev.>`, {
    callback: (_, { reply = '', data }) => {
      const { content } = JSON.parse(Buffer.from(data).toString()) as { content: string };
      if (content === LATE)
        setTimeout(() => {
          stream.publish(reply, STORED);
        }, 600);
      else if (content !== NOTHING) stream.publish(reply, content);
    },
  });
  await stream.flush();
  log = await test.open();
  // These take their time, which the others need not wait for.
  const [silent, slow] = [await test.open(), await test.open()];
  silence = Promise.all([outcomesOf(silent, Array<string>(512).fill(NOTHING)), outcomesAfterASecond(silent)]);
  slowness = outcomesOf(slow, Array<string>(12).fill(LATE), 400);
});
afterAll(async () => {
  await test.closeAll();
  await stream.close();
});

const ending = (appended: Promise<unknown>) => appended.catch((error: unknown) => (error as Error).name);

/** Of one event after the other, begun at intervals. */
async function outcomesOf(through: EventLog, answers: readonly string[], intervalMs = 0): Promise<unknown[]> {
  const outcomes: Promise<unknown>[] = [];
  for (const answer of answers) {
    outcomes.push(ending(through.append(message(clanRoom('1'), answer))));
    if (intervalMs > 0) await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
  return Promise.all(outcomes);
}

async function outcomesAfterASecond(through: EventLog): Promise<unknown[]> {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return outcomesOf(through, Array<string>(50).fill(NOTHING));
}

/** What is given little time, and as much as this process may not get to run. */
const appended = (answer: string) =>
  ending(log.append(message(clanRoom('1'), answer), { deadline: performance.now() + 1_200 }));
const refusedWith = (err_code: number) => JSON.stringify({ error: { code: 400, err_code, description: 'for a test' } });

it.each<[string, string, unknown]>([
  ['that it is stored', STORED, { seq: 7, duplicate: false }],
  ['that it was stored before', THERE_ALREADY, { seq: 7, duplicate: true }],
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

it('what has waited for a stream that says nothing is refused, and not sent in the end', async () => {
  expect(await silence).toEqual([Array(512).fill('OutcomeUnknown'), Array(50).fill('LogUnavailable')]);
});

it('a stream that is slow is not taken for one that says nothing', async () => {
  expect(await slowness).toEqual(Array(12).fill({ seq: 7, duplicate: false }));
});

it.each([10_009, 10_118, 10_119, 10_194, 10_195])(
  'what lives on servers that are dead is away: %d',
  async (err_code) => {
    const connection = await Connection.open({ servers: test.options.servers, name: 'test' });
    const offline = () => Promise.reject(new JetStreamApiError({ code: 500, err_code, description: 'it is offline' }));
    await expect(connection.answer(offline, 100)).rejects.toMatchObject({
      name: LogUnavailable.name,
      message: 'the log is away: it is offline',
    });
    await connection.close();
  },
);
