import { describe, expect, it } from '@jest/globals';
import { RetryableError } from '#domain';
import { connectPatiently, sayHindrances } from '../src/connecting.js';

const away = new RetryableError('nobody listens there');

describe('connecting to a server', () => {
  it('waits for one that is not up yet, and says so', async () => {
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    let attempts = 0;
    const connect = (): Promise<string> => (++attempts < 2 ? Promise.reject(away) : Promise.resolve('connected'));
    await expect(connectPatiently('NATS', connect, { log: note, warn: note, error: note })).resolves.toBe('connected');
    expect(lines).toEqual(['waiting for NATS: nobody listens there']);
  });

  it('does not wait for what waiting will not mend', async () => {
    const quiet = (): void => undefined;
    const connect = (): Promise<never> => Promise.reject(new Error('wrong password'));
    const connecting = connectPatiently('NATS', connect, { log: quiet, warn: quiet, error: quiet });
    await expect(connecting).rejects.toThrow('wrong password');
  });
});

describe('what hinders the log', () => {
  it('is said once, as an error, and that it is over', () => {
    const lines: string[] = [];
    const logger = {
      log: (line: string) => lines.push(`log ${line}`),
      warn: (line: string) => lines.push(`warn ${line}`),
      error: (line: string) => lines.push(`error ${line}`),
    };
    let tell: (hindrance: string | null) => void = () => undefined;
    const onHindrance = (listener: typeof tell) => {
      tell = listener;
      return () => undefined;
    };
    sayHindrances({ onHindrance }, logger);
    tell('the disk is full');
    tell(null);
    expect(lines).toEqual(['error no event is stored: the disk is full', 'log events are stored again']);
  });
});
