import { describe, expect, it } from '@jest/globals';
import { workerName } from '../src/role.js';

describe('a worker', () => {
  it('has a name of its own, also beside one of the same host and process number', () => {
    const names = Array.from({ length: 100 }, workerName);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(new RegExp(`^[\\w-]+-${process.pid}-[0-9a-f]{6}$`));
  });
});
