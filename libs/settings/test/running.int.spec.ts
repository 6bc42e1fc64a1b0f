import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { findRunning, sayRunning, sayStopped } from '../src/running.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-running-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('is found while it runs, also in a folder that nobody has made', () => {
  const dataFolder = join(folder, 'not', 'there');
  expect(findRunning(dataFolder)).toBeNull();
  const nats = { servers: 'nats://127.0.0.1:4222', stream: 'EVENTS', prefix: 'chat' };
  const running = { pid: process.pid, gateways: ['ws://127.0.0.1:1'], http: 'http://127.0.0.1:1', nats, mongodb: null };
  sayRunning(dataFolder, running);
  expect(findRunning(dataFolder)).toEqual(running);
  sayStopped(dataFolder);
  expect(findRunning(dataFolder)).toBeNull();
});
