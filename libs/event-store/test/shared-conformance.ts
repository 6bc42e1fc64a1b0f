import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom } from '#domain';
import type { AskedLog, Deliveries, Delivery } from '../src/index.js';
import type { LogServer } from './conformance.js';
import { contentOf, message, nextKey } from './log-under-test.js';

/** What every log must do for those who share the work that its records bring. */
export function describeSharing(name: string, start: () => Promise<LogServer>): void {
  describe(`shared consumer: ${name}`, () => {
    let server: LogServer;
    let here: AskedLog;
    let there: AskedLog;
    const room = clanRoom('shared');

    beforeAll(async () => {
      server = await start();
      [{ log: here }, { log: there }] = [await server.connect(), await server.connect()];
    });
    afterAll(() => server.stop());

    let names = 0;
    const newName = () => `shared-${++names}`;
    const join = (name: string, log = here) => log.share({ name, kind: 'msg' });
    const say = (content: string) => here.append(message(room, content));
    const take = async (from: Deliveries): Promise<Delivery> => {
      const next = await from.next();
      if (typeof next === 'string') throw new Error(`it ended: ${next}`);
      return next;
    };
    const contents = (...deliveries: readonly Delivery[]) => deliveries.map(({ record }) => contentOf(record)).sort();

    it('begins with what comes after it was made, and hands out what is of the kind', async () => {
      await say('before');
      const shared = await join(newName());
      const at = new Date().toISOString();
      await here.append({
        type: 'ReactionRemoved',
        room,
        id: `react.${nextKey()}`,
        at,
        messageId: nextKey(),
        userId: '7',
      });
      await say('after');
      const { record, times } = await take(shared);
      expect([contentOf(record), record.room, times]).toEqual(['after', room, 1]);
      shared.close();
      expect(await shared.next()).toBe('closed');
    });

    it('hands each record to one of those who share it, and begins where it was for who joins later', async () => {
      const name = newName();
      const first = await join(name);
      await say('a');
      const a = await take(first);
      a.done();
      const second = await join(name, there);
      const [one, other] = [take(first), take(second)];
      // What each asks for is there before there is anything.
      await Promise.all([here.live.flush(), there.live.flush()]);
      await Promise.all(['b', 'c'].map(say));
      const [b, c] = [await one, await other];
      expect(contents(b, c)).toEqual(['b', 'c']);
      for (const { done } of [b, c]) done();
      await say('d');
      const d = await Promise.race([take(first), take(second)]);
      expect([contents(a, d), d.times]).toEqual([['a', 'd'], 1]);
      d.done();
      first.close();
      second.close();
    });

    it('hands out again what is asked for again, not before its time, and what is done never', async () => {
      const name = newName();
      const shared = await join(name);
      await say('done');
      await say('again');
      const [done, again] = [await take(shared), await take(shared)];
      expect(contents(done, again)).toEqual(['again', 'done']);
      done.done();
      const askedAt = performance.now();
      // Pauses are random, and so not whole.
      again.again(300.123_456_7);
      // What is settled is settled.
      again.done();
      const second = await take(shared);
      expect(performance.now() - askedAt).toBeGreaterThan(290);
      expect([contentOf(second.record), second.times, second.record.seq]).toEqual(['again', 2, again.record.seq]);
      second.again(0);
      const third = await take(shared);
      expect([contentOf(third.record), third.times]).toEqual(['again', 3]);
      third.done();
      await say('last');
      expect(contents(await take(shared))).toEqual(['last']);
      shared.close();
    });

    it('leaves what was not taken to the others when it is closed; what was taken is still settled', async () => {
      const name = newName();
      const leaving = await join(name);
      for (const content of ['taken', 'left', 'left too']) await say(content);
      const taken = await take(leaving);
      const staying = await join(name, there);
      leaving.close();
      const left = [await take(staying), await take(staying)];
      expect(contents(...left)).toEqual(['left', 'left too']);
      taken.again(0);
      const again = await take(staying);
      expect([contentOf(again.record), again.times]).toEqual(['taken', 2]);
      for (const { done } of [...left, again]) done();
      staying.close();
    });

    it('ends as lost with the connection, and is joined again', async () => {
      const name = newName();
      const client = await server.connect();
      const shared = await join(name, client.log);
      const next = shared.next();
      await client.lose();
      expect(await next).toBe('lost');
      await expect(join(name, client.log)).rejects.toMatchObject({ name: 'LogUnavailable' });
      await say('meanwhile');
      await client.comeBack();
      const again = await join(name, client.log);
      expect(contents(await take(again))).toEqual(['meanwhile']);
      again.close();
    });
  });
}
