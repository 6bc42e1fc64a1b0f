import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Health, HttpRefusal, NotReady } from '#platform';
import { HealthController, HealthModule } from '../src/health.controller.js';

Logger.overrideLogger(false);

describe('health', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is ready while every check says yes, and anew each time', async () => {
    jest.useFakeTimers();
    const health = new Health();
    let up = true;
    health.add('log', () => Promise.resolve());
    health.add('read models', () => (up ? Promise.resolve() : Promise.reject(new NotReady('start MongoDB'))));
    const controller = new HealthController(health);
    expect(controller.live()).toEqual({ live: true });
    await expect(controller.ready()).resolves.toEqual({ ready: true });
    up = false;
    jest.advanceTimersByTime(500);
    await expect(controller.ready()).rejects.toMatchObject({
      statusCode: 503,
      errors: [
        { reason: 'UNAVAILABLE', field: 'read models', value: null, message: 'start MongoDB', additional: null },
      ],
    });
    expect(controller.live()).toEqual({ live: true });
    up = true;
    jest.advanceTimersByTime(500);
    await expect(controller.ready()).resolves.toEqual({ ready: true });
  });

  it('looks once for all who ask at the same moment, and within half a second', async () => {
    jest.useFakeTimers();
    const health = new Health();
    let [asked, up] = [0, true];
    const answers: (() => void)[] = [];
    health.add('log', async () => {
      asked++;
      await new Promise<void>((answer) => answers.push(answer));
      if (!up) throw new NotReady('start NATS');
    });
    const [first, second] = [health.ready(), health.ready()];
    await jest.advanceTimersByTimeAsync(1_000);
    const third = health.ready();
    answers[0]!();
    expect(await Promise.all([first, second, third])).toEqual(Array(3).fill({ ready: true }));
    up = false;
    await jest.advanceTimersByTimeAsync(499);
    expect([await health.ready(), asked]).toEqual([{ ready: true }, 1]);
    await jest.advanceTimersByTimeAsync(1);
    const later = health.ready();
    answers[1]!();
    expect([await later, asked]).toMatchObject([{ ready: false }, 2]);
  });

  it('shows nothing of a fault, and waits for no check for long', async () => {
    const health = new Health();
    health.add('log', () => Promise.reject(new Error('connect 10.1.2.3 as admin')));
    health.add('lag', () => new Promise(() => undefined));
    jest.useFakeTimers();
    const ready = new HealthController(health).ready().catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(5_000);
    const refusal = await ready;
    expect(refusal).toBeInstanceOf(HttpRefusal);
    expect((refusal as HttpRefusal).errors.map(({ field }) => field)).toEqual(['log', 'lag']);
    expect(JSON.stringify((refusal as HttpRefusal).errors)).not.toContain('10.1.2.3');
  });

  it('is served once where two roles share it', () => {
    const health = new Health();
    expect(HealthModule.of(health)).toBe(HealthModule.of(health));
    expect(HealthModule.of(health)).not.toBe(HealthModule.of(new Health()));
  });
});
