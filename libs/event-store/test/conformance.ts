import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ChatCreated,
  clanRoom,
  commandKey,
  directRoom,
  joinClan,
  type Kind,
  leaveClan,
  membershipOf,
  type MembershipEvent,
  openChat,
  partitionOf,
  PARTITIONS,
  type RecordedEvent,
  type Room,
  UnreadableEvent,
  userRoom,
} from '#domain';
import type { AskedLog, Stored } from '../src/index.js';
import { all, message, nextKey } from './log-under-test.js';
import { stopwatch } from './stopwatch.js';

/** A server that holds an empty log. */
export interface LogServer {
  connect(): Promise<Client>;
  /** Stores what is no event, where one of this kind would lie. */
  spoil(room: Room, kind: Kind): Promise<void>;
  stop(): Promise<void>;
}

/** A log as one process has it. */
export interface Client {
  readonly log: AskedLog;
  /** What it asks from now on is not answered before its connection is lost. */
  hold(): void;
  /** What answers what it appends is lost on its way from now on; no more once the promise resolves, when something is. */
  loseAnswers(): Promise<void>;
  lose(): Promise<void>;
  comeBack(): Promise<void>;
}

const at = '2025-06-23T13:03:15.778Z';
const chatOf = (last: RecordedEvent | null) => (last?.type === 'ChatCreated' ? last : null);
const open = (by: string, receiver: string) => (last: RecordedEvent | null) =>
  openChat({ key: nextKey(), at, by, receiver }, chatOf(last));
const context = (userId: string, clanId: string) => ({ key: nextKey(), at, userId, clanId });

