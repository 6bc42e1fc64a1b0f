import { describe, expect, it } from '@jest/globals';
import { allEnded } from '../src/engine/all-ended.js';

describe('what is done together', () => {
  it('fails once all of it has ended', async () => {
    const done: string[] = [];
    const slow = new Promise<void>((resolve) => setTimeout(resolve, 20)).then(() => void done.push('slow'));
    await expect(allEnded([Promise.reject(new Error('away')), slow])).rejects.toThrow('away');
    expect(done).toEqual(['slow']);
  });
});
