import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  banPerson,
  clanRoom,
  type DomainEvent,
  GLOBAL_ROOM,
  MAX_SANCTIONS_BY_MODERATORS,
  type Room,
  type Sanction,
  unbanPerson,
} from '#domain';
import { decodeRecord } from '#event-store';
import { Moderation } from '#projections';
import { ask, codeOf, heard } from './ask.js';
import type { ChatClient } from './chat-client.js';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';
import { until } from './until.js';
import { stopwatch } from '../../../libs/event-store/test/stopwatch.js';

// What moderators decide at one gateway, at another.

let system: ChatUnderTest;
let one: Gateway;
let two: Gateway;
let people = 0;
beforeAll(async () => {
  system = await ChatUnderTest.start();
  [one, two] = [await system.startGateway(), await system.startGateway()];
});
afterAll(() => system.stop());

interface Nack {
  readonly code: string;
  readonly until?: string;
  readonly retry_after?: number;
  readonly retryable: boolean;
}

/** Sends it until it is answered so: of what is told, nobody knows when it arrives. */
const untilAnswered = (client: ChatClient, code: string, event: string, data: object) =>
  until(`${event} is answered ${code}`, async () => codeOf(await ask(client, event, data)) === code);

/** A clan of its own, with a moderator at the first gateway and somebody at the second. */
async function clan() {
  const clanId = `clan ${++people}`;
  const [adaId, bobId] = [`ada ${people}`, `bob ${people}`];
  const ada = await system.room(one, adaId, { clanId, role: 'moderator', moderates: 'global' });
  const bob = await system.room(two, bobId, { clanId, name: 'Bob' });
  return { clanId, room: clanRoom(clanId), ada, bob, adaId, bobId };
}

const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();
const stored = async (room: Room, type: DomainEvent['type']): Promise<DomainEvent[]> => {
  const events: DomainEvent[] = [];
  for await (const record of system.log.read({ filter: { room } })) events.push(decodeRecord(record));
  return events.filter((event) => event.type === type);
};

describe('a mute', () => {
  it('holds at every gateway at once, until it is over, and in that room only', async () => {
    const { ada, bob, bobId } = await clan();
    await ask(bob, 'clanMessage', { content: 'before' }, 'm-1');
    await until('it is told', () => heard(bob, 'before'));
    const messageId = bob.frames.find(({ message }) => message)!.message!['_id'];
    // Long enough for all that is asked while it holds, however slow the machine is.
    const mute = { room: 'clan', user_id: bobId, until: soon(6_000), reason: 'the same joke' };
    const took = stopwatch();
    expect(await ask(ada, 'mute', mute, 'mute-1')).toEqual({ event: 'ack', id: 'mute-1', data: {} });
    await untilAnswered(bob, 'muted', 'clanMessageReaction', { message_id: messageId, emoji: '👍' });
    expect(took()).toBeLessThan(2_000);
    expect(await ask(bob, 'clanMessage', { content: 'while' }, 'm-2')).toMatchObject({
      event: 'nack',
      data: { code: 'muted', until: mute.until, retryable: false },
    });
    expect(codeOf(await ask(bob, 'clanMessageEdit', { message_id: messageId, content: 'x' }))).toBe('muted');
    expect(codeOf(await ask(bob, 'typing', { room: 'clan' }))).toBe('muted');
    bob.send('clanMessage', { content: 'without an id' });
    await until('the error', () => bob.frames.some(({ error }) => String(error).includes(mute.until)));
    expect(codeOf(await ask(bob, 'globalMessage', { content: 'elsewhere' }))).toBe('ack');
    // What was said before is said, however often it is sent again; and it may be taken back.
    expect(await ask(bob, 'clanMessage', { content: 'before' }, 'm-1')).toEqual({
      event: 'ack',
      id: 'm-1',
      data: { message_id: messageId },
    });
    expect(codeOf(await ask(bob, 'clanMessageDelete', { message_id: messageId }))).toBe('ack');
    await untilAnswered(bob, 'ack', 'clanMessage', { content: 'afterwards' });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(mute.until));
    expect(heard(ada, 'while')).toBe(false);
  });

  it('is one event however often it is sent, and is lifted by another', async () => {
    const { ada, bob, bobId, adaId, room } = await clan();
    const mute = { room: 'clan', user_id: bobId, until: soon(60_000) };
    for (const id of ['m-1', 'm-1', 'm-2']) expect(codeOf(await ask(ada, 'mute', mute, id))).toBe('ack');
    const ofBob = (await system.log.last(`user:${bobId.replace(' ', '=20')}` as Room, 'sanction'))!.room;
    expect(await stored(ofBob, 'PersonMuted')).toMatchObject([{ userId: bobId, inRoom: room, by: adaId }]);
    await untilAnswered(bob, 'muted', 'clanMessage', { content: 'x' });
    for (let i = 0; i < 2; i++) expect(codeOf(await ask(ada, 'unmute', { room: 'clan', user_id: bobId }))).toBe('ack');
    await untilAnswered(bob, 'ack', 'clanMessage', { content: 'again' });
    expect(await stored(ofBob, 'PersonUnmuted')).toHaveLength(1);
  });

  it('is read from the log by a gateway that starts later', async () => {
    const { ada, bobId, clanId } = await clan();
    await ask(ada, 'mute', { room: 'clan', user_id: bobId, until: soon(60_000) });
    const three = await system.startGateway();
    const bob = await system.room(three, bobId, { clanId });
    expect(codeOf(await ask(bob, 'clanMessage', { content: 'x' }))).toBe('muted');
  });
});

