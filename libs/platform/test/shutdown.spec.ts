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

  it('has a time limit, and says what kept it', async () => {
    const { lines, logger } = recorder();
    const hangs = { name: 'sockets', stop: () => new Promise(() => undefined) };
    await expect(stopAll([hangs], logger, 20)).resolves.toBe(false);
    expect(lines).toEqual(['stopping sockets took too long; given up after 0.02 s']);
  });
});
