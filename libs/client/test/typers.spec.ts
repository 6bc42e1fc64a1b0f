import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Typers } from '../src/typers.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

it('who types is shown for five seconds after it was last said, each once', async () => {
  const changed: string[] = [];
  const typers = new Typers<string, string>((where) => changed.push(where));
  typers.add('clan', 1, 'Ada');
  await jest.advanceTimersByTimeAsync(4_000);
  typers.add('clan', 1, 'Ada');
  typers.add('global', 2, 'Bob');
  await jest.advanceTimersByTimeAsync(4_999);
  expect([typers.in('clan'), typers.in('global'), typers.in('elsewhere'), changed]).toEqual([
    ['Ada'],
    ['Bob'],
    [],
    ['clan', 'global'],
  ]);
  typers.remove('global', 2);
  typers.remove('global', 2);
  await jest.advanceTimersByTimeAsync(1);
  expect([typers.in('clan'), typers.in('global'), changed]).toEqual([[], [], ['clan', 'global', 'global', 'clan']]);
});

it('that one types oneself is due every two seconds, in each place', async () => {
  const typers = new Typers<string, string>(() => undefined);
  expect([typers.isDue('clan'), typers.isDue('clan'), typers.isDue('global')]).toEqual([true, false, true]);
  await jest.advanceTimersByTimeAsync(1_999);
  expect(typers.isDue('clan')).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect(typers.isDue('clan')).toBe(true);
});
