import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  firstVersion,
  memoryReadModels,
  NotServed,
  PIN_AGE_MS,
  ReadModelsUnavailable,
  Served,
  swapped,
  type VersionRegistry,
  type Versions,
  withNextVersion,
} from '../src/index.js';

/** A registry that counts its readings, on one that can be taken away. */
class CountedRegistry implements VersionRegistry {
  readings = 0;
  isAway = false;
  private readonly registry = memoryReadModels().versions;

  async read(projection: string): Promise<Versions | null> {
    this.readings++;
    await Promise.resolve();
    if (this.isAway) throw new ReadModelsUnavailable('the server is away');
    return this.registry.read(projection);
  }

  replace(projection: string, to: Versions): Promise<boolean> {
    return this.registry.replace(projection, to);
  }
}

describe('the version that is served', () => {
  let registry: CountedRegistry;
  let opened: number[];
  let served: Served<string>;
  const first = firstVersion(3, 7);
  const second = withNextVersion(first, 3);
  const after = swapped(second, { number: 8, format: 3 });

  beforeEach(() => {
    jest.useFakeTimers();
    // The process has run for a while.
    jest.advanceTimersByTime(10 * PIN_AGE_MS);
    registry = new CountedRegistry();
    opened = [];
    const projection = (name: string, version: number) => {
      opened.push(version);
      return memoryReadModels().projection(name, version);
    };
    served = new Served(
      { versions: registry, projection },
      { name: 'timeline', format: 3 },
      () => `queries on ${opened.at(-1)}`,
    );
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const swap = async () => {
    await registry.replace('timeline', second);
    await registry.replace('timeline', after);
  };

  it('is read once by all who ask at a time, and known for half a second', async () => {
    await registry.replace('timeline', first);
    const pins = await Promise.all([served.pin(), served.pin(), served.pin()]);
    expect(pins).toEqual(pins.map(() => ({ version: 7, earlier: [], queries: 'queries on 7' })));
    jest.advanceTimersByTime(PIN_AGE_MS);
    await served.pin();
    expect(registry.readings).toBe(1);
    jest.advanceTimersByTime(1);
    await served.pin();
    expect(registry.readings).toBe(2);
    expect(opened).toEqual([7]);
    expect(PIN_AGE_MS).toBe(500);
  });

  it('is another one half a second after a swap at the latest', async () => {
    await registry.replace('timeline', first);
    await served.pin();
    await swap();
    expect((await served.pin()).version).toBe(7);
    jest.advanceTimersByTime(PIN_AGE_MS + 1);
    expect(await served.pin()).toEqual({ version: 8, earlier: [7], queries: 'queries on 8' });
    expect(opened).toEqual([7, 8]);
  });

  it('is as old as the question, not as the answer', async () => {
    await registry.replace('timeline', first);
    const pinning = served.pin();
    jest.advanceTimersByTime(PIN_AGE_MS);
    await pinning;
    jest.advanceTimersByTime(1);
    await served.pin();
    expect(registry.readings).toBe(2);
  });

  it('is none where no projector has run, or none that this release can read', async () => {
    await expect(served.pin()).rejects.toThrow(NotServed);
    await expect(served.pin()).rejects.toThrow(
      'no projector has run timeline yet: start one that has it among its PROJECTIONS',
    );
    await registry.replace('timeline', firstVersion(4, 7));
    await expect(served.pin()).rejects.toThrow(NotServed);
    await expect(served.pin()).rejects.toThrow(
      'timeline-7 has format 4, and this release reads format 3: rebuild timeline with the release that is to serve it',
    );
    expect(opened).toEqual([]);
  });

  it('is asked for again after a failure', async () => {
    await registry.replace('timeline', first);
    await served.pin();
    jest.advanceTimersByTime(PIN_AGE_MS + 1);
    registry.isAway = true;
    await expect(served.pin()).rejects.toThrow('the server is away');
    registry.isAway = false;
    expect((await served.pin()).version).toBe(7);
    expect(registry.readings).toBe(3);
  });
});
