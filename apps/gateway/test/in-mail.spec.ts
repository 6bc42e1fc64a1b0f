import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { encodeEvent, type MessageCreated, partitionOf, type Room } from '#domain';
import { type EventLog, LogUnavailable } from '#event-store';
import { ReadModelsUnavailable } from '#read-models';
import { onlineTopic } from '../src/feeds/hub.js';
import { InMail } from '../src/in-mail/in-mail.js';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import { sessionInMemory } from './session-in-memory.js';
import { settings } from './sessions-on-sockets.js';
import { until } from './until.js';
import { ToldWebhook } from './told-webhook.js';

const secret = 'a secret for the webhook, 32 bytes';

let webhook: ToldWebhook;
beforeEach(async () => {
  webhook = await ToldWebhook.begin();
});
afterEach(() => webhook.end());

const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the webhook', () => {
  it('is told who wrote what to whom, with the id of the event as its key', async () => {
    await webhook.start();
    const messageId = await webhook.say('hello');
    await until('it is told', () => webhook.calls.length === 1);
    expect(webhook.said()).toEqual([
      {
        ...{ type: 'in_mail', chat_id: 1, message_id: messageId, sender_id: 1, receiver_id: 2 },
        ...{ message: 'hello', created_at: '2026-01-01T00:00:00.000Z' },
      },
    ]);
    const { headers } = webhook.calls[0]!;
    expect([headers['idempotency-key'], headers['parley-signature']]).toEqual([`msg.${messageId}`, undefined]);
    const others = webhook.chat.open('ada', 'bob').room;
    await webhook.fold();
    await webhook.say('no number', others);
    await until('it is told', () => webhook.calls.length === 2);
    expect(webhook.said()[1]).toMatchObject({ sender_id: null, receiver_id: null });
  });

  it('is told with a signature over the time and the body, where there is a secret', async () => {
    await webhook.start({ secret });
    await webhook.say('hello 🫡');
    await until('it is told', () => webhook.calls.length === 1);
    const { headers, body } = webhook.calls[0]!;
    const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['parley-signature']))!;
    expect(createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')).toBe(digest);
    expect(Math.abs(Date.now() / 1_000 - Number(seconds))).toBeLessThan(10);
  });

  it('is told of a message when it is in the timeline, and of nothing from before or in a room', async () => {
    await webhook.say('before');
    await webhook.start();
    webhook.chat.say('global' as Room, 'in a room');
    webhook.chat.say(webhook.room, 'hello');
    await pass(150);
    expect(webhook.calls).toEqual([]);
    await webhook.fold();
    await until('it is told', () => webhook.calls.length > 0);
    await pass(50);
    expect(webhook.contents()).toEqual(['hello']);
  });

  it('is not told where another gateway answers that the receiver is online', async () => {
    await webhook.start();
    let answered = 0;
    const online = webhook.chat.elsewhere.live.answer(onlineTopic('2'), () => {
      answered++;
      return ['yes'];
    });
    await webhook.chat.elsewhere.live.flush();
    await webhook.say('online');
    await until('it was asked', () => answered === 1);
    await pass(300);
    online.stop();
    await webhook.chat.elsewhere.live.flush();
    await webhook.say('offline');
    await until('it is told', () => webhook.calls.length > 0);
    expect(webhook.contents()).toEqual(['offline']);
  });

  it('is not told where the receiver is here, nor where they have seen it before another try', async () => {
    const { hub } = await webhook.start();
    webhook.answer = 500;
    await webhook.say('seen meanwhile');
    await until('it was tried', () => webhook.calls.length === 1);
    webhook.chat.seen(webhook.room, '2', 1);
    await webhook.fold();
    await pass(1_100);
    expect([webhook.calls.length, webhook.letters()]).toEqual([1, []]);
    const feed = hub.hold('2');
    const { session } = await sessionInMemory({ endpoint: DIRECT_CHAT, person: feed.person });
    hub.add(session, feed);
    const asked = jest.spyOn(webhook.chat.log.live, 'ask');
    webhook.answer = 200;
    await webhook.say('here');
    await pass(150);
    expect([webhook.contents(), asked.mock.calls.length]).toEqual([['seen meanwhile'], 0]);
  });

  it('is not told of what is hidden from its receiver, who blocks its sender', async () => {
    await webhook.start();
    const fact = { room: webhook.room, at: '2026-01-01T00:00:00.000Z', by: '2' };
    webhook.chat.append({ type: 'PersonBlocked', ...fact, id: `block.${webhook.chat.nextKey()}`, blockers: ['2'] });
    await webhook.say('hidden');
    webhook.chat.append({ type: 'PersonUnblocked', ...fact, id: `unblock.${webhook.chat.nextKey()}`, blockers: [] });
    await webhook.say('after');
    await until('it is told', () => webhook.calls.length > 0);
    await pass(100);
    expect(webhook.contents()).toEqual(['after']);
  });

  it('is told once of a message that is in the log twice', async () => {
    await webhook.start();
    const messageId = webhook.chat.nextKey();
    const first: MessageCreated = {
      ...{ type: 'MessageCreated', room: webhook.room, id: `msg.${messageId}`, messageId, clientId: 'c1' },
      ...{ at: '2026-01-01T00:00:00.000Z', sender: { id: '1', name: 'Ada', avatar: null }, content: 'hello' },
    };
    for (const at of [first.at, '2026-01-01T00:03:00.000Z']) {
      webhook.chat.server.store({ ...encodeEvent({ ...first, at }), room: webhook.room, kind: 'msg', id: first.id });
    }
    await webhook.fold();
    await webhook.say('last');
    await until('the last is told', () => webhook.contents().includes('last'));
    await pass(50);
    expect(webhook.contents().sort()).toEqual(['hello', 'last']);
    expect(webhook.letters()).toEqual([]);
  });

  it('is told where the read model or the log was away for a while', async () => {
    await webhook.start({ tries: 1 });
    for (const gate of ['find messages of timeline-1', 'checkpoint', 'versions']) {
      webhook.chat.gates.fail(gate, new ReadModelsUnavailable('away'));
    }
    await webhook.say('waits');
    await until('it is told', () => webhook.calls.length === 1);
    expect(webhook.warned[0]).toBe('notices wait: away');
    webhook.chat.log.connection.lose();
    const meanwhile = webhook.chat.say(webhook.room, 'meanwhile');
    await webhook.fold();
    await pass(50);
    webhook.chat.log.connection.comeBack();
    await until('it is told', () => webhook.calls.length === 2);
    expect(webhook.said()[1]!.message_id).toBe(meanwhile);
    expect(webhook.letters()).toEqual([]);
  });

  it('that fails is told again, each time after a longer pause, and then there is a dead letter', async () => {
    await webhook.start({ tries: 3 });
    webhook.answer = 503;
    await webhook.say('first');
    await until('it was given up', () => webhook.letters().length === 1);
    expect(webhook.contents()).toEqual(['first', 'first', 'first']);
    const [one, two] = [webhook.calls[1]!.at - webhook.calls[0]!.at, webhook.calls[2]!.at - webhook.calls[1]!.at];
    expect([one >= 490, one < 1_900, two >= 990, two < 3_500]).toEqual([true, true, true, true]);
    expect(new Set(webhook.calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(webhook.letters()).toEqual([{ projection: 'inmail', seq: 2, reason: 'it answered 503' }]);
    expect(webhook.chat.server.letters[0]!.partition).toBe(partitionOf(webhook.room));
    expect(webhook.warned).toEqual(['the webhook failed and is tried again: it answered 503']);
    webhook.answer = 200;
    await webhook.say('second');
    await until('it is told', () => webhook.contents().includes('second'));
    expect(webhook.calls).toHaveLength(4);
  });

  it('that leads elsewhere is not followed, which is said', async () => {
    await webhook.start({ tries: 1 });
    webhook.answer = 307;
    await webhook.say('hello');
    await until('it was given up', () => webhook.letters().length === 1);
    expect(webhook.letters()[0]!.reason).toContain(
      'answered 307, a redirect, which is not followed: set INMAIL_WEBHOOK_URL',
    );
    expect(webhook.calls).toHaveLength(1);
  });

  it('that is not there is told of with its reason', async () => {
    webhook.close();
    await webhook.start({ tries: 1 });
    await webhook.say('to nobody');
    await until('it was given up', () => webhook.letters().length === 1);
    expect(webhook.letters()[0]!.reason).toMatch(/^fetch failed: connect ECONNREFUSED/);
  });

  const store = (version: number, body: string) =>
    webhook.chat.server.store({
      ...{ room: webhook.room, kind: 'msg', id: 'msg.1', type: 'MessageCreated' },
      version,
      body,
    });

  it('is not told of what nobody can read: that is a dead letter at once', async () => {
    await webhook.start();
    store(1, 'not JSON');
    webhook.chat.say(webhook.room, 'the timeline does not take it in');
    await webhook.passed();
    await until('both are', () => webhook.letters().length === 2);
    expect(webhook.letters().map(({ seq }) => seq)).toEqual([2, 3]);
    expect(webhook.letters()[1]!.reason).toContain('the timeline could not take the message in');
    expect(webhook.calls).toEqual([]);
  });

  it('is not told of what only a newer release can read: it is kept for a gateway of that', async () => {
    await webhook.start();
    store(3, '{}');
    await until('it is left', () =>
      webhook.warned.some((line) => line.includes('left to a gateway of a newer release')),
    );
    expect([webhook.letters(), webhook.calls]).toEqual([[], []]);
  });

  it('gets a bounded number of calls at the same time, and none waits behind a slow one for ever', async () => {
    await webhook.start();
    webhook.answer = null;
    for (let i = 0; i < 40; i++) webhook.chat.say(webhook.room, `m${i}`);
    await webhook.fold();
    await until('so many wait for it', () => webhook.open.length === 16);
    await pass(100);
    expect(webhook.open).toHaveLength(16);
    webhook.answer = 200;
    for (const response of webhook.open.splice(0)) response.end();
    await until('all are told', () => webhook.calls.length === 40);
    expect(new Set(webhook.contents()).size).toBe(40);
    // So it is after these too.
    [webhook.answer, webhook.open.length] = [null, 0];
    for (let i = 40; i < 60; i++) webhook.chat.say(webhook.room, `m${i}`);
    await webhook.fold();
    await until('so many wait for it again', () => webhook.open.length >= 16);
    await pass(100);
    expect([webhook.open.length, webhook.warned]).toEqual([16, []]);
    for (const response of webhook.open) response.end();
  });

  it('is told of each message by one of the gateways', async () => {
    await webhook.start();
    await webhook.start({}, webhook.chat.elsewhere as unknown as EventLog);
    for (let i = 0; i < 20; i++) webhook.chat.say(webhook.room, `m${i}`);
    await webhook.fold();
    await until('all are told', () => webhook.calls.length >= 20);
    await pass(100);
    expect(new Set(webhook.contents()).size).toBe(20);
    expect(webhook.calls).toHaveLength(20);
  });
});

