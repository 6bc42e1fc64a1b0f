import { setTimeout as pass } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom, type WordFilter } from '#domain';
import { checkedWordFilter } from '../src/commands/checked-word-filter.js';

const context = { room: clanRoom('3'), userId: '7' };

describe('a word filter of somebody else’s', () => {
  let logged: string[];
  beforeEach(() => {
    logged = [];
    jest.spyOn(Logger.prototype, 'error').mockImplementation((message: unknown) => void logged.push(String(message)));
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('has its word', () => {
    const asked: unknown[] = [];
    const filter = checkedWordFilter((text, about) => {
      asked.push(about);
      return text === 'no' ? null : `${text}!`;
    });
    expect([filter('no', context), filter('yes', context)]).toEqual([null, 'yes!']);
    expect(asked).toEqual([context, context]);
    expect(logged).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an empty text', ''],
    ['only white space', ' \n'],
    ['a text that is too long', 'x'.repeat(4_001)],
    ['half a character', 'a\ud800'],
    ['a promise', Promise.resolve('yes')],
    ['a yes', true],
  ])('that answers with %s refuses, and is told of once', (_, answer) => {
    const filter = checkedWordFilter((() => answer) as unknown as WordFilter);
    for (let i = 0; i < 3; i++) expect(filter('yes', context)).toBeNull();
    expect(logged).toEqual([expect.stringContaining('the word filter fails')]);
  });

  it('that answers with what fails later refuses at once, and nothing comes of the failure', async () => {
    const fails = async () => {
      await pass(5);
      throw new Error('on purpose');
    };
    const filter = checkedWordFilter(fails as unknown as WordFilter);
    for (let i = 0; i < 3; i++) expect(filter('yes', context)).toBeNull();
    // A rejection that nobody handles fails the test.
    await pass(50);
    expect(logged).toEqual([expect.stringContaining('a promise')]);
  });

  it('that throws refuses, and is told of once', () => {
    const filter = checkedWordFilter((text) => {
      if (text === 'yes') return text;
      throw new TypeError('on purpose');
    });
    expect([filter('a', context), filter('yes', context), filter('b', context)]).toEqual([null, 'yes', null]);
    expect(logged).toEqual([expect.stringContaining('on purpose')]);
  });
});