/** What every log must do, as it is asked by whoever does not fold it. */
export function describeLog(name: string, start: () => Promise<LogServer>): void {
  describe(`log: ${name}`, () => {
    let server: LogServer;
    let here: AskedLog;
    let there: AskedLog;

    beforeAll(async () => {
      server = await start();
      [{ log: here }, { log: there }] = [await server.connect(), await server.connect()];
    });
    afterAll(() => server.stop());

    const append = async (room: Room, content: string) => (await here.append(message(room, content))) as Stored;

    describe('append', () => {
      it('stores an event that comes back whole, by its sequence and as the last of its kind', async () => {
        const room = clanRoom('whole');
        const event = message(room, 'Grüße 🫡\nüber zwei Zeilen');
        const outcome = (await here.append(event)) as Stored;
        expect(outcome.duplicate).toBe(false);
        const recorded = { ...event, seq: outcome.seq };
        expect(await there.at(outcome.seq)).toEqual(recorded);
        expect(await there.last(room, 'msg')).toEqual(recorded);
        expect(await there.last(room, 'react')).toBeNull();
        expect(await there.last(clanRoom('whole:'), 'msg')).toBeNull();
        expect(await there.recordAt(outcome.seq)).toEqual({
          ...{ seq: outcome.seq, room, kind: 'msg', id: event.id, type: 'MessageCreated', version: 2 },
          ...{ partition: partitionOf(room), body: expect.stringContaining('Grüße 🫡'), at: expect.any(Number) },
        });
        expect(await there.at(1_000_000)).toBeNull();
        for (const nothing of [0, -1, 1.5, Number.NaN]) expect(await there.at(nothing)).toBeNull();
      });

      it('stores the same event once, and answers with the first sequence', async () => {
        const event = message(clanRoom('twice'), 'once');
        const first = (await here.append(event)) as Stored;
        await append(clanRoom('twice'), 'another');
        expect(await there.append(event)).toEqual({ ...first, duplicate: true });
      });

      it('stores an event once whose answer was lost: it is sent again', async () => {
        const room = clanRoom('no answer');
        const client = await server.connect();
        const lost = client.loseAnswers();
        const appended = client.log.append(message(room, 'once'));
        await lost;
        const seq = await there.lastSeq({ room });
        expect(await appended).toEqual({ seq, duplicate: true });
        expect(await client.log.append(message(room, 'two'))).toMatchObject({ duplicate: false });
      });

      it('takes the same command key in another room or kind for another event', async () => {
        const key = nextKey();
        const removed = { id: `react.${key}`, at, messageId: key, userId: '7' };
        const outcomes = [
          await here.append(message(clanRoom('one'), 'x', key)),
          await here.append(message(clanRoom('other'), 'x', key)),
          await here.append({ type: 'ReactionRemoved', room: clanRoom('one'), ...removed }),
        ];
        for (const outcome of outcomes) expect(outcome).toMatchObject({ duplicate: false });
      });

      it('refuses an event whose expectation does not hold, in its own room and kind only', async () => {
        const room = clanRoom('expecting');
        const first = (await here.append(message(room, 'first'), { expectedLast: 0 })) as Stored;
        expect(await here.append(message(room, 'none expected'), { expectedLast: 0 })).toBe('conflict');
        expect(await here.append(message(clanRoom('quiet'), 'elsewhere'), { expectedLast: 0 })).toMatchObject({
          duplicate: false,
        });
        expect(await here.append(message(room, 'second'), { expectedLast: first.seq })).toMatchObject({
          duplicate: false,
        });
        expect(await here.append(message(room, 'stale'), { expectedLast: first.seq })).toBe('conflict');
      });

      it('does not store what has no time left', async () => {
        const room = clanRoom('late');
        const late = here.append(message(room, 'late'), { deadline: performance.now() - 1 });
        await expect(late).rejects.toMatchObject({ name: 'LogUnavailable' });
        expect(await there.last(room, 'msg')).toBeNull();
      });

      it('is not asked for longer than there is time', async () => {
        const client = await server.connect();
        client.hold();
        const took = stopwatch();
        const asked = client.log.recordAt(1, performance.now() + 100);
        await expect(asked).rejects.toMatchObject({ name: 'LogUnavailable' });
        expect(took()).toBeLessThan(2_000);
      });

      it('keeps the order of one caller', async () => {
        const room = clanRoom('many');
        const outcomes = await Promise.all(Array.from({ length: 100 }, (_, i) => append(room, String(i))));
        const seqs = outcomes.map(({ seq }) => seq);
        expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
        expect(new Set(seqs).size).toBe(100);
      });

      it('knows the last sequence of all, of a room, of a kind and of a partition', async () => {
        const [one, other] = [clanRoom('counted'), clanRoom('counted too')];
        const first = await append(one, 'first');
        const second = await append(other, 'second');
        expect(await there.lastSeq()).toBe(second.seq);
        expect(await there.lastSeq({ room: one })).toBe(first.seq);
        expect(await there.lastSeq({ kind: 'msg' })).toBe(second.seq);
        expect(await there.lastSeq({ room: one, kind: 'react' })).toBe(0);
        const partitions = Array.from({ length: PARTITIONS }, (_, partition) => there.lastSeq({ partition }));
        expect((await Promise.all(partitions))[partitionOf(other)]).toBe(second.seq);
      });

      it('knows the last sequence that was there at a time, of all and of a room', async () => {
        const [one, other] = [clanRoom('timed'), clanRoom('timed too')];
        const stored: { readonly room: Room; readonly seq: number; readonly at: number }[] = [];
        for (const room of [one, other, other, one, other, other, other]) {
          const { seq } = await append(room, 'then');
          stored.push({ room, seq, at: (await there.recordAt(seq))!.at });
          await new Promise((resolve) => setTimeout(resolve, 3));
        }
        const atTime = (room: Room | undefined, time: number) =>
          stored.findLast((record) => record.at <= time && (room ?? record.room) === record.room)?.seq;
        for (const { at: time } of stored) {
          expect(await there.lastSeq({}, time)).toBe(atTime(undefined, time));
          expect(await there.lastSeq({ room: one }, time)).toBe(atTime(one, time));
          expect(await there.lastSeq({ room: other }, time)).toBe(atTime(other, time) ?? 0);
        }
        expect(await there.lastSeq({ room: one }, stored[0]!.at - 1)).toBe(0);
        expect(await there.lastSeq({}, 0)).toBe(0);
        expect(await there.lastSeq({}, Date.now() + 60_000)).toBe(stored.at(-1)!.seq);
        expect(await there.lastSeq({ room: clanRoom('of nobody') }, Date.now())).toBe(0);
      });

      it('tells what cannot be read from what is not there', async () => {
        const room = clanRoom('spoilt');
        await server.spoil(room, 'chat');
        await expect(here.last(room, 'chat')).rejects.toThrow(UnreadableEvent);
        const seq = await here.lastSeq({ room, kind: 'chat' });
        await expect(here.at(seq)).rejects.toThrow(UnreadableEvent);
        expect(await here.recordAt(seq)).toMatchObject({ room, kind: 'chat', type: '' });
        await expect(here.decide(room, 'chat', open('1', '2'))).rejects.toThrow(UnreadableEvent);
      });
    });

    describe('letters', () => {
      it('keeps one letter for each event of a projection: the last', async () => {
        const letter = { projection: 'one', partition: 3, seq: 7, reason: 'first' };
        await here.letters.put(letter);
        await here.letters.put({ ...letter, projection: 'other' });
        await here.letters.put({ ...letter, reason: 'second' });
        const at = expect.any(Number);
        expect(await all(there.letters.all('one'))).toEqual([{ ...letter, reason: 'second', at }]);
        expect((await all(there.letters.all())).map(({ projection }) => projection)).toEqual(['other', 'one']);
      });
    });

    describe('decide', () => {
      it('lets exactly one of 20 at the same time open a chat; the others read it', async () => {
        const room = directRoom('3', '11');
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            (i % 4 < 2 ? here : there).decide<ChatCreated>(room, 'chat', open('3', '11')),
          ),
        );
        const made = outcomes.flatMap((outcome) => ('event' in outcome && outcome.event ? [outcome.event] : []));
        expect(made).toHaveLength(1);
        for (const outcome of outcomes) {
          if ('refusal' in outcome) throw new Error(outcome.refusal.message);
          expect((outcome.event ?? outcome.last)?.seq).toBe(made[0]?.seq);
        }
        expect(await there.last(room, 'chat')).toEqual(made[0]);
      });

      it('hands on a refusal, and what it was decided on where there is nothing to do; stores nothing', async () => {
        const refused = await here.decide<ChatCreated>(userRoom('self'), 'chat', open('self', 'self'));
        expect(refused).toMatchObject({ refusal: { code: 'same_person' } });
        expect(await here.last(userRoom('self'), 'chat')).toBeNull();
        const room = userRoom('there');
        const joined = await here.decide<MembershipEvent>(room, 'member', () => joinClan(context('there', '1'), null));
        const again = await here.decide<MembershipEvent>(room, 'member', (last) =>
          joinClan(context('there', '1'), membershipOf(last)),
        );
        expect(again).toEqual({ event: null, last: 'event' in joined && joined.event });
      });

      it('decides again on what came in between, and leaves one state', async () => {
        const room = userRoom('mover');
        const outcomes = await Promise.all(
          ['a', 'b', 'c', 'd'].map((clanId) =>
            here.decide<MembershipEvent>(room, 'member', (last) =>
              joinClan(context('mover', clanId), membershipOf(last)),
            ),
          ),
        );
        const events = outcomes.flatMap((o) => ('event' in o && o.event ? [o.event] : []));
        const inOrder = events.toSorted((a, b) => a.seq - b.seq);
        expect(inOrder).toHaveLength(4);
        // Each left the clan that the one before had joined.
        const left = inOrder.map((event) => (event.type === 'MemberJoined' ? event.leftClanId : '?'));
        expect(left).toEqual([null, ...inOrder.slice(0, 3).map((event) => event.clanId)]);
        expect(await there.last(room, 'member')).toEqual(inOrder[3]);
      });

      it('takes a command sent again for the event it made the first time', async () => {
        const room = userRoom('again');
        const key = commandKey('again', room, 'c1');
        const join = (last: RecordedEvent | null) => joinClan({ ...context('again', '3'), key }, membershipOf(last));
        const first = await here.decide<MembershipEvent>(room, 'member', join);
        const left = await here.decide<MembershipEvent>(room, 'member', (last) =>
          leaveClan(context('again', '3'), membershipOf(last)),
        );
        // The retry arrives late, when the person has left: it is still the first command, and moves nobody.
        const retry = await there.decide<MembershipEvent>(room, 'member', join);
        expect(retry).toMatchObject({ event: 'event' in first ? first.event : null });
        expect(await here.last(room, 'member')).toEqual('event' in left && left.event);
      });
    });
  });
}
