import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom } from '#domain';
import { ConfigError } from '#settings';
import { loadWordFilter } from '../src/word-filter.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-words-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('a word filter', () => {
  it('is none where none is set', async () => {
    expect(await loadWordFilter(undefined)).toBeUndefined();
  });

  it('is what a module exports by default: the example', async () => {
    const filter = (await loadWordFilter(resolve('deploy/dev/word-filter.mjs')))!;
    const inClan = { room: clanRoom('3'), userId: '7' };
    expect(filter('oh Heck, that is darned', inClan)).toBe('oh H***, that is darned');
    expect(filter('see http://example.org', inClan)).toBeNull();
    expect(filter('oh heck, see http://example.org', { ...inClan, room: directRoom('7', '8') })).toMatch(/heck.*http/);
  });

  it.each([
    ['is not there', () => join(folder, 'nowhere.mjs'), 'cannot be loaded'],
    ['does not parse', () => file('broken.mjs', 'export default ('), 'cannot be loaded'],
    ['throws', () => file('throws.mjs', 'throw new Error("on purpose")'), 'on purpose'],
    ['exports nothing by default', () => file('named.mjs', 'export const filter = (text) => text;'), 'no function'],
    ['answers later', () => file('async.mjs', 'export default async (text) => text;'), 'asynchronous'],
    ['exports no function', () => file('text.mjs', 'export default "darn";'), 'no function'],
  ])('that %s is said, and what to look at', async (_, path, reason) => {
    const loading = loadWordFilter(path());
    await expect(loading).rejects.toThrow(ConfigError);
    await expect(loading).rejects.toThrow(/WORD_FILTER cannot be used: \/.*/);
    await expect(loading).rejects.toThrow(reason);
  });
});
