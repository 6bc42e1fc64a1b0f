import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clanRoom } from '#domain';
import type { Stored } from '../src/index.js';
import { all, contentOf, LogUnderTest, message } from './log-under-test.js';
import { OwnServer } from './own-server.js';

// Events that go together, and a server that is gone in the middle, or does not let somebody append one of them.

const room = clanRoom('1');
const upTo = (count: number) => Array.from({ length: count }, (_, i) => String(i));
const seqOf = (outcome: unknown) => (outcome as Stored).seq;
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

describe('a server that is killed', () => {
  it('has each event once, and all that it said were stored, in the order in which they were appended', async () => {
    const server = await OwnServer.start();
    stops.push(() => server.remove());
    const own = await LogUnderTest.create(server.url);
    stops.push(() => own.closeAll());
    const through = await own.open({ synced: true });
    const events = upTo(6_000).map((content) => message(room, content));
    const outcomes = events.map((event) => through.append(event).catch((error: unknown) => error as Error));
    await outcomes[1_500];
    await server.kill();
    const before = await Promise.all(outcomes);
    await server.start();
    const kept = await retried(() => all(through.read()));
    const acked = before.flatMap((outcome, i) => (outcome instanceof Error ? [] : [{ i, seq: seqOf(outcome) }]));
    expect(acked.length).toBeGreaterThan(1_500);
    for (const { i, seq } of acked) expect(kept[seq - 1]?.id).toBe(events[i]!.id);
    expect(kept.map(contentOf)).toEqual(upTo(kept.length));
    await Promise.all(events.map((event) => retried(() => through.append(event))));
    const stored = await retried(() => all(through.read()));
    expect(stored.map(({ id }) => id).toSorted()).toEqual(events.map(({ id }) => id).toSorted());
  });
});

describe('an event that its sender may not append', () => {
  it.each([
    ['in the middle', 20],
    ['as the last one, to which the answer would come', 40],
  ])('is refused, and the others are stored, where it is %s', async (_, place) => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-rights-'));
    stops.push(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const config = join(folder, 'nats-server.conf');
    const few = '{ user: few, password: few, permissions: { publish: { deny: ["*.ev.*.clan:forbidden.msg"] } } }';
    writeFileSync(config, `jetstream {}\nauthorization { users: [{ user: all, password: all }, ${few}] }\n`);
    const server = await OwnServer.start('--config', config);
    stops.push(() => server.remove());
    const own = await LogUnderTest.create(server.url, true);
    stops.push(() => own.closeAll());
    const [operator, through] = [
      await own.open({ user: 'all', password: 'all' }),
      await own.open({ user: 'few', password: 'few', synced: true }),
    ];
    await operator.setUp();
    const forbidden = message(clanRoom('forbidden'), 'x');
    const events = upTo(40).map((content) => message(room, content));
    const outcomes = await Promise.allSettled(
      events.toSpliced(place, 0, forbidden).map((event) => through.append(event)),
    );
    expect(outcomes.splice(place, 1)).toMatchObject([{ reason: { message: expect.stringContaining('Permissions') } }]);
    expect(outcomes.map(({ status }) => status)).toEqual(upTo(40).map(() => 'fulfilled'));
    expect((await all(operator.read())).map(contentOf)).toEqual(upTo(40));
  });
});
