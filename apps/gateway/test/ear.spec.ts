import { expect, it } from '@jest/globals';
import { Ear } from '../src/feeds/signals.js';

it('an ear hears once, for as long as somebody wants to, and again when somebody does', () => {
  const heard: string[] = [];
  let isWanted = false;
  const ear = new Ear(
    () => isWanted,
    () => {
      heard.push('begins');
      return { stop: () => heard.push('ends') };
    },
  );
  const wanted = (is: boolean) => {
    isWanted = is;
    ear.check();
    ear.check();
    return heard.splice(0);
  };
  expect([wanted(false), wanted(true), wanted(false), wanted(true)]).toEqual([[], ['begins'], ['ends'], ['begins']]);
  for (let i = 0; i < 2; i++) ear.stop();
  expect(heard).toEqual(['ends']);
});
