import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { clanRoom } from '#domain';
import type { EventLog } from '../src/index.js';
import { LogUnderTest, message } from './log-under-test.js';

// What becomes of events that go together by what a stream answers. The answers are a test's own: there is no stream.

let test: LogUnderTest;
let stream: NatsConnection;
let log: EventLog;
let taken: { readonly content: string; readonly inBatch: boolean }[] = [];
/** To what is sent by itself, and to the last one of a batch; null for none. */
let toSingle: (seq: number) => string | null;
let toBatch: () => string | null;
let answerLater: ((reply: string, answer: string) => void) | null = null;

const STORED = (seq: number) => JSON.stringify({ stream: 'S', seq });
const refusedWith = (err_code: number) => JSON.stringify({ error: { code: 400, err_code, description: 'for a test' } });

beforeAll(async () => {
  test = await LogUnderTest.create(undefined, true);
  stream = await connect({ servers: test.options.servers });
  stream.subscribe(`${test.options.prefix}.ev.>`, {
    callback: (_, { headers, reply, data }: Msg) => {
      const { content } = JSON.parse(Buffer.from(data).toString()) as { content: string };
      const inBatch = headers?.has('Nats-Batch-Id') ?? false;
      taken.push({ content, inBatch });
      if (!reply) return;
      const answer = inBatch ? toBatch() : toSingle(taken.length);
      if (answer !== null && answerLater) answerLater(reply, answer);
      else if (answer !== null) stream.publish(reply, answer);
    },
  });
  await stream.flush();
});
beforeEach(async () => {
  taken = [];
  toSingle = STORED;
  log = await test.open({ synced: true });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await test.closeAll();
  await stream.close();
});

const COUNT = 40;
const contents = Array.from({ length: COUNT }, (_, i) => String(i));
const appendAll = (withinMs = 3_000) => {
  const options = { deadline: performance.now() + withinMs };
  return Promise.all(
    contents.map((content) =>
      log.append(message(clanRoom('1'), content), options).catch((error: unknown) => (error as Error).name),
    ),
  );
};
const apart = { inBatch: false };
const outcomesOf = (first: number) => contents.map((_, i) => ({ seq: first + i, duplicate: false }));
const isTriedAgain = async () => {
  taken = [];
  await appendAll();
  return taken.some(({ inBatch }) => inBatch);
};

it('are stored up to the sequence that it says', async () => {
  toBatch = () => JSON.stringify({ stream: 'S', seq: 100, batch: 'B', count: COUNT });
  expect(await appendAll()).toEqual(outcomesOf(61));
  expect(taken.map(({ content }) => content)).toEqual(contents);
  expect(await isTriedAgain()).toBe(true);
});

it.each([
  ['another last sequence', 10_071],
  ['another last sequence, of a replicated stream', 10_164],
  ['that the last sequence is not known just now', 10_163],
  ['that one is on its way in already', 10_158],
  ['that one is there already', 10_201],
])('go by themselves, and the next together, where it says %s', async (_, code) => {
  toBatch = () => refusedWith(code);
  expect(await appendAll()).toEqual(outcomesOf(COUNT + 1));
  expect(taken.slice(COUNT)).toEqual(contents.map((content) => ({ content, ...apart })));
  expect(await isTriedAgain()).toBe(true);
});

it.each([
  ['that it takes no batches', () => refusedWith(10_174)],
  ['that one is missing', () => refusedWith(10_176)],
  ['that there are too many', () => refusedWith(10_199)],
  ['that the disk is full', () => refusedWith(10_077)],
  ['that the last one is stored, as a server does that knows of no batches', () => STORED(7)],
  ['that fewer are stored', () => JSON.stringify({ stream: 'S', seq: 100, batch: 'B', count: COUNT - 1 })],
  ['what cannot be read', () => 'OK'],
])('go by themselves, as the next do for 10 s, where it says %s', async (_, answer) => {
  toBatch = answer;
  expect(await appendAll()).toEqual(outcomesOf(COUNT + 1));
  expect(taken.slice(COUNT)).toEqual(contents.map((content) => ({ content, ...apart })));
  expect(await isTriedAgain()).toBe(false);
  const now = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => now() + 10_001);
  expect(await isTriedAgain()).toBe(true);
});

it('go by themselves where it says nothing for 1.5 s', async () => {
  toBatch = () => null;
  expect(await appendAll()).toEqual(outcomesOf(COUNT + 1));
  expect(await isTriedAgain()).toBe(false);
});

it('are not sent again once they are given up', async () => {
  toBatch = () => null;
  expect(await appendAll(500)).toEqual(contents.map(() => 'OutcomeUnknown'));
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(taken).toHaveLength(COUNT);
});

it('are certainly not stored where each is refused as well', async () => {
  toBatch = () => refusedWith(10_077);
  toSingle = () => refusedWith(10_077);
  expect(await appendAll()).toEqual(contents.map(() => 'LogUnavailable'));
});

it('may be stored where it said nothing, and each is refused then', async () => {
  toBatch = () => null;
  toSingle = () => refusedWith(10_077);
  expect(await appendAll()).toEqual(contents.map(() => 'OutcomeUnknown'));
});

it('may be stored where it said nothing, and nothing of each', async () => {
  toBatch = () => null;
  toSingle = () => null;
  expect(await appendAll()).toEqual(contents.map(() => 'OutcomeUnknown'));
});

it('hear of a log that says nothing as soon as each by itself does, and what waits is not sent in the end', async () => {
  toBatch = () => null;
  toSingle = () => null;
  const first = appendAll(4_500);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const second = appendAll(5_000);
  expect(await first).toEqual(contents.map(() => 'OutcomeUnknown'));
  const { length } = taken;
  await second;
  expect(taken).toHaveLength(length);
});

it('wait to go together where 32 by themselves are unanswered', async () => {
  toBatch = () => JSON.stringify({ stream: 'S', seq: 5_000, batch: 'B', count: COUNT });
  const answers: (() => void)[] = [];
  answerLater = (reply, answer) => {
    answers.push(() => {
      stream.publish(reply, answer);
    });
  };
  const appended: Promise<unknown>[] = [];
  for (const [count, sent] of [
    [31, 31],
    [31, 32],
    [10, 72],
  ] as const) {
    for (let i = 0; i < count; i++) appended.push(log.append(message(clanRoom('1'), String(i))));
    while (taken.length < sent) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(taken.map(({ inBatch }) => inBatch)).toEqual(Array.from({ length: 72 }, (_, i) => i >= 32));
  for (const answer of answers) answer();
  answerLater = null;
  await Promise.all(appended);
});

it('go together also after those before took long, as on a busy machine', async () => {
  const size = 400;
  toBatch = () => JSON.stringify({ stream: 'S', seq: 5_000, batch: 'B', count: size });
  answerLater = (reply, answer) =>
    setTimeout(() => {
      stream.publish(reply, answer);
    }, 100);
  for (let i = 0; i < 4; i++) {
    await Promise.all(Array.from({ length: size }, () => log.append(message(clanRoom('1'), 'more'))));
  }
  answerLater = null;
  expect(taken.filter(({ inBatch }) => inBatch)).toHaveLength(4 * size);
});
