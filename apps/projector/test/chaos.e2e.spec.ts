import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { GLOBAL_ROOM } from '#domain';
import { projections } from '#projections';
import { ServedTimeline } from '#projections';
import type { StatusReport } from '#operations';
import { MONGODB_URL, SystemUnderTest, until } from '../../chatctl/test/system-under-test.js';
import { Follower } from './follower.js';
import { Killer } from './killer.js';
import { chats, clans, Load } from './load.js';
import { Projectors } from './projectors.js';
import { seededRandom } from '../../workbench/src/seeded-random.js';

/** How long a system may take to catch up once nothing goes wrong any more. */
const CATCH_UP_MS = 30_000;

/**
 * So many messages of a room may wait to be told. A gateway that has missed much more has everybody begin anew, as it
 * must; here that would only say that the machine is slow.
 */
const MAX_BEHIND = 2_500;

const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

interface VerifyReport {
  readonly projections: readonly { readonly projection: string; readonly events: number; readonly first: object[] }[];
}

(MONGODB_URL === undefined ? describe.skip : describe)(
  `projectors that are killed under load, the timeline rebuilt meanwhile, seed ${seed}`,
  () => {
    const followers: Follower[] = [];
    const exits: (number | NodeJS.Signals | null)[] = [];
    let system: SystemUnderTest;
    let projectors: Projectors;
    let load: Load;
    let killer: Killer;
    let healedAt: number;

    const follow = async (...rooms: Follower['room'][]) => {
      for (const room of rooms) followers.push(await Follower.start(system, room));
    };

    /** Folding goes on where all who follow are told something. */
    const watchFollowers = () => {
      const before = followers.map(({ told }) => told.length);
      return () => before.every((count, i) => followers[i]!.told.length > count);
    };

    /** A swap may not come about while projectors die: then it is tried again, as the command says. */
    const rebuild = async () => {
      const complaints: string[] = [];
      for (let attempt = 1; ; attempt++) {
        const outcome = await system.chatctl('rebuild', 'timeline');
        if (outcome.status === 0) return;
        complaints.push(outcome.complaints);
        if (attempt === 4) throw new Error(complaints.join('\n'));
      }
    };

    beforeAll(async () => {
      system = await SystemUnderTest.create();
      for (const projection of Object.values(projections)) await system.countFromOne(projection);
      projectors = new Projectors(system, 4, 'timeline,directory,stats');
      const isNear = () => (load.messages.get(GLOBAL_ROOM)?.size ?? 0) - followers[0]!.lastN < MAX_BEHIND;
      load = new Load(system.log, seededRandom(seed), isNear);
      killer = new Killer(projectors.all, seededRandom(seed + 1), watchFollowers);
      killer.add(0);
      await until('it runs', async () => (await system.readModels.versions.read('timeline')) !== null, CATCH_UP_MS);
      await follow(GLOBAL_ROOM, clans[0]!, chats[0]!);
      load.start();
      killer.start();
      const startedAt = performance.now();
      const second = (n: number) => sleep(startedAt + 1_000 * n - performance.now());
      await second(6);
      await load.appendUnfoldable();
      for (const [i, n] of [12, 16, 20].entries()) {
        await second(n);
        killer.add(i + 1);
      }
      await second(25);
      await follow(GLOBAL_ROOM, clans[1]!, chats[1]!);
      await load.appendUnfoldable();
      const rebuilding = rebuild();
      for (const [n, which] of [
        [44, 0],
        [48, 2],
        [52, 3],
      ] as const) {
        await second(n);
        exits.push(await killer.remove(which));
      }
      await second(60);
      await Promise.all([load.stop(), killer.stop()]);
      healedAt = performance.now();
      await rebuilding;
    }, 150_000);

    afterAll(async () => {
      for (const follower of followers) follower.stop();
      await killer.stop();
      await projectors.close();
      await system.close();
    });

    it(`catch up within ${CATCH_UP_MS / 1_000} s`, async () => {
      const isCaughtUp = async () => {
        const report = JSON.parse((await system.chatctl('status', '--json')).out) as StatusReport;
        return report.projections.every(({ lagEvents, workers, partitions }) => {
          const owners = new Set(partitions.map((partition) => partition.owner));
          const isAlone = isDeepStrictEqual([...owners], workers) && owners.size === 1;
          return lagEvents === 0 && isAlone && projectors.all[1]!.isCalled(workers[0]);
        });
      };
      await until('all is folded, and owned by the one that is left', isCaughtUp, CATCH_UP_MS);
      const tookMs = Math.round(performance.now() - healedAt);
      process.stdout.write(`${killer.kills} kills, ${load.appended} events, all folded after ${tookMs} ms\n`);
      expect(tookMs).toBeLessThan(CATCH_UP_MS);
      expect(killer.kills).toBeGreaterThan(20);
    });

    it('leave read models that are the fold of the log', async () => {
      const { status, out } = await system.chatctl('verify', '--json');
      const { projections: verified } = JSON.parse(out) as VerifyReport;
      const { messages: events } = await system.log.state();
      expect(verified.map(({ projection, first }) => [projection, first.slice(0, 5)])).toEqual([
        ['timeline-2', []],
        ['directory-1', []],
        ['stats-1', []],
      ]);
      expect(verified.map((projection) => projection.events)).toEqual([events, expect.any(Number), events]);
      expect(status).toBe(0);
    });

    it('lose and double no message', async () => {
      const { queries } = await new ServedTimeline(system.readModels).pin();
      for (const [room, ids] of load.messages) expect([room, await queries.lastN(room)]).toEqual([room, ids.size]);
    });

    it('tell who follows a room each change once, in order and without holes', async () => {
      for (const follower of followers) {
        await until('everything is told', () => follower.hasAll()).catch(async (error: unknown) => {
          throw new Error(`${String(error)}: ${await follower.standing()}`);
        });
        expect((await follower.faults()).slice(0, 5)).toEqual([]);
      }
      expect(followers[0]!.told.length).toBeGreaterThan(1_000);
    });

    it('put aside what cannot be folded, and nothing else', async () => {
      const letters: string[] = [];
      for await (const { projection, seq } of system.log.letters.all()) letters.push(`${projection} ${seq}`);
      expect(letters.sort()).toEqual(load.unfoldable.sort());
    });

    it('end in the ordinary way when they are asked to, and complain of nothing', async () => {
      expect(await killer.remove(1)).toBe(0);
      // The others may have been killed at that very moment.
      expect(exits).not.toContain(1);
      expect(projectors.complaints().slice(0, 5)).toEqual([]);
    });
  },
);