describe('a ban', () => {
  it('takes somebody out of the room at every gateway, and lets them in again when it is lifted', async () => {
    const { ada, bob, bobId } = await clan();
    await ask(ada, 'clanMessage', { content: 'welcome' });
    await until('it is told', () => heard(bob, 'welcome'));
    expect(codeOf(await ask(ada, 'ban', { room: 'clan', user_id: bobId, reason: 'spam' }))).toBe('ack');
    await untilAnswered(bob, 'banned', 'clanMessage', { content: 'x' });
    await ask(ada, 'clanMessage', { content: 'without him' });
    await ask(ada, 'globalMessage', { content: 'with him' });
    await until('both rooms go on', () => heard(ada, 'without him') && heard(bob, 'with him'));
    await bob.quiet(100);
    expect(heard(bob, 'without him')).toBe(false);
    for (const event of ['clanMessageReaction', 'clanMessageEdit', 'clanMessageDelete']) {
      const data = { message_id: '68595f4f1f2f6a2d3c1b0a99', emoji: '👍', content: 'x' };
      expect(codeOf(await ask(bob, event, data))).toBe('banned');
    }
    bob.send('resume', { rooms: { clan: { n: 0, rev: 0 } } });
    await until('resumed', () => bob.frames.some(({ event }) => event === 'resumed'));
    expect(bob.frames.find(({ event }) => event === 'resumed')!.data).toEqual({
      rooms: { clan: { recovered: false, code: 'not_found' } },
    });
    expect(heard(bob, 'without him')).toBe(false);
    await ask(ada, 'unban', { room: 'clan', user_id: bobId });
    await untilAnswered(bob, 'ack', 'clanMessage', { content: 'back' });
    await until('he hears the room', () => heard(bob, 'back'));
  });

  it('of the clan and one of the global room, with the same id, are two', async () => {
    const { ada, bob, bobId } = await clan();
    for (const room of ['clan', 'global']) {
      expect(codeOf(await ask(ada, 'ban', { room, user_id: bobId }, 'b-1'))).toBe('ack');
    }
    await untilAnswered(bob, 'banned', 'clanMessage', { content: 'x' });
    await untilAnswered(bob, 'banned', 'globalMessage', { content: 'x' });
  });

  it('is one of eighty at most by a moderator, and by the application one of more', async () => {
    const { ada, bobId } = await clan();
    const order = {
      key: system.nextKey(),
      at: new Date().toISOString(),
      userId: bobId,
      room: clanRoom('0'),
      by: 'app',
    };
    const held = Array.from({ length: MAX_SANCTIONS_BY_MODERATORS - 1 }, (_, i): Sanction => {
      return { kind: 'ban', room: clanRoom(`full ${i}`), since: order.at, until: null, by: '9' };
    });
    const moderation = new Moderation(system.log);
    await moderation.ofPerson(bobId, () => banPerson(order, held));
    for (const [event, more] of [
      ['ban', {}],
      ['mute', { until: soon(60_000) }],
    ] as const) {
      expect(codeOf(await ask(ada, event, { room: 'clan', user_id: bobId, ...more }))).toBe('invalid');
    }
    const another = { ...order, key: system.nextKey(), room: GLOBAL_ROOM };
    expect(await moderation.ofPerson(bobId, (state) => banPerson(another, state))).toBeNull();
  });

  it('from the global room, by the application, holds for who comes to any gateway', async () => {
    const { ada, bob, bobId, clanId } = await clan();
    const order = { key: system.nextKey(), at: new Date().toISOString(), userId: bobId, room: GLOBAL_ROOM, by: 'app' };
    const moderation = new Moderation(system.log);
    await moderation.ofPerson(bobId, (state) => banPerson(order, state));
    await untilAnswered(bob, 'banned', 'globalMessage', { content: 'x' });
    const again = await system.room(one, bobId, { clanId });
    await ask(ada, 'globalMessage', { content: 'to all but one' });
    await ask(ada, 'clanMessage', { content: 'to him too' });
    await until('the global room goes on', () => heard(ada, 'to all but one'));
    for (const client of [bob, again]) {
      await until('the clan goes on', () => heard(client, 'to him too'));
      await client.quiet(100);
      expect(heard(client, 'to all but one')).toBe(false);
    }
    await moderation.ofPerson(bobId, (state) => unbanPerson({ ...order, key: system.nextKey() }, state));
    await untilAnswered(bob, 'ack', 'globalMessage', { content: 'back' });
    // The other gateway may hear of the end of the ban after what was said first.
    await until('they hear it', async () => {
      await ask(bob, 'globalMessage', { content: 'back' });
      return [bob, again].every((client) => heard(client, 'back'));
    });
  });
});

