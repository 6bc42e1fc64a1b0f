import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom, type RecordedEvent } from '#domain';
import { type Projection, timeline, UnfoldableEvent } from '#projections';
import { Timeline } from '#projections';
import { gapCollection, type GapDocument, versionName, withNextVersion, withSwap } from '#read-models';
import { conversation, MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

/** An older release: it cannot take in what says "new". */
const older: Projection<never> = {
  ...(timeline as Projection<never>),
  fold(view, event: RecordedEvent) {
    if (event.type === 'MessageCreated' && event.content === 'new') throw new UnfoldableEvent('unheard of');
    return (timeline as Projection<never>).fold(view, event);
  },
};

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl rebuild', () => {
  let system: SystemUnderTest;

  beforeEach(async () => {
    system = await SystemUnderTest.create();
  });

  afterEach(async () => {
    await system.close();
  });

  const queries = (version: number) => new Timeline(system.readModels.projection('timeline', version));
  const versions = async () => (await system.readModels.versions.read('timeline'))!;
  const append = async (rounds: number) => {
    for (const event of conversation(rounds)) await system.append(event);
  };
  const expectEqual = async () => {
    expect(await system.chatctl('verify')).toMatchObject({ status: 0 });
  };

  it('serves the next version while messages keep coming, and removes the old one on request', async () => {
    await append(100);
    system.start('one');
    system.start('two');
    await until('version 1 is there', () => system.owned().length === 16);
    const sending = { on: true };
    const sender = (async () => {
      while (sending.on) await append(3);
    })();
    const { status, out, complaints } = await system.chatctl('rebuild', 'timeline');
    expect({ status, complaints }).toEqual({ status: 0, complaints: '' });
    expect(out).toMatch(/^timeline-2 is served: \d+ events folded in .*\ntimeline-1 is kept.*\n0 dead letters/);
    expect(await versions()).toMatchObject({ serving: { number: 2 }, building: null, swap: null });
    sending.on = false;
    await sender;
    await system.folded();
    await expectEqual();
    // Nobody folds the old one any more.
    expect(await queries(1).lastN(directRoom('1', '2'))).toBeLessThan(await queries(2).lastN(directRoom('1', '2')));

    expect((await system.chatctl('versions', 'list')).out).toMatch(
      /^timeline-1 {2}format 2 {2}old\ntimeline-2 {2}format 2 {2}served\n$/,
    );
    expect((await system.chatctl('versions', 'remove', 'timeline', '2', '--yes')).complaints).toContain('is served');
    expect((await system.chatctl('versions', 'remove', 'timeline', '1')).complaints).toContain('say --yes');
    expect((await system.chatctl('versions', 'remove', 'timeline', '1', '--yes')).status).toBe(0);
    expect((await system.chatctl('versions', 'list')).out).toBe('timeline-2  format 2  served\n');
    expect(await queries(1).lastN(directRoom('1', '2'))).toBe(0);
    const consumers = (await system.log.consumers()).map(({ name }) => name);
    expect(consumers.filter((name) => name.startsWith('timeline-1-'))).toEqual([]);
    expect(consumers.some((name) => name.startsWith('timeline-2-'))).toBe(true);
  });

  it('goes on where it was interrupted', async () => {
    await append(400);
    system.start('one');
    await system.folded();
    const all = (await system.log.state()).messages;
    const first = system.chatctl('rebuild', 'timeline', '--json');
    await until('something is built', async () => (await queries(2).lastN(directRoom('1', '2'))) > 0);
    system.interruption.abort();
    expect(await first).toMatchObject({ status: 130, out: '' });
    expect(await versions()).toMatchObject({ serving: { number: 1 }, building: { number: 2 }, swap: null });
    expect((await system.chatctl('versions', 'list')).out).toContain('timeline-2  format 2  being built');

    system.interruption = new AbortController();
    const { status, out } = await system.chatctl('rebuild', 'timeline', '--json');
    expect(status).toBe(0);
    const { folded } = JSON.parse(out) as { folded: number };
    expect(folded).toBeLessThan(all);
    await expectEqual();
  });

  it('undoes a swap that nobody finishes, and goes on with the version that is served', async () => {
    const room = clanRoom('3');
    const worker = system.start('one');
    await system.folded();
    const building = withNextVersion(await versions(), 1);
    await system.readModels.versions.replace('timeline', building);
    await system.readModels.versions.replace('timeline', withSwap(building, 'of one who died'));
    await until('nobody folds', async () => (await system.log.workers.of(versionName('timeline', 1))).length === 0);
    await system.append(posted(room, 'meanwhile'));
    await until('the swap is undone', async () => (await versions()).swap === null, 20_000);
    await until('it is folded', async () => (await queries(1).lastN(room)) === 1);
    await until('all of it is taken over', () => worker.state === 'running');
    expect(await versions()).toMatchObject({ serving: { number: 1 }, building: { number: 2 } });
    expect((await system.chatctl('versions', 'remove', 'timeline', '2', '--yes')).status).toBe(0);
    expect(await versions()).toMatchObject({ serving: { number: 1 }, building: null });
  });

  it('refolds the room of a dead letter, at its place', async () => {
    const room = clanRoom('3');
    system.start('old release', older);
    for (const content of ['one', 'new', 'three']) await system.append(posted(room, content));
    await system.append(posted(clanRoom('4'), 'elsewhere'));
    await system.folded();
    const gaps = async (version: number) =>
      (await system.readModels.projection('timeline', version).range<GapDocument>(gapCollection.name, {
        ...{ from: '', to: '\u{10ffff}', limit: 10 },
      })) as readonly GapDocument[];
    const contents = async (version: number) =>
      (await queries(version).pageAfter(room, { after: 0, limit: 9 })).map(({ content }) => content);
    expect((await gaps(1)).map((gap) => gap.room)).toEqual([room]);
    expect(await contents(1)).toEqual(['one', 'three']);
    const listed = (await system.chatctl('dead-letters', 'list')).out;
    expect(listed).toMatch(/^timeline \d+ 2 {2}.*unheard of\n$/);

    // The new release takes over from the old one.
    await system.stopWorkers();
    system.start('new release');
    const { status, out } = await system.chatctl('dead-letters', 'refold', 'timeline');
    expect(out).toContain('1 dead letters are settled and dropped, 0 are left');
    expect(status).toBe(0);
    expect(await contents(2)).toEqual(['one', 'new', 'three']);
    expect(await gaps(2)).toEqual([]);
    expect((await system.chatctl('dead-letters', 'list')).out).toBe('');
    await expectEqual();
    const again = await system.chatctl('dead-letters', 'refold', 'timeline');
    expect(again).toMatchObject({ status: 2, out: '' });
    expect(again.complaints).toContain('can fold none');
  });

  it('leaves the version of another release alone, and says what to do', async () => {
    await append(5);
    system.start('this release');
    await system.folded();
    await system.readModels.versions.replace('timeline', withNextVersion(await versions(), timeline.format + 1));
    const { status, complaints } = await system.chatctl('rebuild', 'timeline');
    expect(status).toBe(2);
    expect(complaints).toContain('chatctl versions remove timeline 2 --yes');
    expect((await system.chatctl('rebuild', 'directory')).complaints).toContain('nobody has run directory yet');
    expect((await system.chatctl('rebuild')).complaints).toContain('say which projection: timeline, directory, stats');
  });
});
