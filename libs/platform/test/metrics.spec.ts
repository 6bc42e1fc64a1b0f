import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import perf_hooks from 'node:perf_hooks';
import { expect, it, jest } from '@jest/globals';
import { type Config, loadConfig } from '#settings';
import { type Figure, Metrics, plain, readOnce, startMetrics } from '../src/index.js';

const gauge = (name: string, read: Figure['read'], labels: readonly string[] = []): Figure => ({
  ...{ name, help: 'What it says.', type: 'gauge', labels },
  read,
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

const configOf = (port: number): Config => loadConfig({ METRICS_PORT: String(port) }, 'standalone');

it('looks ten times a second whether the event loop is late, and not a hundred times', async () => {
  const looks = jest.spyOn(perf_hooks, 'monitorEventLoopDelay');
  await Metrics.load();
  expect(looks.mock.calls).toEqual([[{ resolution: 100 }]]);
  looks.mockRestore();
});

it('leaves out what is not known, and tells the rest', async () => {
  const metrics = await Metrics.load();
  const partition = { partition: '1' };
  metrics.add(
    gauge('parley_thrown', () => {
      throw new Error('away');
    }),
    gauge('parley_rejected', () => Promise.reject(new Error('away')), ['partition']),
    gauge('parley_none', () => []),
    gauge('parley_late', () => new Promise(() => undefined)),
    gauge('parley_labelled', () => [{ value: 3, labels: partition }], ['partition']),
    gauge('parley_plain', () => Promise.resolve([{ value: 4 }])),
    { ...gauge('parley_count_total', () => [{ value: 5 }]), type: 'counter' },
  );
  const samples = async () => (await metrics.text()).split('\n').filter((line) => line.startsWith('parley_'));
  const told = ['parley_labelled{partition="1"} 3', 'parley_plain 4', 'parley_count_total 5'];
  expect(await samples()).toEqual(told);
  // Nothing is added to what was told before.
  expect(await samples()).toEqual(told);
}, 15_000);

it('tells a counter by the name of its sample where OpenMetrics was not asked for', () => {
  const text = '# HELP a_b Help for a_b.\n# TYPE a_b counter\na_b_total 1\n# HELP c d\n# TYPE c gauge\nc 2\n# EOF\n';
  expect(plain(text)).toBe(
    '# HELP a_b_total Help for a_b.\n# TYPE a_b_total counter\na_b_total 1\n# HELP c d\n# TYPE c gauge\nc 2\n',
  );
});

it('reads once for all that ask meanwhile, and anew for who asks later', async () => {
  let reads = 0;
  const read = readOnce(() => Promise.resolve(++reads));
  expect(await Promise.all([read(), read()])).toEqual([1, 1]);
  expect(await read()).toBe(2);
});

it('is served nowhere where no port is named, and no more once it is stopped, whoever is connected', async () => {
  const stops: (() => Promise<unknown>)[] = [];
  const atEnd = (_: string, stop: () => Promise<unknown>) => void stops.push(stop);
  expect(await startMetrics(configOf(0), atEnd)).toBeUndefined();
  const port = await freePort();
  await startMetrics(configOf(port), atEnd);
  const scrape = () => fetch(`http://127.0.0.1:${port}/metrics`);
  const answer = await scrape();
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  await answer.text();
  await expect(startMetrics(configOf(port), atEnd)).rejects.toThrow(
    `METRICS_PORT ${port} on 127.0.0.1 cannot be listened on: it is in use. Give another one, or 0 for none`,
  );
  expect(stops).toHaveLength(1);
  await stops[0]!();
  await expect(scrape()).rejects.toThrow('fetch failed');
});
