import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, keySequence, type DomainEvent, type Room, userRoom } from '#domain';
import { EventLog } from '#event-store';
import { firstVersion, type ReadModels } from '#read-models';
import { Runner, Stats, stats } from '../src/index.js';
import { allFolded } from './all-folded.js';
import { adapters, until } from './read-models-under-test.js';

const natsUrl = process.env['TEST_NATS_URL'] ?? '';
const nextKey = keySequence(randomBytes(8));
const day = '2026-01-02';
const at = `${day}T03:04:05.678Z`;

const posted = (room: Room, userId: string): DomainEvent => {
  const key = nextKey();
  const sender = { id: userId, name: 'Ada', avatar: null };
  return { type: 'MessageCreated', room, id: `msg.${key}`, at, messageId: key, sender, content: 'hi' };
};

for (const [name, open] of adapters) {
  (open ? describe : describe.skip)(`the stats, read models ${name}`, () => {
    const quiet = () => undefined;
    const suffix = randomUUID().slice(0, 8);
    const workers: Runner<never>[] = [];
    let log: EventLog;
    let readModels: ReadModels;
    let queries: Stats;

    const start = (owner: string) => {
      const logger = { log: quiet, warn: quiet, error: quiet };
      const worker = new Runner({ projection: stats, log, readModels, owner, logger });
      workers.push(worker);
      void worker.start();
      return worker;
    };
    const countsOf = async (room: Room) => {
      const [found] = await queries.days(room, day, day);
      return found && { messages: found.counts.messages, activeUsers: found.activeUsers };
    };

    beforeAll(async () => {
      const names = { stream: `T_${suffix}`, prefix: `t_${suffix}`, name: 'stats test' };
      log = await EventLog.connect({ servers: natsUrl, ...names });
      await log.setUp();
      readModels = await open!();
      await readModels.versions.replace('stats', firstVersion(stats.format, 1));
      queries = new Stats(readModels.projection('stats', 1));
    });

    afterAll(async () => {
      for (const worker of workers) await worker.stop();
      await log.close();
      await readModels.close();
    });

    it('are counted by a worker, and once each by the one that goes on after it', async () => {
      const rooms = Array.from({ length: 10 }, (_, i) => clanRoom(`stats ${i}`));
      const everybodyPosts = async (users: readonly string[]) => {
        for (const user of users) await Promise.all(rooms.map((room) => log.append(posted(room, user))));
      };
      const all = async (counts: { messages: number; activeUsers: number }) => {
        for (const room of rooms) expect(await countsOf(room)).toEqual(counts);
      };
      const first = start('first');
      await everybodyPosts(['1', '2', '1']);
      await until('all folded', allFolded([first], log, readModels));
      await until('all counted', () => first.counters.folded === 30);
      await all({ messages: 3, activeUsers: 2 });
      await first.stop();
      await everybodyPosts(['1', '3']);
      const second = start('second');
      await until('the rest counted', () => second.counters.folded === 20);
      await all({ messages: 5, activeUsers: 3 });
      expect(second.counters.deadLetters).toBe(0);
    });

    it('count in the room of a person what concerns them', async () => {
      const fact = { room: userRoom('7'), at, userId: '7' };
      await log.append({ ...fact, type: 'MemberJoined', id: `member.${nextKey()}`, clanId: '3', leftClanId: null });
      await log.append({ ...fact, type: 'ProfileChanged', id: `profile.${nextKey()}`, name: 'Ada', avatar: null });
      const found = async () => (await queries.days(userRoom('7'), day, day))[0];
      await until('both', async () => (await found())?.counts.profileChanges === 1);
      expect(await found()).toMatchObject({ counts: { joins: 1, messages: 0 }, activeUsers: 1 });
    });
  });
}
