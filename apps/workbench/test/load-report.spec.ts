import { expect, it } from '@jest/globals';
import { loadText, ratiosOf, type RunLeg, voidOf } from '../src/bench/load/report.js';

const leg = (side: 'A' | 'B', gatewaySeconds: number, more: Partial<RunLeg['load']> = {}, rate = 1_000): RunLeg => ({
  ...{ side, rate, members: 10, seconds: 1 },
  load: {
    ...{ sent: 1_000, accepted: 1_000, delivered: 10_000, inTime: 9_900, acked: 0, lost: 0, faults: [] },
    ...{ latency: { p50: 10 * gatewaySeconds, p99: 20, max: 30 }, late: 1, elapsed: 1_010, loadCpu: 0.2 },
    ...more,
  },
  cpu: [
    { part: 'gateways', seconds: gatewaySeconds },
    { part: 'database', seconds: 1 },
  ],
});

it.each([
  [{}, null],
  [{ lost: 1 }, 'the verifier found faults'],
  [{ faults: ['told twice'] }, 'the verifier found faults'],
  [{ loadCpu: 0.71 }, 'the generator took 71 % of a core'],
  [{ late: 26 }, 'p99 of messages left 26 ms late'],
])('what of %j makes a leg void: %s', (more, expected) => {
  expect(voidOf(leg('A', 1, more))).toBe(expected);
});

it('ratios are medians of pairs of legs one after the other, B to A, at each rate', () => {
  const legs = [leg('A', 1), leg('B', 0.5), leg('B', 3), leg('A', 2), leg('A', 2), leg('B', 4), leg('A', 1, {}, 300)];
  const [first, alone] = ratiosOf([...legs, leg('B', 3, {}, 300)]);
  expect(first).toMatchObject({ rate: 1_000, pairs: 3, void: 0, cpu: 1.333, p50: 1.5, p99: 1 });
  expect(first!.cpuByPart).toEqual({ gateways: 1.5, database: 1 });
  expect(alone).toMatchObject({ rate: 300, pairs: 1, cpu: 2 });
});

it('a pair with a leg that is void counts for nothing', () => {
  const [ratios] = ratiosOf([leg('A', 1), leg('B', 2), leg('B', 9, { late: 99 }), leg('A', 1)]);
  expect(ratios).toMatchObject({ pairs: 1, void: 1, p50: 2 });
  expect(ratiosOf([leg('A', 1), leg('B', 2, { lost: 1 })])[0]).toMatchObject({ pairs: 0, void: 1, cpu: null });
});

it('prints what a message costs, by part, and why a leg is void', () => {
  const text = loadText({
    ...{ scenario: 'S1', durability: 'd0', rooms: 100, members: 10, senders: 10, acks: false, seconds: 1 },
    ...{ against: null, metrics: false, scrapes: 0, legs: [leg('A', 2), leg('A', 2, { faults: ['told twice'] })] },
    machine: { cpu: 'one', cores: 2, system: 'linux', node: 'v24', nats: 'nats', database: 'mongod' },
  });
  expect(text).toContain('achieved 99 %');
  expect(text).toContain('CPU 3000 µs a message (gateways 2000, database 1000); 3,333 deliveries per CPU-second');
  expect(text).toContain('VOID: the verifier found faults');
  expect(text).toContain('FAULT  told twice');
});
