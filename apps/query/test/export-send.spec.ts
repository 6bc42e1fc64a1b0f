import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { Exports, send } from '../src/export/exports.js';

/** Longer than a busy machine leaves this process alone. */
const IDLE = 3_000;
const PIECE = 'x'.repeat(1_000_000);
const PIECES = 40;

async function* pieces(): AsyncGenerator<string> {
  for (let i = 0; i < PIECES; i++) yield await Promise.resolve(PIECE);
}

/** An export over a socket: when it is over, in ms, and what came of it. */
async function sent(read: (answer: IncomingMessage) => Promise<number>) {
  const begun = new Exports({ atOnce: 1, time: 60_000, idle: IDLE }).begin('7');
  const start = performance.now();
  const server = createServer();
  const over = new Promise<number>((resolve, reject) => {
    server.on('request', (_, response) => {
      send(pieces(), response, begun).then(() => {
        resolve(performance.now() - start);
      }, reject);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = get({ port: (server.address() as AddressInfo).port });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const [took, length] = await Promise.all([over, read(answer)]);
  answer.destroy();
  server.close();
  return { took, length };
}

describe('an export that is sent', () => {
  it('ends where nothing of it is taken', async () => {
    const { took } = await sent(() => Promise.resolve(0));
    expect(took).toBeGreaterThanOrEqual(IDLE);
    expect(took).toBeLessThan(20_000);
  });

  it('goes on for who reads slowly', async () => {
    const { took, length } = await sent(async (answer) => {
      let length = 0;
      for await (const piece of answer) {
        const before = length;
        length += (piece as Buffer).length;
        const isNext = Math.floor(before / PIECE.length) < Math.floor(length / PIECE.length);
        if (isNext) await new Promise((resolve) => setTimeout(resolve, IDLE / 16));
      }
      return length;
    });
    expect(length).toBe(PIECES * PIECE.length);
    expect(took).toBeGreaterThan(2 * IDLE);
  });
});
