import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { MONGODB_URL } from '../../chatctl/test/system-under-test.js';

// The benchmarks run, and what they print holds together: what they measure is not asked here.

const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What `npm run bench:…` runs, once it is built. */
const run = (...args: string[]) =>
  new Promise<{ status: number | string | null; out: string; complaints: string }>((resolve) => {
    const main = 'dist/apps/workbench/src/bench/main.js';
    const env = { ...process.env, PARLEY_DATA: folder };
    execFile(process.execPath, [main, ...args], { env }, (error, out, complaints) => {
      resolve({ status: error ? (error.code ?? null) : 0, out, complaints });
    });
  });

async function figuresOf(...args: string[]): Promise<Record<string, unknown>> {
  const { status, out, complaints } = await run(...args, '--json');
  if (status !== 0) throw new Error(`${out}\n${complaints}`);
  return JSON.parse(out) as Record<string, unknown>;
}

const onServers = MONGODB_URL === undefined ? it.skip : it;

onServers(
  'bench:load delivers everything to everybody, acknowledged, on two checkouts in turns',
  async () => {
    const args = ['--scenario', 'S3', '--durability', 'd0', '--rates', '20', '--seconds', '2', '--acks'];
    const figures = await figuresOf('load', ...args, '--against', '.', '--pairs', '1');
    const leg = { rate: 20, sent: 40, accepted: 40, acked: 40, delivered: 40_000, lost: 0, faults: [] };
    expect(figures).toMatchObject({
      ...{ benchmark: 'load', scenario: 'S3', durability: 'd0' },
      legs: [
        { side: 'A', ...leg },
        { side: 'B', ...leg },
      ],
      ratios: [{ rate: 20 }],
    });
  },
  180_000,
);

onServers(
  'bench:smoke loses nothing',
  async () => {
    const figures = await figuresOf('smoke', '--rate', '50', '--seconds', '2', '--fast-ack');
    expect(figures).toMatchObject({ sent: 100, accepted: 100, delivered: 1_000, lost: 0, faults: [] });
  },
  120_000,
);

onServers(
  'bench:idle keeps every connection, and says what each takes',
  async () => {
    const args = ['--connections', '200', '--groups', '2', '--seconds', '1'];
    const figures = await figuresOf('idle', ...args);
    expect(figures).toMatchObject({ connections: 200, faults: [] });
    expect(figures['kilobytesEachByGroup']).toHaveLength(2);
  },
  120_000,
);

onServers(
  'bench:retention says what is kept of messages, and how long a server and a projector take with them',
  async () => {
    const figures = await figuresOf('retention', '--messages', '2000', '--chats', '10');
    const start = { seconds: expect.any(Number), mb: expect.any(Number) };
    expect(figures).toMatchObject({
      ...{ benchmark: 'retention', messages: 2_000, chats: 10 },
      nats: { orderly: start, unindexed: start },
      folded: { gateway: { mb: expect.any(Number) } },
    });
    const { events, log } = figures as { events: number; log: Record<string, number> };
    expect(events).toBeGreaterThan(2_000);
    expect(log['bytes']! / events).toBeCloseTo(log['bytesPerEvent']!);
    expect(log['onDisk']).toBeGreaterThan(log['bytes']!);
    expect(log['plainBytesPerEvent']).toBeLessThan(log['bytesPerEvent']!);
  },
  180_000,
);

it.each([
  [['load', '--scenario', 'S4'], '--scenario must be S0 or S1 or S2 or S3'],
  [['load', '--rates', '300,x'], '--rates must be whole numbers from 1 to 40000'],
  [['load', '--scenario', 'S3', '--rates', '401'], '--rates must be whole numbers from 1 to 400'],
  [['load', '--against', '/nowhere'], '/nowhere is no checkout that is built'],
  [['load', '--more'], 'usage: npm run bench:load'],
  [['idle', '--connections', '0'], '--connections must be a whole number from 100 to 20000'],
  [['retention', '--messages', '10'], '--messages must be a whole number from 1000 to 1000000000'],
  [['nothing'], 'which benchmark?'],
])('does not take %j', async (args, complaint) => {
  const { status, complaints } = await run(...args);
  expect([status, complaints]).toEqual([2, expect.stringContaining(complaint)]);
});
