import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LogUnavailable } from '#event-store';
import { Gate } from '../src/feeds/gate.js';

let gate: Gate;
beforeEach(() => {
  gate = new Gate();
});
afterEach(() => {
  gate.open();
  jest.useRealTimers();
});

/** How each of them has passed, or not yet. */
function passing(): { outcome: string } {
  const passed = { outcome: 'waits' };
  gate.pass().then(
    () => (passed.outcome = 'passed'),
    (error: unknown) => (passed.outcome = error instanceof LogUnavailable ? 'refused' : 'failed'),
  );
  return passed;
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the gate', () => {
  it('lets through while it is open, and refuses at once while it is shut', async () => {
    const early = passing();
    gate.shut();
    const late = passing();
    await turn();
    expect([early.outcome, late.outcome]).toEqual(['passed', 'refused']);
  });

  it.each([
    [
      'passed',
      () => {
        gate.open();
      },
    ],
    [
      'refused',
      () => {
        gate.shut();
      },
    ],
  ])('holds what comes until it is known whether it is %s', async (outcome, say) => {
    gate.shut();
    gate.hold();
    const one = passing();
    gate.hold();
    const other = passing();
    await turn();
    expect([one.outcome, other.outcome]).toEqual(['waits', 'waits']);
    say();
    await turn();
    expect([one.outcome, other.outcome, gate.way]).toEqual([outcome, outcome, outcome === 'passed' ? 'open' : 'lost']);
  });

  it('can hold again', async () => {
    gate.hold();
    gate.open();
    gate.hold();
    const held = passing();
    await turn();
    expect(held.outcome).toBe('waits');
  });

  it('keeps nobody longer than a command may take, and no timer of who has passed', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    gate.hold();
    const held = passing();
    jest.advanceTimersByTime(4_400);
    await turn();
    expect(held.outcome).toBe('waits');
    jest.advanceTimersByTime(100);
    await turn();
    expect(held.outcome).toBe('refused');
    passing();
    gate.open();
    await turn();
    expect(jest.getTimerCount()).toBe(0);
  });
});
