import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { beginIn, beginOf, beginTrace, isTracing, startTracing, type Step, type TracingOptions } from '../src/index.js';

const parent = (flags: '00' | '01') => `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}`;

let server: Server;
let stop: (() => Promise<void>) | null = null;
let handed = 0;
let lost = { spans: 0 };
let answers = true;

beforeEach(async () => {
  [handed, answers] = [0, true];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (data: Buffer) => (text += data.toString()));
    request.on('end', () => {
      handed += text.split('"spanId"').length - 1;
      if (answers) response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env['OTEL_EXPORTER_OTLP_TIMEOUT'] = '300';
});
afterEach(async () => {
  await stop?.();
  stop = null;
  delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  delete process.env['OTEL_EXPORTER_OTLP_TIMEOUT'];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function start(sampler: TracingOptions['sampler'], ratio = 1): Promise<void> {
  const own = (lost = { spans: 0 });
  const onLost = (spans: number) => {
    own.spans += spans;
  };
  stop = await startTracing({ service: 'test', sampler, ratio, onLost });
}
const many = (count: number, begin: () => Step | null) =>
  Array.from({ length: count }, begin).filter((step) => {
    step?.end();
    return step !== null;
  }).length;

it('there are no steps while nothing is traced, before it begins and after it has ended', async () => {
  const all = () => [
    isTracing(),
    beginTrace('a', parent('01'), {}),
    beginIn('b', 'producer', {}),
    beginOf(parent('01'), 'c', 'consumer', {}),
  ];
  expect(all()).toEqual([false, null, null, null]);
  await start('always_on');
  expect(all().map(Boolean)).toEqual([true, true, false, true]);
  await stop!();
  stop = null;
  expect(all()).toEqual([false, null, null, null]);
});

it.each([
  ['parentbased_always_on', [true, false, true]],
  ['parentbased_always_off', [true, false, false]],
  ['always_on', [true, true, true]],
  ['always_off', [false, false, false]],
] as const)('%s decides on what is traced', async (sampler, expected) => {
  await start(sampler);
  expect([parent('01'), parent('00'), undefined].map((given) => beginTrace('a', given, {}) !== null)).toEqual(expected);
  // What was handed on untraced stays so, whatever is decided here.
  expect(beginOf(parent('00'), 'b', 'consumer', {})).toBeNull();
});

it('by ratio a part of what begins here is traced, and parentbased all that whoever asks has traced', async () => {
  await start('parentbased_traceidratio', 0.25);
  const count = many(4_000, () => beginTrace('a', undefined, {}));
  expect(count).toBeGreaterThan(800);
  expect(count).toBeLessThan(1_200);
  expect(many(100, () => beginTrace('a', parent('01'), {}))).toBe(100);
});

it('a step is in hand in what it does, and in what that waits for, alone', async () => {
  await start('always_on');
  const [one, two] = [beginTrace('a', undefined, {})!, beginTrace('b', undefined, {})!];
  const traceOf = ({ traceparent }: Step) => traceparent.slice(3, 35);
  const inHand = async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return traceOf(beginIn('next', 'producer', {})!);
  };
  const next = [one.run(inHand), two.run(inHand)];
  expect(beginIn('next', 'producer', {})).toBeNull();
  expect(await Promise.all(next)).toEqual([traceOf(one), traceOf(two)]);
});

it('a step ends with what comes of it, and hands that on', async () => {
  await start('always_on');
  expect(await beginTrace('a', undefined, {})!.until(Promise.resolve(7), (value) => ({ value }))).toBe(7);
  const failed = beginTrace('a', undefined, {})!.until(Promise.reject(new RangeError('of Ada')), () => ({}));
  await expect(failed).rejects.toThrow('of Ada');
});

it('of what cannot be handed over a bounded part is held, the rest is dropped, and the end is not held up', async () => {
  answers = false;
  process.env['OTEL_EXPORTER_OTLP_TIMEOUT'] = '5000';
  await start('always_on');
  expect(many(20_000, () => beginTrace('a', undefined, {}))).toBe(20_000);
  const beganAt = performance.now();
  await stop!();
  stop = null;
  expect(performance.now() - beganAt).toBeLessThan(3_000);
  expect(handed).toBeLessThanOrEqual(2_048 + 512);
  expect(handed).toBeGreaterThan(0);
  // What is under way still is tried once more after a second, and ends then.
  answers = true;
  server.closeAllConnections();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
});

it('what was lost is told', async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await start('always_on');
  many(3, () => beginTrace('a', undefined, {}));
  await stop!();
  stop = null;
  expect(lost.spans).toBe(3);
  server.listen(0);
});
