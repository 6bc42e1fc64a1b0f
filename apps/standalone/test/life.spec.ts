import { expect, it, jest } from '@jest/globals';
import { Life } from '../src/break-it/life.js';

// Of what is killed nothing goes on, and nothing is told to it.

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

function servers() {
  const answers: (() => void)[] = [];
  const listeners: (() => void)[] = [];
  const [close, stop] = [jest.fn(), jest.fn()];
  const later = <T>(value: T) =>
    new Promise<T>((resolve) =>
      answers.push(() => {
        resolve(value);
      }),
    );
  const log = {
    recordAt: () => later('a record'),
    consume: () => later({ next: () => later('a delivery'), close: () => Promise.resolve(close()) }),
    live: { onInterrupted: (listener: () => void) => (listeners.push(listener), stop) },
  };
  return {
    log,
    close,
    stop,
    answer: () => {
      for (const each of answers.splice(0)) each();
    },
    tell: () => {
      for (const each of listeners) each();
    },
  };
}

it('is the same for as long as it lasts', async () => {
  const { log, answer, tell } = servers();
  const heard = jest.fn();
  const lent = new Life().lend(log);
  lent.live.onInterrupted(heard);
  const consumer = lent.consume();
  answer();
  const next = (await consumer).next();
  answer();
  tell();
  expect(await next).toBe('a delivery');
  expect(heard).toHaveBeenCalledTimes(1);
});

it('hears of nothing any more once it is over, and leaves nothing open', async () => {
  const { log, close, stop, answer, tell } = servers();
  const life = new Life();
  const lent = life.lend(log);
  const happened = jest.fn();
  lent.live.onInterrupted(happened);
  const consumer = lent.consume();
  answer();
  void (await consumer).next().then(happened);
  void lent.recordAt().then(happened, happened);
  life.clock.after(1, happened);
  life.end();
  answer();
  tell();
  void lent.recordAt().then(happened, happened);
  life.clock.after(1, happened);
  answer();
  await turn();
  expect(happened).not.toHaveBeenCalled();
  expect([close.mock.calls.length, stop.mock.calls.length]).toEqual([1, 1]);
});
