import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { GLOBAL_ROOM } from '#domain';
import type { LogRecord } from '#event-store';
import { startTracing } from '#tracing';
import { Collector } from '../../tracing/test/collector.js';
import { type Traced, TracedRound } from '../src/engine/traced-round.js';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const MINUTE = 60_000;
const now = () => NOW;

let collector: Collector;
let stop: () => Promise<void>;
beforeAll(async () => {
  collector = await Collector.start();
});
beforeEach(async () => {
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url;
  stop = await startTracing({ service: 'test', sampler: 'parentbased_always_off', ratio: 1, onLost: () => undefined });
});
afterAll(async () => {
  await stop();
  await collector.stop();
});

const traceOf = (seq: number) => String(seq).padStart(32, 'a');
const traceparentOf = (seq: number, flags = '01') => `00-${traceOf(seq)}-00f067aa0ba902b7-${flags}`;
const recordOf = (seq: number, more: Partial<LogRecord> = {}): LogRecord => ({
  ...{ seq, partition: 3, room: GLOBAL_ROOM, kind: 'msg', id: `msg.${seq}`, type: 'MessageCreated', version: 1 },
  ...{ body: '{}', at: NOW - 5, traceparent: traceparentOf(seq) },
  ...more,
});
/** Without what it was stored with. */
const untraced = (seq: number): LogRecord => {
  const { traceparent: _, ...record } = recordOf(seq);
  return record;
};

it('is none where no event of it is traced, or only such as were stored long ago', () => {
  const older = recordOf(1, { at: NOW - 16 * MINUTE });
  const none = [
    untraced(1),
    older,
    recordOf(1, { traceparent: traceparentOf(1, '00') }),
    recordOf(1, { traceparent: 'x' }),
  ];
  for (const record of none) expect(TracedRound.of('timeline', [record], now)).toBeNull();
  expect(TracedRound.of('timeline', [...none, recordOf(1, { at: NOW - 14 * MINUTE })], now)).not.toBeNull();
});

it('has a step for each event that is traced, of its own trace, and one for each that is told of', async () => {
  const records = [recordOf(1), untraced(2), recordOf(3), recordOf(4)];
  const round = TracedRound.of('timeline', records, now)!;
  const changes = [{ rev: 1, traceparent: traceparentOf(1) }, { rev: 2 }, { rev: 3, traceparent: traceparentOf(3) }];
  let told: readonly (Traced & { readonly rev: number })[] = [];
  round.tell(changes, (all: typeof told) => {
    told = all;
  });
  round.end([{ projection: 'timeline', partition: 3, seq: 4, reason: 'unreadable' }]);
  await stop();
  const live = await collector.named('publish live', 2);
  const spans = collector.spans.filter(({ facts }) => facts['messaging.batch.message_count'] === 4);
  expect(spans.map(({ trace, parent, failed }) => [trace, parent, failed])).toEqual([
    [traceOf(1), '00f067aa0ba902b7', false],
    [traceOf(3), '00f067aa0ba902b7', false],
    [traceOf(4), '00f067aa0ba902b7', true],
  ]);
  expect(live.map(({ trace, parent }) => [trace, parent])).toEqual(
    spans.slice(0, 2).map(({ trace, id }) => [trace, id]),
  );
  expect(told).toEqual([
    { rev: 1, traceparent: `00-${traceOf(1)}-${live[0]!.id}-01` },
    { rev: 2 },
    { rev: 3, traceparent: `00-${traceOf(3)}-${live[1]!.id}-01` },
  ]);
});
