import { describe, expect, it } from '@jest/globals';
import { type LoggerService } from '@nestjs/common';
import { stopAll } from '../src/shutdown.js';

function recorder(): { lines: string[]; logger: LoggerService } {
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  return { lines, logger: { log: note, warn: note, error: note } };
}

describe('stopping', () => {
  it('goes part by part, past one that fails', async () => {
    const { lines, logger } = recorder();
    const order: string[] = [];
    const part = (name: string, fails = false) => ({
      name,
      stop: async () => {
        await Promise.resolve();
        order.push(name);
        if (fails) throw new Error('stuck');
      },
    });
    await expect(stopAll([part('http'), part('log')], logger)).resolves.toBe(true);
    await expect(stopAll([part('a'), part('b', true), part('c')], logger)).resolves.toBe(false);
    expect(order).toEqual(['http', 'log', 'a', 'b', 'c']);
    expect(lines).toEqual(['stopping b: stuck']);
  });

  it('gives a part up that takes too long, says so, and goes on', async () => {
    const { lines, logger } = recorder();
    const order: string[] = [];
    const hangs = { name: 'sockets', stop: () => new Promise(() => undefined) };
    const log = { name: 'log', stop: () => Promise.resolve(order.push('log')) };
    await expect(stopAll([hangs, log], logger, 20)).resolves.toBe(false);
    expect([lines, order]).toEqual([['stopping sockets took too long; given up after 0.02 s'], ['log']]);
  });

  it('takes no longer than twice that, however many hang', async () => {
    const { lines, logger } = recorder();
    const hangs = ['one', 'two', 'three', 'four'].map((name) => ({ name, stop: () => new Promise(() => undefined) }));
    await expect(stopAll(hangs, logger, 300)).resolves.toBe(false);
    expect(lines.at(-1)).toMatch(/^stopping (two|three) took too long; given up after 0\.6 s$/);
  });
});
