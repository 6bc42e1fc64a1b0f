import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Insistence } from '../src/insistence.js';
import { connected, endAll, last, made, settled } from './socket-in-hand.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  endAll();
  jest.useRealTimers();
});

const refuse = (id: string | undefined, retryable: boolean, retry_after?: number) => {
  last().tell({ event: 'nack', id, data: { code: 'unavailable', message: 'away', retryable, retry_after } });
};

/** Has sent one frame, which counts how often it was asked for what it says. */
async function insisting(): Promise<Insistence> {
  const { connection } = await connected();
  const insistence = new Insistence(connection);
  let asked = 0;
  insistence.send(() => ({ event: 'resume', data: ++asked }));
  return insistence;
}

it('sends again, made anew and by another id, what was refused for the moment, until it is taken', async () => {
  await insisting();
  for (let i = 0; i < 3; i++) {
    refuse(last().sent.at(-1)!.id, true);
    expect(last().sent).toHaveLength(i + 1);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(last().sent).toHaveLength(i + 2);
  }
  last().tell({ event: 'ack', id: last().sent.at(-1)!.id, data: {} });
  refuse(last().sent.at(-1)!.id, true);
  await jest.advanceTimersByTimeAsync(20_000);
  const { sent } = last();
  expect(sent.map(({ data }) => data)).toEqual([1, 2, 3, 4]);
  expect(new Set(sent.map(({ id }) => id)).size).toBe(4);
});

it('lets more time pass each time that it is refused', async () => {
  const random = jest.spyOn(Math, 'random').mockReturnValue(0.99);
  await insisting();
  for (const [i, pause] of [500, 1_000, 2_000].entries()) {
    refuse(last().sent.at(-1)!.id, true);
    await jest.advanceTimersByTimeAsync(pause * 0.9);
    expect(last().sent).toHaveLength(i + 1);
    await jest.advanceTimersByTimeAsync(pause * 0.1);
    expect(last().sent).toHaveLength(i + 2);
  }
  random.mockRestore();
});

it('waits for as long as the server says', async () => {
  await insisting();
  refuse(last().sent[0]!.id, true, 20);
  await jest.advanceTimersByTimeAsync(19_900);
  expect(last().sent).toHaveLength(1);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(last().sent).toHaveLength(2);
});

it('leaves what was refused for good, and what others have sent', async () => {
  await insisting();
  refuse('another', true);
  refuse(undefined, true);
  refuse(last().sent[0]!.id, false);
  await jest.advanceTimersByTimeAsync(20_000);
  expect(last().sent).toHaveLength(1);
});

it('ends with the connection: of what waited or was not answered nothing comes over the next', async () => {
  const insistence = await insisting();
  insistence.send(() => ({ event: 'subscribe', data: null }));
  const [refused, open] = last().sent.map(({ id }) => id);
  refuse(refused, true, 30);
  last().end(1006);
  await jest.advanceTimersByTimeAsync(5_000);
  await settled();
  expect(made).toHaveLength(2);
  last().onopen!();
  refuse(open, true);
  await jest.advanceTimersByTimeAsync(20_000);
  refuse(open, true);
  await jest.advanceTimersByTimeAsync(20_000);
  expect(last().sent).toEqual([]);
});