describe('a moderator', () => {
  it('deletes what others said, with a reason that the log keeps', async () => {
    const { ada, bob, adaId, bobId, room } = await clan();
    await ask(ada, 'subscribe', { to: ['changes'] });
    const { data } = (await ask(bob, 'clanMessage', { content: 'not kind' })) as { data: { message_id: string } };
    await until('it is told', () => heard(ada, 'not kind'));
    expect(codeOf(await ask(bob, 'clanMessageDelete', { message_id: '68595f4f1f2f6a2d3c1b0a99' }))).toBe('not_found');
    const deletion = { message_id: data.message_id, reason: 'not kind' };
    for (let i = 0; i < 2; i++) expect(codeOf(await ask(ada, 'clanMessageDelete', deletion, 'd-1'))).toBe('ack');
    await until('it is told as deleted', () =>
      ada.frames.some(({ event, message }) => event === 'messageChanged' && message?.['deleted'] === true),
    );
    expect(await stored(room, 'MessageDeleted')).toMatchObject([
      { messageId: data.message_id, userId: adaId, senderId: bobId, reason: 'not kind' },
    ]);
  });

  it('is one of the clan of their token alone, while they are in it, and not of themself', async () => {
    const { ada, bob, adaId, bobId, clanId } = await clan();
    const { data } = (await ask(ada, 'clanMessage', { content: 'hello' })) as { data: { message_id: string } };
    await until('it is told', () => heard(bob, 'hello'));
    const orders: [string, object][] = [
      ['mute', { room: 'clan', user_id: adaId, until: soon(60_000) }],
      ['unmute', { room: 'clan', user_id: adaId }],
      ['ban', { room: 'clan', user_id: adaId }],
      ['unban', { room: 'clan', user_id: adaId }],
      ['slowMode', { room: 'clan', seconds: 5 }],
    ];
    // Of another clan, which the log does not have them in.
    const other = await system.room(two, bobId, { clanId: 'another clan', role: 'moderator' });
    for (const client of [bob, other]) {
      for (const [event, order] of orders)
        expect([event, codeOf(await ask(client, event, order))]).toEqual([event, 'forbidden']);
      expect(codeOf(await ask(client, 'clanMessageDelete', data))).toBe('not_yours');
    }
    const ofClan = await system.room(two, bobId, { clanId, role: 'moderator' });
    expect(codeOf(await ask(ofClan, 'ban', { room: 'global', user_id: adaId }))).toBe('forbidden');
    for (const event of ['unmute', 'ban']) {
      expect(codeOf(await ask(ada, event, { room: 'clan', user_id: adaId }))).toBe('forbidden');
    }
    expect(codeOf(await ask(ada, 'mute', { room: 'clan', user_id: bobId, until: '2020-01-01T00:00:00Z' }))).toBe(
      'invalid',
    );
    ofClan.send('ban', { room: 'global', user_id: adaId });
    await until('the error', () => ofClan.frames.some(({ error }) => error !== undefined));
    expect(ofClan.frames.find(({ error }) => error)).toMatchObject({
      error: [{ reason: 'NOT_AUTHORIZED', field: 'room', value: 'global' }],
    });
    expect(codeOf(await ask(ofClan, 'mute', { room: 'clan', user_id: adaId, until: soon(60_000) }))).toBe('ack');
  });
});

