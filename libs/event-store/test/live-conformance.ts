import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM } from '#domain';
import { type LiveSubscription, LogUnavailable } from '../src/index.js';
import type { Client, LogServer } from './conformance.js';
import { message } from './log-under-test.js';
import { stopwatch } from './stopwatch.js';

/** What live updates and the connection under them must do. */
export function describeLive(name: string, start: () => Promise<LogServer>): void {
  describe(`live updates: ${name}`, () => {
    let server: LogServer;
    let here: Client;
    let there: Client;
    let subscriptions: LiveSubscription[] = [];

    beforeAll(async () => {
      server = await start();
      [here, there] = [await server.connect(), await server.connect()];
    });
    afterEach(() => {
      for (const subscription of subscriptions) subscription.stop();
      subscriptions = [];
    });
    afterAll(() => server.stop());

    const keep = (subscription: LiveSubscription) => {
      subscriptions.push(subscription);
      return subscription;
    };
    /** Everything sent by either of them until now has been heard. */
    const settled = async () => {
      await there.log.live.flush();
      await here.log.live.flush();
    };
    const hearing = async () => {
      const heard: string[] = [];
      keep(here.log.live.subscribeToRoom(GLOBAL_ROOM, (text) => heard.push(text)));
      await here.log.live.flush();
      return heard;
    };

    it('reach whoever listens to the room, in order, and nobody after they stopped', async () => {
      const heard = await hearing();
      const deaf: string[] = [];
      keep(here.log.live.subscribeToRoom(clanRoom('global'), (text) => deaf.push(text)));
      const stopped = keep(here.log.live.subscribeToRoom(GLOBAL_ROOM, (text) => deaf.push(text)));
      await here.log.live.flush();
      stopped.stop();
      stopped.stop();
      const sent = Array.from({ length: 100 }, (_, i) => `${i} 🫡`);
      for (const text of sent) there.log.live.publishToRoom(GLOBAL_ROOM, text);
      await settled();
      expect(heard).toEqual(sent);
      expect(deaf).toEqual([]);
    });

    it('reach every listener, also of the process that tells, and never before it has gone on', async () => {
      const [first, second] = [await hearing(), await hearing()];
      here.log.live.publishToRoom(GLOBAL_ROOM, 'hello');
      expect(first).toEqual([]);
      await here.log.live.flush();
      expect([first, second]).toEqual([['hello'], ['hello']]);
    });

    it('tell of a topic to whoever hears of it, the teller too, and to nobody of another', async () => {
      const heard: string[] = [];
      const deaf: string[] = [];
      for (const { log } of [here, there]) keep(log.live.onSignal('room clan:3', (text) => heard.push(text)));
      keep(here.log.live.onSignal('room clan:4', (text) => deaf.push(text)));
      keep(here.log.live.subscribeToRoom(clanRoom('3'), (text) => deaf.push(text)));
      await settled();
      there.log.live.signal('room clan:3', 'hello');
      await settled();
      await settled();
      expect([heard, deaf]).toEqual([['hello', 'hello'], []]);
    });

    it('reach nobody who comes later', async () => {
      there.log.live.publishToRoom(GLOBAL_ROOM, 'early');
      await there.log.live.flush();
      const heard = await hearing();
      await settled();
      expect(heard).toEqual([]);
    });

    it('reach nobody who stopped while they were on their way', async () => {
      const heard: string[] = [];
      const subscription = keep(here.log.live.subscribeToRoom(GLOBAL_ROOM, (text) => heard.push(text)));
      await here.log.live.flush();
      there.log.live.publishToRoom(GLOBAL_ROOM, 'late');
      const flushed = there.log.live.flush();
      subscription.stop();
      await flushed;
      await settled();
      expect(heard).toEqual([]);
    });

    it('reach a person whatever their id is made of', async () => {
      const ids = ['7', '7.1', '*', '>', 'ä b', '🦄'];
      const heard: string[] = [];
      for (const id of ids) keep(here.log.live.subscribeToUser(id, (text) => heard.push(`${id} ${text}`)));
      await here.log.live.flush();
      for (const id of ids) there.log.live.publishToUser(id, 'hello');
      await settled();
      expect(heard).toEqual(ids.map((id) => `${id} hello`));
    });

    it('let a question be answered by all who have an answer', async () => {
      const { live } = here.log;
      keep(live.answer('presence', (text) => [`here ${text}`, 'and more']));
      keep(there.log.live.answer('presence', (text) => [`there ${text}`]));
      keep(there.log.live.answer('presence', () => []));
      const stopped = keep(there.log.live.answer('presence', () => ['stopped']));
      keep(live.answer('another', () => ['of another']));
      stopped.stop();
      await settled();
      expect((await live.ask('presence', 'who?', 200)).sort()).toEqual(['and more', 'here who?', 'there who?']);
    });

    it('answer at once with nothing where nobody listens', async () => {
      const took = stopwatch();
      expect(await here.log.live.ask('nobody', 'anybody?', 5_000)).toEqual([]);
      expect(took()).toBeLessThan(2_000);
    });

    describe('whose connection is lost', () => {
      it('say so once, refuse at once, miss what is told, and are heard again once it is back', async () => {
        const { log } = here;
        const phases: string[] = [];
        const stop = log.live.onInterrupted((phase) => phases.push(phase));
        const heard = await hearing();
        await here.lose();
        expect([phases, log.connected]).toEqual([['lost'], false]);
        expect(await log.hindrance()).toContain('the log is away');
        const took = stopwatch();
        const asked = [
          () => log.append(message(GLOBAL_ROOM, 'away')),
          () => log.decide(GLOBAL_ROOM, 'chat', () => ({ event: null })),
          () => log.last(GLOBAL_ROOM, 'msg'),
          () => log.at(1),
          () => log.recordAt(1),
          () => log.lastSeq(),
          () => log.live.flush(),
          () => log.live.ask('presence', '', 5_000),
        ];
        for (const ask of asked) await expect(ask()).rejects.toThrow(LogUnavailable);
        expect(took()).toBeLessThan(2_000);
        log.live.publishToRoom(GLOBAL_ROOM, 'by who is away');
        there.log.live.publishToRoom(GLOBAL_ROOM, 'missed');
        const late: string[] = [];
        keep(log.live.subscribeToRoom(clanRoom('late'), (text) => late.push(text)));
        await there.log.live.flush();
        await here.comeBack();
        expect([phases, log.connected]).toEqual([['lost', 'back'], true]);
        expect(await log.hindrance()).toBeNull();
        await log.live.flush();
        there.log.live.publishToRoom(GLOBAL_ROOM, 'heard');
        there.log.live.publishToRoom(clanRoom('late'), 'heard too');
        await settled();
        expect([heard, late]).toEqual([['heard'], ['heard too']]);
        expect(await log.last(GLOBAL_ROOM, 'msg')).toBeNull();
        stop();
      });

      it('tell nobody who does not want to hear of it', async () => {
        const phases: string[] = [];
        here.log.live.onInterrupted((phase) => phases.push(phase))();
        const stopped = keep(here.log.live.subscribeToRoom(GLOBAL_ROOM, (text) => phases.push(text)));
        await here.lose();
        stopped.stop();
        await here.comeBack();
        there.log.live.publishToRoom(GLOBAL_ROOM, 'hello');
        await settled();
        expect(phases).toEqual([]);
      });

      it('tell who waits for an answer at once, and that what was to be stored may be', async () => {
        const { log } = here;
        here.hold();
        const asked = [
          log.append(message(clanRoom('held'), 'held')),
          log.last(GLOBAL_ROOM, 'msg'),
          log.recordAt(1),
          log.live.flush(),
        ];
        const outcomes = Promise.allSettled(asked);
        const took = stopwatch();
        await here.lose();
        expect(await outcomes).toMatchObject([
          { reason: { name: 'OutcomeUnknown' } },
          { reason: { name: 'LogUnavailable' } },
          { reason: { name: 'LogUnavailable' } },
          { reason: { name: 'LogUnavailable' } },
        ]);
        expect(took()).toBeLessThan(2_000);
        await here.comeBack();
        // What never arrived was not carried out.
        expect(await log.last(clanRoom('held'), 'msg')).toBeNull();
      });
    });
  });
}
