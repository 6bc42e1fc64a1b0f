import { expect, it, jest } from '@jest/globals';
import { atScheduledTimes, dueAt } from '../src/bench/load/schedule.js';

it('each is sent when it is due, in order, and none before', async () => {
  const start = performance.now() + 5;
  const sent: [number, number][] = [];
  const late = await atScheduledTimes(start, 500, 20, (k) => sent.push([k, performance.now()]));
  expect(sent.map(([k]) => k)).toEqual(Array.from({ length: 20 }, (_, k) => k));
  for (const [k, at] of sent) {
    expect(at).toBeGreaterThanOrEqual(start + k * 2);
    expect(late[k]).toBeGreaterThanOrEqual(0);
    expect(late[k]).toBeLessThanOrEqual(at - (start + k * 2));
  }
});

it('what is late does not move what comes after it, and is told', async () => {
  const now = jest.spyOn(performance, 'now');
  try {
    // A process that wakes up once, when half of them are due already.
    now.mockReturnValueOnce(1_050).mockReturnValue(1_100);
    const late = await atScheduledTimes(1_000, 100, 10, () => undefined);
    expect([...late]).toEqual([50, 40, 30, 20, 10, 0, 40, 30, 20, 10]);
  } finally {
    now.mockRestore();
  }
  expect(dueAt(1_000, 4, 3)).toBe(1_750);
});
