import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../src/engine/clock.js';
import { Pauses } from '../src/engine/pauses.js';

const LONG = 600_000;

describe('the pauses of a loop', () => {
  it('all end with it, as many as there are, and from then on none takes any time', async () => {
    const pauses = new Pauses(systemClock);
    const all = [pauses.forMs(LONG), pauses.forMs(LONG), pauses.untilNews(LONG)];
    pauses.end();
    await Promise.all(all);
    await pauses.forMs(LONG);
  });

  it('end by news only where they wait for them', async () => {
    const pauses = new Pauses(systemClock);
    let ended = '';
    const firm = pauses.forMs(LONG).then(() => (ended += 'firm '));
    const waiting = pauses.untilNews(LONG).then(() => (ended += 'waiting '));
    pauses.notice();
    await waiting;
    expect(ended).toBe('waiting ');
    pauses.end();
    await firm;
  });

  it('are none where there was news already, until the loop has looked', async () => {
    const pauses = new Pauses(systemClock);
    pauses.notice();
    await pauses.untilNews(LONG);
    pauses.look();
    const over = await Promise.race([pauses.untilNews(LONG).then(() => true), Promise.resolve(false)]);
    pauses.end();
    expect(over).toBe(false);
  });
});
