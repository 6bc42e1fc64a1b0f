import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom, GLOBAL_ROOM, keySequence, type DomainEvent, type Room } from '#domain';
import { EventLog } from '#event-store';
import { firstVersion, type ReadModels } from '#read-models';
import {
  caughtUpWith,
  decodeUpdate,
  Directory,
  directory,
  type RoomUpdate,
  Timeline,
  timeline,
  Worker,
  type WorkerLog,
} from '../src/index.js';
import { adapters, until } from './read-models-under-test.js';

const natsUrl = process.env['TEST_NATS_URL'] ?? '';
const nextKey = keySequence(randomBytes(8));
const at = '2026-01-02T03:04:05.678Z';

const posted = (room: Room, content: string): DomainEvent => {
  const key = nextKey();
  const sender = { id: '1', name: 'Ada', avatar: null };
  return { type: 'MessageCreated', room, id: `msg.${key}`, at, messageId: key, sender, content };
};

for (const [name, open] of adapters) {
  (open ? describe : describe.skip)(`a worker, read models ${name}`, () => {
    const said: string[] = [];
    const logger: WorkerLog = { log: (m) => said.push(m), warn: (m) => said.push(m), error: (m) => said.push(m) };
    const suffix = randomUUID().slice(0, 8);
    let log: EventLog;
    let readModels: ReadModels;
    let queries: Timeline;
    let worker: Worker<unknown>;

    const start = (owner: string) => {
      const started = new Worker({
        projection: timeline,
        version: 1,
        announcing: true,
        log,
        readModels,
        owner,
        logger,
      });
      void started.start();
      return started;
    };
    /** Of what was stored by now, consumers may not count the last yet. */
    const holdsAll = () => {
      const isIn = caughtUpWith(log, timeline, readModels);
      return () => isIn(1);
    };
    const contents = async (room: Room) =>
      (await queries.page(room, { limit: 500 })).map(({ content }) => content).reverse();

    beforeAll(async () => {
      log = await EventLog.connect({
        servers: natsUrl,
        stream: `T_${suffix}`,
        prefix: `t_${suffix}`,
        name: 'worker test',
      });
      await log.setUp();
      readModels = await open!();
      for (const { name, format } of [timeline, directory]) {
        await readModels.versions.replace(name, firstVersion(format, 1));
      }
      queries = new Timeline(readModels.projection('timeline', 1));
      worker = start('first');
    });

    afterAll(async () => {
      await worker.stop();
      await log.close();
      await readModels.close();
    });

    it('folds what is in the log, and announces it once it can be queried', async () => {
      const room = clanRoom('live');
      const seen: Promise<readonly [from: number, to: number, stored: number]>[] = [];
      let lastTo = 0;
      const subscription = log.live.subscribeToRoom(room, (text) => {
        const update = decodeUpdate(text) as RoomUpdate;
        lastTo = update.to;
        seen.push(queries.position(room).then(({ rev }) => [update.from, update.to, rev]));
      });
      await log.live.flush();
      for (let i = 0; i < 5; i++) await log.append(posted(room, `m${i}`));
      await until('5 messages', async () => (await queries.lastN(room)) === 5);
      await until('all announced', () => lastTo === 5);
      subscription.stop();
      let known = 0;
      for (const [from, to, stored] of await Promise.all(seen)) {
        expect(from).toBe(known);
        expect(stored).toBeGreaterThanOrEqual(to);
        known = to;
      }
      await until('no lag', async () => (await worker.lag()) === 0);
    });

    it('keeps the order of each room under load', async () => {
      const rooms = Array.from({ length: 20 }, (_, i) => clanRoom(`load ${i}`));
      await Promise.all(
        rooms.map(async (room) => {
          for (let i = 0; i < 40; i++) await log.append(posted(room, String(i)));
        }),
      );
      await until('all folded', holdsAll());
      for (const room of rooms) expect(await contents(room)).toEqual(Array.from({ length: 40 }, (_, i) => String(i)));
    });

    it('puts what it cannot fold aside, and goes on', async () => {
      const { seq } = (await log.append({ ...posted(directRoom('1', '2'), 'no chat') })) as { seq: number };
      await log.append(posted(GLOBAL_ROOM, 'after the letter'));
      await until('the next message', async () => (await contents(GLOBAL_ROOM)).includes('after the letter'));
      await until('the letter', () => worker.counters.deadLetters === 1);
      const letters: number[] = [];
      for await (const letter of log.letters.all('timeline')) letters.push(letter.seq);
      expect(letters).toEqual([seq]);
    });

    it('shares the partitions with others that come and go, without a hole', async () => {
      const room = clanRoom('handed over');
      let sent = 0;
      const sending = { on: true };
      const sender = (async () => {
        while (sending.on) await log.append(posted(room, String(sent++)));
      })();
      const shares = (workers: Worker<unknown>[]) => workers.map(({ owned }) => owned.length);
      const others = readModels.shared ? [start('second'), start('third')] : [];
      const all = [worker, ...others];
      await until('each has its share', () => shares(all).every((share) => share >= 4));
      await until('each partition has one owner', () => {
        const owned = all.flatMap((one) => one.owned);
        return owned.length === 16 && new Set(owned).size === 16;
      });
      await until('messages', async () => (await queries.lastN(room)) > 50);
      for (const other of others) await other.stop();
      await until('the first has all of it again', () => worker.owned.length === 16);
      await until('more messages', async () => (await queries.lastN(room)) > 100);
      sending.on = false;
      await sender;
      await until('all folded', holdsAll());
      const contents = (await queries.pageAfter(room, { after: 0, limit: 100_000 })).map(({ content }) => content);
      expect(contents).toEqual(Array.from({ length: sent }, (_, i) => String(i)));
    });

    it('goes on where it stopped', async () => {
      await worker.stop();
      expect(worker.state).toBe('stopped');
      await log.append(posted(GLOBAL_ROOM, 'while it was away'));
      worker = start('third');
      await until('the message', async () => (await contents(GLOBAL_ROOM)).at(-1) === 'while it was away');
    });

    it('keeps a directory of people, and tells their gateways', async () => {
      const told: string[] = [];
      const subscription = log.live.subscribeToUser('7', (text) => told.push(text));
      await log.live.flush();
      const people = new Worker({
        ...{ projection: directory, version: 1, announcing: true, owner: 'directory' },
        ...{ log, readModels, logger },
      });
      void people.start();
      const fact = { room: 'user:7' as Room, at, userId: '7' };
      await log.append({ ...fact, type: 'MemberJoined', id: `member.${nextKey()}`, clanId: '3', leftClanId: null });
      await log.append({ ...fact, type: 'ProfileChanged', id: `profile.${nextKey()}`, name: 'Ada', avatar: '{}' });
      const queries = new Directory(readModels.projection('directory', 1));
      await until('the profile', async () => (await queries.person('7'))?.name === 'Ada');
      expect(await queries.person('7')).toMatchObject({ clanId: '3', name: 'Ada', avatar: '{}' });
      expect(await queries.person('8')).toBeNull();
      await until('both told', () => told.length === 2);
      expect(decodeUpdate(told[1]!)).toMatchObject({
        type: 'person',
        member: { clanId: '3' },
        profile: { name: 'Ada' },
      });
      subscription.stop();
      await people.stop();
    });

    it.each([
      ['ended before their checkpoint', 1_000_000, 'where the log has nothing'],
      ['has another event at their checkpoint', 1, 'where the log has event msg.'],
    ])('refuses to run on the read models of a log that %s', async (_, seq, found) => {
      await worker.stop();
      await log.append(posted(GLOBAL_ROOM, 'the log has an event'));
      const id = 'timeline-1:0';
      const { epoch } = await readModels.checkpoints.claim(id, 'somebody');
      await readModels.checkpoints.save([{ id, epoch, seq, eventId: 'msg.unheard-of' }]);
      worker = start('fourth');
      await until('refusal', () => worker.state === 'refused');
      expect(said.at(-1)).toContain(`up to event msg.unheard-of at ${seq}, ${found}`);
      expect(said.at(-1)).toContain('Restore the log with `chatctl restore`, or drop the database');
    });
  });
}
