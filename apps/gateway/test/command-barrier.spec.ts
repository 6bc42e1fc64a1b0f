import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LogUnavailable } from '#event-store';
import { CommandBarrier } from '../src/commands/command-barrier.js';

let barrier: CommandBarrier;
beforeEach(() => {
  barrier = new CommandBarrier();
});
afterEach(() => {
  barrier.open();
  jest.useRealTimers();
});

/** How each of them has passed, or not yet. */
function passing(): { outcome: string } {
  const passed = { outcome: 'waits' };
  barrier.pass().then(
    () => (passed.outcome = 'passed'),
    (error: unknown) => (passed.outcome = error instanceof LogUnavailable ? 'refused' : 'failed'),
  );
  return passed;
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the barrier', () => {
  it('in doubt lets nobody through of whom nothing is known in time', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    barrier.doubt(() => new Promise(() => undefined));
    expect([barrier.state, barrier.isOpen]).toEqual(['open', false]);
    const assured = barrier.assure('1', performance.now()).catch((error: unknown) => error);
    jest.advanceTimersByTime(4_500);
    expect(await assured).toBeInstanceOf(LogUnavailable);
    barrier.doubt(null);
    await barrier.assure('1', performance.now());
    expect(barrier.isOpen).toBe(true);
  });

  it('lets through while it is open, and refuses at once while it is shut', async () => {
    const early = passing();
    barrier.shut();
    const late = passing();
    await turn();
    expect([early.outcome, late.outcome]).toEqual(['passed', 'refused']);
  });

  it.each([
    [
      'passed',
      () => {
        barrier.open();
      },
    ],
    [
      'refused',
      () => {
        barrier.shut();
      },
    ],
  ])('holds what comes until it is known whether it is %s', async (outcome, say) => {
    barrier.shut();
    barrier.hold();
    const one = passing();
    barrier.hold();
    const other = passing();
    await turn();
    expect([one.outcome, other.outcome]).toEqual(['waits', 'waits']);
    say();
    await turn();
    expect([one.outcome, other.outcome, barrier.state]).toEqual([
      outcome,
      outcome,
      outcome === 'passed' ? 'open' : 'shut',
    ]);
  });

  it('can hold again', async () => {
    barrier.hold();
    barrier.open();
    barrier.hold();
    const held = passing();
    await turn();
    expect(held.outcome).toBe('waits');
  });

  it('keeps nobody longer in doubt than is left of that time', async () => {
    barrier.doubt(() => new Promise(() => undefined));
    await expect(barrier.assure('ada', performance.now() - 4_490)).rejects.toBeInstanceOf(LogUnavailable);
    await expect(barrier.assure('ada', performance.now() - 5_000)).rejects.toBeInstanceOf(LogUnavailable);
  }, 1_000);

  it('keeps nobody longer than a command may take, and no timer of who has passed', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    barrier.hold();
    const held = passing();
    jest.advanceTimersByTime(4_400);
    await turn();
    expect(held.outcome).toBe('waits');
    jest.advanceTimersByTime(100);
    await turn();
    expect(held.outcome).toBe('refused');
    passing();
    barrier.open();
    await turn();
    expect(jest.getTimerCount()).toBe(0);
  });
});
