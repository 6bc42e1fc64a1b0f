import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { beginIn, startTracing } from '#tracing';
import { Collector } from '../../../libs/tracing/test/collector.js';
import { Audience, FanOut } from '../src/feeds/audience.js';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import { FrameInHand } from '../src/socket/frame-in-hand.js';
import { Traffic } from '../src/traffic.js';
import { sessionInMemory } from './session-in-memory.js';
import { handlersOf } from './sessions-on-sockets.js';
import { until } from './until.js';

let collector: Collector;
let stop: () => Promise<void>;
beforeAll(async () => {
  collector = await Collector.start();
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url;
});
beforeEach(async () => {
  stop = await startTracing({ service: 'test', sampler: 'parentbased_always_off', ratio: 1, onLost: () => undefined });
});
afterAll(() => collector.stop());

const traceOf = (number: number) => String(number).padStart(32, 'a');
const traceparentOf = (number: number, flags = '01') => `00-${traceOf(number)}-00f067aa0ba902b7-${flags}`;

it('what is told of a message that is traced is a step of its trace, which says how many hear it', async () => {
  const audience = new Audience(
    new FanOut(),
    () => 0,
    () => undefined,
  );
  const [one, other] = [await sessionInMemory(), await sessionInMemory()];
  for (const { session } of [one, other]) audience.add(session);
  const traceparents = [traceparentOf(1), undefined, traceparentOf(2), traceparentOf(3, '00')];
  for (const traceparent of traceparents) audience.tell('{"data":1}', null, traceparent);
  await until('all is told', () => other.client.frames.length === 4);
  audience.tell('{"data":2}');
  await until('one more is told', () => other.client.frames.length === 5);
  await stop();
  await collector.named('deliver', 2);
  const facts = {
    'messaging.system': 'nats',
    'messaging.operation.name': 'deliver',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'live',
    'parley.audience': 2,
  };
  expect(collector.spans).toMatchObject(
    [1, 2].map((number) => ({ name: 'deliver', kind: 'consumer', trace: traceOf(number), facts, failed: false })),
  );
});

it('a frame is a step that ends with what becomes of it; what the client did wrong is no failure', async () => {
  const hand = new FrameInHand(DIRECT_CHAT, 8, new Traffic());
  const outcomes = ['accepted', 'refused', 'unavailable', 'unknown', 'failed'] as const;
  for (const [i, outcome] of outcomes.entries()) {
    const frame = { event: 'typing', data: {}, traceparent: traceparentOf(10 + i) };
    const data = Buffer.from(JSON.stringify(frame));
    hand.take({ data, binary: false, cameAt: 0 });
    expect(hand.trace(frame)).not.toBeNull();
    hand.count(outcome);
    // It is over: nothing more becomes of it.
    hand.count('failed');
  }
  await stop();
  const steps = await collector.named('typing', outcomes.length);
  expect(steps.map(({ trace, facts, failed }) => [trace, facts['parley.frame.outcome'], failed])).toEqual(
    outcomes.map((outcome, i) => [traceOf(10 + i), outcome, i > 1]),
  );
  expect(steps[0]).toMatchObject({ kind: 'server', facts: { 'parley.endpoint': '/ws' } });
});

it('what the handler of a frame does belongs to its step', async () => {
  const { session, client } = await sessionInMemory();
  session.serve(
    handlersOf({
      work: () => {
        beginIn('inner', 'producer', {})?.end();
        return { ack: {} };
      },
    }),
  );
  client.sendRaw(JSON.stringify({ event: 'work', id: 'c1', traceparent: traceparentOf(20) }));
  await until('it is done', () => client.frames.length === 1);
  await stop();
  const [[work], [inner]] = [await collector.named('work', 1), await collector.named('inner', 1)];
  expect([work!.trace, work!.parent]).toEqual([traceOf(20), '00f067aa0ba902b7']);
  expect([inner!.trace, inner!.parent]).toEqual([traceOf(20), work!.id]);
});

it('nothing is a step where nothing is traced', async () => {
  await stop();
  const hand = new FrameInHand(DIRECT_CHAT, 8, new Traffic());
  expect(hand.trace({ event: 'typing', data: {}, traceparent: traceparentOf(1) })).toBeNull();
});
