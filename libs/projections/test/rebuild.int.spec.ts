import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type DomainEvent, GLOBAL_ROOM, keySequence, PARTITIONS } from '#domain';
import { EventLog } from '#event-store';
import {
  type DocumentStore,
  firstVersion,
  memoryReadModels,
  type ReadModels,
  ReadModelsUnavailable,
  swapped,
  type VersionRegistry,
  versionName,
  withNextVersion,
  withoutBuilding,
  withSwap,
} from '#read-models';
import { type Clock, rebuild, Runner, Timeline, timeline, type WorkerLog } from '../src/index.js';
import { until } from './read-models-under-test.js';

const nextKey = keySequence(randomBytes(8));

const posted = (content: string): DomainEvent => {
  const key = nextKey();
  const sender = { id: '1', name: 'Ada', avatar: null };
  const at = '2026-01-02T03:04:05.678Z';
  return { type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${key}`, at, messageId: key, sender, content };
};

/** A swap takes seconds of waiting, and gives its steps four. */
const TIMES = 3;
const quick: Clock = {
  now: () => performance.now() * TIMES,
  date: () => new Date(),
  after: (ms, f) => {
    const timer = setTimeout(f, ms / TIMES);
    return () => {
      clearTimeout(timer);
    };
  },
};

describe('a rebuild in a room where nothing more is said', () => {
  const said: string[] = [];
  const told: { readonly version: number; readonly to: number }[] = [];
  const quiet = () => undefined;
  const logger: WorkerLog = { log: quiet, warn: (line) => said.push(line), error: (line) => said.push(line) };
  let log: EventLog;
  let readModels: ReadModels;
  let runner: Runner<unknown>;
  let interruption: AbortController;

  beforeEach(async () => {
    said.length = 0;
    mayWrite = () => true;
    interruption = new AbortController();
    const suffix = randomUUID().slice(0, 8);
    const servers = process.env['TEST_NATS_URL'] ?? '';
    log = await EventLog.connect({ servers, stream: `B_${suffix}`, prefix: `b_${suffix}`, name: 'rebuild test' });
    await log.setUp();
    readModels = { ...memoryReadModels(), shared: true };
    await readModels.versions.replace('timeline', firstVersion(timeline.format, 1));
    runner = new Runner({ projection: timeline, log, readModels, owner: 'projector', logger, clock: quick });
    void runner.start();
    await log.append(posted('the only one'));
    log.live.subscribeToRoom(GLOBAL_ROOM, (text) => told.push(JSON.parse(text) as (typeof told)[number]));
    await log.live.flush();
    await until('it is folded', async () => (await lastN(1)) === 1 && runner.owned.length === PARTITIONS);
    await log.live.flush();
    told.length = 0;
  });

  afterEach(async () => {
    for (const beating of heartbeats.splice(0)) clearInterval(beating);
    interruption.abort();
    await runner.stop();
    await log.close();
  });

  const heartbeats: NodeJS.Timeout[] = [];
  /** Somebody else who works on a version, from now on until they leave, or the test ends. */
  const keepPresent = async (version: number, who: string): Promise<() => void> => {
    const beat = () => log.workers.beat(versionName('timeline', version), who);
    await beat();
    const beating = setInterval(() => void beat().catch(quiet), 200);
    heartbeats.push(beating);
    return () => {
      clearInterval(beating);
    };
  };

  const versions = async () => (await readModels.versions.read('timeline'))!;
  const lastN = (version: number) => new Timeline(readModels.projection('timeline', version)).lastN(GLOBAL_ROOM);
  /** What the builder writes waits while it is closed. */
  let mayWrite: () => boolean;
  const held = (store: DocumentStore): DocumentStore => ({
    setUp: (collections) => store.setUp(collections),
    get: (collection, ids) => store.get(collection, ids),
    findBy: (collection, field, values) => store.findBy(collection, field, values),
    range: (collection, range) => store.range(collection, range),
    highest: (collection, highest) => store.highest(collection, highest),
    write: async (collection, writes) => {
      await until('it may be written', mayWrite);
      await store.write(collection, writes);
    },
  });
  const build = (
    changed: Partial<VersionRegistry> = {},
    onProgress: (version: number, left: number) => void = quiet,
    owner = 'builder',
  ) => {
    const { read, replace } = {
      read: (name: string) => readModels.versions.read(name),
      replace: (...[name, to]: Parameters<VersionRegistry['replace']>) => readModels.versions.replace(name, to),
      ...changed,
    };
    return rebuild({
      ...{ projection: timeline, log, logger, owner, clock: quick, signal: interruption.signal },
      readModels: {
        ...readModels,
        versions: { read, replace },
        projection: (name, version) => held(readModels.projection(name, version)),
      },
      onProgress,
    });
  };

  it('is served, and told of from then on', async () => {
    const { version, before, takenOver } = await build();
    expect([version.number, before.number, takenOver]).toEqual([2, 1, true]);
    expect(await lastN(2)).toBe(1);
    await log.append(posted('after'));
    // Who takes a partition over may tell once more what was told last.
    await until('it is told', () => told.some(({ to }) => to === 2));
    expect(told.at(-1)).toMatchObject({ version: 2, from: 1, to: 2 });
    expect(told.every(({ version }) => version === 2)).toBe(true);
  });

  it('is not served while somebody folds the version before', async () => {
    const leave = await keepPresent(1, 'one who goes on');
    const building = build();
    building.catch(quiet);
    await until('the swap is marked', async () => (await versions()).swap !== null);
    await until('the projector has stopped', () => runner.owned.length === 0);
    await log.append(posted('while nobody folds what is served'));
    // Who starts over may tell once more what was told last.
    await until('it is told by who builds', () => told.some(({ to }) => to === 2));
    expect(told.at(-1)).toMatchObject({ version: 2, from: 1, to: 2 });
    expect(told.every(({ version }) => version === 2)).toBe(true);
    expect((await versions()).serving.number).toBe(1);
    await until('it gives up once', () => said.some((line) => line.includes('did not stop: one who goes on')));
    await until('the swap is undone', async () => (await versions()).swap === null);
    expect(await versions()).toMatchObject({ serving: { number: 1 }, building: { number: 2 } });
    leave();
    expect((await building).version.number).toBe(2);
  });

  it('is not served before it has what was said until those who folded the version before had stopped', async () => {
    let isOpen = true;
    mayWrite = () => isOpen;
    const leave = await keepPresent(1, 'slow to stop');
    const building = build();
    building.catch(quiet);
    await until('it is built', async () => (await lastN(2)) === 1);
    await until('the swap is marked', async () => (await versions()).swap !== null);
    isOpen = false;
    // As late as that: they are being waited for.
    await sleep(400);
    await log.append(posted('while they stop'));
    leave();
    await log.workers.leave(versionName('timeline', 1), 'slow to stop');
    await until('it gives up once', () => said.some((line) => line.includes('did not reach the end of the log')));
    expect((await versions()).serving.number).toBe(1);
    isOpen = true;
    expect((await building).version.number).toBe(2);
    expect(await lastN(2)).toBe(2);
  });

  it('keeps nobody waiting while it is far behind', async () => {
    await Promise.all(Array.from({ length: 2_100 }, (_, i) => log.append(posted(`message ${i}`))));
    let isOpen = false;
    mayWrite = () => isOpen;
    const left: number[] = [];
    const building = build({}, (_, records) => left.push(records));
    // Looked at a few times.
    await until('it says how far it is', () => left.length > 5);
    expect(left.every((records) => records > 2_000)).toBe(true);
    expect((await versions()).swap).toBeNull();
    isOpen = true;
    expect((await building).version.number).toBe(2);
    expect(await lastN(2)).toBe(2_101);
  });

  it('is left to one of two who begin at the same moment', async () => {
    const builders = ['builder 1', 'builder 2'];
    const ends = await Promise.allSettled(builders.map((builder) => build({}, quiet, builder)));
    // The first of them, unless it sees that the other has begun already.
    const builder = builders[ends.findIndex(({ status }) => status === 'fulfilled')];
    const refused = new RegExp(`^timeline-2 is being built by ${builder}: wait for its end`);
    expect(ends).toContainEqual({
      status: 'fulfilled',
      value: expect.objectContaining({ version: { format: timeline.format, number: 2 } }),
    });
    expect(ends).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ message: expect.stringMatching(refused) }),
    });
  });

  it('succeeds where somebody who built it as well has had it served', async () => {
    let isBuilt = false;
    const read = async (name: string) => {
      const stored = (await readModels.versions.read(name))!;
      if (isBuilt && stored.building) await readModels.versions.replace(name, swapped(stored, stored.building));
      return readModels.versions.read(name);
    };
    expect((await build({ read }, () => (isBuilt = true))).version.number).toBe(2);
  });

  it('builds the next one where the one that it waited for has been served meanwhile', async () => {
    const building = withNextVersion(await versions(), timeline.format);
    await readModels.versions.replace('timeline', building);
    await log.workers.beat(versionName('timeline', 2), 'another');
    const rebuilding = build();
    await sleep(200);
    await readModels.versions.replace('timeline', swapped(building, building.building!));
    await runner.stop();
    await log.workers.leave(versionName('timeline', 2), 'another');
    expect((await rebuilding).version.number).toBe(3);
  });

  it('ends at once where it is interrupted once the version is to be served, which nobody takes over', async () => {
    await runner.stop();
    const replace: VersionRegistry['replace'] = (name, to) => {
      if (to.serving.number === 2) interruption.abort(performance.now());
      return readModels.versions.replace(name, to);
    };
    expect(await build({ replace })).toMatchObject({ version: { number: 2 }, takenOver: false });
    expect(performance.now() - Number(interruption.signal.reason)).toBeLessThan(900);
  });

  it('succeeds where only the answer to its last step was lost', async () => {
    const { version } = await build({
      replace: async (name, to) => {
        const done = await readModels.versions.replace(name, to);
        if (to.serving.number === 2) throw new ReadModelsUnavailable('no answer came');
        return done;
      },
    });
    expect(version.number).toBe(2);
    expect(said.filter((line) => line.includes('undone'))).toEqual([]);
  });

  it('leaves no swap behind where its last step fails, and tries again', async () => {
    let attempts = 0;
    const swaps: (string | null)[] = [];
    const { version } = await build({
      replace: async (name, to) => {
        if (to.serving.number === 2 && ++attempts === 1) throw new ReadModelsUnavailable('it was not carried out');
        if (to.serving.number === 1) swaps.push(to.swap);
        return readModels.versions.replace(name, to);
      },
    });
    expect({ version: version.number, attempts }).toEqual({ version: 2, attempts: 2 });
    // Begun to be built, marked, undone, marked again: undone by the rebuild itself, long before a projector would.
    expect(swaps.map((swap) => swap !== null)).toEqual([false, true, false, true]);
  });

  it('undoes a swap that somebody left behind, and makes its own', async () => {
    const building = withNextVersion(await versions(), timeline.format);
    await readModels.versions.replace('timeline', building);
    await readModels.versions.replace('timeline', withSwap(building, 'of somebody else'));
    const rebuilding = build();
    await until('it says so', () => said.some((line) => line.includes('somebody left a swap behind')));
    expect((await rebuilding).version.number).toBe(2);
  });

  it('refuses where the version is given up while it is built', async () => {
    let isBuilt = false;
    const read = async (name: string) => {
      const stored = (await readModels.versions.read(name))!;
      if (isBuilt && stored.building) await readModels.versions.replace(name, withoutBuilding(stored));
      return readModels.versions.read(name);
    };
    const rebuilding = build({ read }, () => (isBuilt = true));
    await expect(rebuilding).rejects.toThrow('removed while it was built');
    expect(await versions()).toMatchObject({ serving: { number: 1 }, building: null, swap: null });
  });

  it('waits for whoever is building it, and refuses where they go on', async () => {
    await readModels.versions.replace('timeline', withNextVersion(await versions(), timeline.format));
    const leave = await keepPresent(2, 'the other');
    await expect(build()).rejects.toThrow('timeline-2 is being built by the other');
    leave();
    expect(await versions()).toMatchObject({ serving: { number: 1 }, building: { number: 2 }, swap: null });
  });
});