describe('slow mode', () => {
  it('holds for everybody but moderators, over all gateways, and not for what is sent again', async () => {
    const { ada, bob, bobId, clanId } = await clan();
    const here = await system.room(one, bobId, { clanId });
    expect(codeOf(await ask(bob, 'clanMessage', { content: 'before' }))).toBe('ack');
    expect(codeOf(await ask(ada, 'slowMode', { room: 'clan', seconds: 4 }))).toBe('ack');
    await until('it is known at the other gateway', async () => {
      const first = codeOf(await ask(bob, 'clanMessage', { content: 'one' }, 's-1'));
      return first === 'ack' && codeOf(await ask(bob, 'clanMessage', { content: 'two' })) === 'slow_mode';
    });
    const refused = await ask(here, 'clanMessage', { content: 'three' });
    expect(refused).toMatchObject({ event: 'nack', data: { code: 'slow_mode', retryable: true } });
    const { retry_after: retryAfter = 0 } = refused.data as Nack;
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(4);
    for (const client of [bob, here])
      expect(codeOf(await ask(client, 'clanMessage', { content: 'one' }, 's-1'))).toBe('ack');
    expect(codeOf(await ask(bob, 'globalMessage', { content: 'elsewhere' }))).toBe('ack');
    for (const content of ['I may', 'and again'])
      expect(codeOf(await ask(ada, 'clanMessage', { content }))).toBe('ack');
    await new Promise((resolve) => setTimeout(resolve, retryAfter * 1_000));
    expect(codeOf(await ask(here, 'clanMessage', { content: 'four' }))).toBe('ack');
    await ask(ada, 'slowMode', { room: 'clan', seconds: 0 });
    await untilAnswered(here, 'ack', 'clanMessage', { content: 'five' });
    expect(codeOf(await ask(here, 'clanMessage', { content: 'six' }))).toBe('ack');
  });

  it('is read from the log by a gateway that starts later', async () => {
    const { ada, bobId, clanId } = await clan();
    await ask(ada, 'slowMode', { room: 'clan', seconds: 60 });
    const three = await system.startGateway();
    const bob = await system.room(three, bobId, { clanId });
    const say = async (content: string) => codeOf(await ask(bob, 'clanMessage', { content }));
    expect([await say('one'), await say('two')]).toEqual(['ack', 'slow_mode']);
  });
});
