import { describe, expect, it } from '@jest/globals';
import { Patience } from '../src/engine/patience.js';
import { Pauses } from '../src/engine/pauses.js';
import { VirtualTime } from './virtual-time.js';

const FIRST_PAUSE = 100;

/** Something is done that fails until it is let; how often it was tried, and what is known of it by its end. */
function attempted(onFailure: (error: Error) => void = () => undefined) {
  const clock = new VirtualTime();
  const patience = new Patience(clock, new Pauses(clock), onFailure);
  const seen = { tries: 0, letAt: Infinity, outcome: '' };
  const begin = () =>
    patience
      .attempt(() => {
        seen.tries += 1;
        return clock.now() >= seen.letAt ? Promise.resolve('done') : Promise.reject(new Error('away'));
      })
      .then(
        (done) => (seen.outcome = done),
        (error: unknown) => (seen.outcome = (error as Error).message),
      );
  return { clock, patience, seen, begin, isOver: () => seen.outcome !== '' };
}

describe('what has failed and may be done twice', () => {
  it('is tried again until it is done, which is known of it meanwhile', async () => {
    const { clock, patience, seen, begin, isOver } = attempted();
    seen.letAt = clock.now() + 3 * FIRST_PAUSE;
    void begin();
    await clock.runUntil(() => seen.tries === 3);
    await clock.runUntil(isOver);
    expect([seen.outcome, seen.tries, patience.isTrying]).toEqual(['done', 3, false]);
    seen.outcome = '';
    seen.letAt = Infinity;
    void begin();
    await clock.runUntil(() => seen.tries === 5);
    expect(patience.isTrying).toBe(true);
  });

  it('is given up 5 s after it was begun, by its own failure', async () => {
    const { clock, patience, seen, begin, isOver } = attempted();
    const beganAt = clock.now();
    void begin();
    await clock.runUntil(isOver);
    expect([seen.outcome, patience.isTrying]).toEqual(['away', false]);
    const after = clock.now() - beganAt;
    expect([after > 5_000, after <= 5_000 + 2_000]).toEqual([true, true]);
  });

  it('is not tried again where whoever is told of it says so', async () => {
    const { clock, patience, seen, begin, isOver } = attempted((error) => {
      throw new Error(`no sense: ${error.message}`);
    });
    void begin();
    await clock.runUntil(isOver);
    expect([seen.outcome, seen.tries, patience.isTrying]).toEqual(['no sense: away', 1, false]);
  });
});