describe('the end of a gateway', () => {
  it('lets what is under way come to its end', async () => {
    const { inMail } = await webhook.start();
    webhook.answer = null;
    await webhook.say('under way');
    await until('it is under way', () => webhook.open.length === 1);
    const ended = inMail.beforeApplicationShutdown();
    await pass(200);
    webhook.open[0]!.end();
    await ended;
    await webhook.start({}, webhook.chat.elsewhere as unknown as EventLog);
    await pass(100);
    expect([webhook.calls.length, webhook.aborted]).toEqual([1, 0]);
  });

  it('leaves what is not answered in time to another, and takes nothing more', async () => {
    const { inMail } = await webhook.start();
    webhook.answer = null;
    await webhook.say('hangs');
    await until('it is under way', () => webhook.open.length === 1);
    webhook.chat.say(webhook.room, 'is not in the timeline');
    await pass(50);
    const ended = inMail.beforeApplicationShutdown();
    webhook.chat.say(webhook.room, 'comes later');
    await ended;
    await until('it is given up', () => webhook.aborted === 1);
    expect(webhook.calls).toHaveLength(1);
    webhook.answer = 200;
    await webhook.fold();
    await webhook.start({}, webhook.chat.elsewhere as unknown as EventLog);
    await until('another has told of all', () => webhook.calls.length === 4);
    expect(webhook.contents().slice(1).sort()).toEqual(['comes later', 'hangs', 'is not in the timeline']);
    expect([webhook.letters(), webhook.warned]).toEqual([[], []]);
  });
});

it('where the log is away at the start, the messages of after that are told once it is there', async () => {
  jest.spyOn(webhook.chat.log, 'share').mockRejectedValueOnce(new LogUnavailable('away'));
  await webhook.start();
  expect(webhook.warned).toEqual([expect.stringContaining('nobody is told of messages')]);
  await until('it is joined', () => webhook.chat.server.shares.size === 1);
  await webhook.say('hello');
  await until('it is told', () => webhook.calls.length === 1);
});

it('without a webhook there is no consumer, and nobody is told', async () => {
  const inMail = new InMail(webhook.chat.log, undefined as never, settings);
  await inMail.onApplicationBootstrap();
  expect(webhook.chat.server.shares.size).toBe(0);
  await inMail.beforeApplicationShutdown();
});
