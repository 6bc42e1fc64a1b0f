import { EventEmitter, once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpRefusal } from '#platform';
import { type Asked, Readings } from '../src/log/readings.js';

/** An answer that is open until it is taken, cut off or left. */
class AnswerUnderTest extends EventEmitter {
  closed = false;

  destroy(): this {
    this.closed = true;
    this.emit('close');
    return this;
  }
}
const answers: AnswerUnderTest[] = [];
const newAnswer = () => {
  const answer = new AnswerUnderTest();
  answers.push(answer);
  return answer as AnswerUnderTest & Asked;
};

const refused = (error: unknown) => {
  expect(error).toBeInstanceOf(HttpRefusal);
  const { statusCode, errors } = error as HttpRefusal;
  expect(errors[0]!.reason).toBe(statusCode === 503 ? 'UNAVAILABLE' : 'VALIDATION');
  return [statusCode, errors[0]!.message];
};
const refusalOf = (what: () => unknown) => {
  try {
    return what();
  } catch (error) {
    return refused(error);
  }
};
const untilAborted = async (signal: AbortSignal): Promise<never> => {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
};
const limits = { atOnce: 1, time: 1_000, idle: 1_000, fold: 1_000 };

describe('readings of the log over HTTP', () => {
  it('are so many at a time, and one that is over makes place for another', () => {
    const readings = new Readings({ ...limits, atOnce: 2 });
    const first = readings.begin();
    readings.begin();
    const more = () => readings.begin();
    const isRefused = [503, 'others read the log: try again'];
    expect(refusalOf(more)).toEqual(isRefused);
    first.over();
    expect(more().idle).toBe(1_000);
    expect(refusalOf(more)).toEqual(isRefused);
  });

  it('end after their time, each by itself, and all with their process', async () => {
    const readings = new Readings({ ...limits, atOnce: 3, time: 50 });
    const { end } = readings.begin();
    expect(end.aborted).toBe(false);
    await untilAborted(end).catch(() => undefined);
    const others = [readings.begin(), readings.begin()];
    expect(others.map((one) => one.end.aborted)).toEqual([false, false]);
    readings.onModuleDestroy();
    expect(others.map((one) => one.end.aborted)).toEqual([true, true]);
  });
});

describe('rooms that are folded over HTTP', () => {
  afterEach(() => {
    for (const answer of answers.splice(0)) answer.destroy();
  });

  it('are ended once whoever asked has gone, and the next one has its turn', async () => {
    const readings = new Readings(limits);
    const answer = newAnswer();
    const first = readings.fold('7', answer, untilAborted).catch(refused);
    const left = newAnswer();
    let isBegun = false;
    const second = readings
      .fold('7', left, () => {
        isBegun = true;
        return Promise.resolve();
      })
      .catch(refused);
    const third = readings.fold('7', newAnswer(), () => Promise.resolve('folded'));
    left.destroy();
    answer.destroy();
    expect(await Promise.all([first, second, third])).toEqual([
      [400, 'nobody waits for this any more'],
      [400, 'nobody waits for this any more'],
      'folded',
    ]);
    expect(isBegun).toBe(false);
  });

  it('are not begun for whoever has gone before', async () => {
    const answer = newAnswer();
    answer.closed = true;
    const asked = new Readings(limits).fold('7', answer, untilAborted).catch(refused);
    expect(await asked).toEqual([400, 'nobody waits for this any more']);
  });

  it('fail as their work does', async () => {
    const failed = new Readings(limits).fold('7', newAnswer(), () => Promise.reject(new Error('no such room')));
    await expect(failed).rejects.toThrow('no such room');
  });

  it('say that they take too long, or that others do', async () => {
    const readings = new Readings({ ...limits, fold: 100 });
    const long = readings.fold('7', newAnswer(), untilAborted).catch(refused);
    expect(await long).toEqual([503, expect.stringContaining('this room could not be folded within 0.1 s')]);
    const stubborn = readings.fold('7', newAnswer(), () => new Promise((resolve) => setTimeout(resolve, 400)));
    const waiting = readings.fold('8', newAnswer(), () => Promise.resolve()).catch(refused);
    expect(await waiting).toEqual([503, expect.stringContaining('others look at rooms')]);
    await stubborn;
  });

  it('are told one after the other to each who asks, who is cut off where he does not take them', async () => {
    const readings = new Readings({ ...limits, idle: 100 });
    const answer = newAnswer();
    expect(await readings.fold('7', answer, () => Promise.resolve('first'))).toBe('first');
    expect(await readings.fold('8', newAnswer(), () => Promise.resolve('of another'))).toBe('of another');
    expect(answer.closed).toBe(false);
    expect(await readings.fold('7', newAnswer(), () => Promise.resolve('second'))).toBe('second');
    expect(answer.closed).toBe(true);
  });
});
