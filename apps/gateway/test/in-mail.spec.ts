import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { encodeEvent, type MessageCreated, partitionOf, type Room } from '#domain';
import type { EventLog } from '#event-store';
import { foldedWith, timeline } from '#projections';
import type { InMailNotice } from '#protocol';
import { checkpointId, ReadModelsUnavailable } from '#read-models';
import { Hub, onlineTopic } from '../src/feeds/hub.js';
import { DueNotices } from '../src/in-mail/due-notices.js';
import { InMail } from '../src/in-mail/in-mail.js';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import { ChatInMemory } from './chat-in-memory.js';
import { sessionInMemory } from './session-in-memory.js';
import { settings } from './sessions-on-sockets.js';
import { until } from './until.js';
import { Presence } from '../src/presence/presence.js';

const secret = 'a secret for the webhook, 32 bytes';

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

let webhook: Server;
let url: string;
let calls: Call[];
/** Calls that were not answered yet. */
let open: ServerResponse[];
let aborted: number;
/** How the webhook answers; null for not at all. */
let answer: number | null;
let warned: string[];
let chat: ChatInMemory;
let room: Room;
let gateways: { readonly hub: Hub; readonly inMail: InMail }[];

beforeEach(async () => {
  Logger.overrideLogger(false);
  [calls, open, warned, gateways, aborted, answer] = [[], [], [], [], 0, 200];
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: string) => warned.push(line));
  webhook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    response.on('close', () => {
      if (!response.writableEnded) aborted++;
    });
    request.on('end', () => {
      expect([request.method, request.headers['content-type']]).toEqual(['POST', 'application/json']);
      calls.push({ headers: request.headers, body, at: performance.now() });
      open.push(response);
      if (answer === null) return;
      response.statusCode = answer;
      // To itself.
      if (answer === 307) response.setHeader('location', '/');
      response.end('an answer that nobody reads');
    });
  }).listen(0, '127.0.0.1');
  await once(webhook, 'listening');
  url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
  chat = await ChatInMemory.start();
  room = chat.open('1', '2').room;
  await fold();
});
afterEach(async () => {
  webhook.closeAllConnections();
  await Promise.all(gateways.map(({ inMail }) => inMail.beforeApplicationShutdown()));
  webhook.close();
  jest.restoreAllMocks();
});

/** A gateway that tells the webhook. */
async function start(changes: Partial<typeof settings.inMail> = {}, log = chat.log as unknown as EventLog) {
  const toldTo = { ...settings, inMail: { ...settings.inMail, url, ...changes } };
  const hub = new Hub(log, chat.served, toldTo, chat.nextKey, () => Promise.resolve(true), new Presence(log, settings));
  const inMail = new InMail(log, new DueNotices(log, hub, chat.served, foldedWith(timeline, chat.readModels)), toldTo);
  gateways.push({ hub, inMail });
  await inMail.onApplicationBootstrap();
  return { hub, inMail };
}

/** As a projector does. */
async function fold(): Promise<void> {
  await chat.timeline.run();
  await passed();
}

/** The timeline is past all that is in the log, whether it has it or not. */
async function passed(): Promise<void> {
  const { seq, partition, id: eventId } = chat.server.records.at(-1)!;
  const id = checkpointId('timeline', 1, partition);
  const { epoch } = await chat.readModels.checkpoints.claim(id, 'in memory');
  await chat.readModels.checkpoints.save([{ id, epoch, seq, eventId }]);
}

async function say(content: string, to = room): Promise<string> {
  const messageId = chat.say(to, content);
  await fold();
  return messageId;
}

const said = () => calls.map(({ body }) => JSON.parse(body) as InMailNotice);
const contents = () => said().map(({ message }) => message);
const letters = () => chat.server.letters.map(({ seq, reason, projection }) => ({ seq, reason, projection }));
const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the webhook', () => {
  it('is told who wrote what to whom, with the id of the event as its key', async () => {
    await start();
    const messageId = await say('hello');
    await until('it is told', () => calls.length === 1);
    expect(said()).toEqual([
      {
        ...{ type: 'in_mail', chat_id: 1, message_id: messageId, sender_id: 1, receiver_id: 2 },
        ...{ message: 'hello', created_at: '2026-01-01T00:00:00.000Z' },
      },
    ]);
    const { headers } = calls[0]!;
    expect([headers['idempotency-key'], headers['parley-signature']]).toEqual([`msg.${messageId}`, undefined]);
    const others = chat.open('ada', 'bob').room;
    await fold();
    await say('no number', others);
    await until('it is told', () => calls.length === 2);
    expect(said()[1]).toMatchObject({ sender_id: null, receiver_id: null });
  });

  it('is told with a signature over the time and the body, where there is a secret', async () => {
    await start({ secret });
    await say('hello 🫡');
    await until('it is told', () => calls.length === 1);
    const { headers, body } = calls[0]!;
    const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['parley-signature']))!;
    expect(createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')).toBe(digest);
    expect(Math.abs(Date.now() / 1_000 - Number(seconds))).toBeLessThan(10);
  });

  it('is told of a message when it is in the timeline, and of nothing from before or in a room', async () => {
    await say('before');
    await start();
    chat.say('global' as Room, 'in a room');
    chat.say(room, 'hello');
    await pass(150);
    expect(calls).toEqual([]);
    await fold();
    await until('it is told', () => calls.length > 0);
    await pass(50);
    expect(contents()).toEqual(['hello']);
  });

  it('is not told where another gateway answers that the receiver is online', async () => {
    await start();
    let answered = 0;
    const online = chat.elsewhere.live.answer(onlineTopic('2'), () => {
      answered++;
      return ['yes'];
    });
    await chat.elsewhere.live.flush();
    await say('online');
    await until('it was asked', () => answered === 1);
    await pass(300);
    online.stop();
    await chat.elsewhere.live.flush();
    await say('offline');
    await until('it is told', () => calls.length > 0);
    expect(contents()).toEqual(['offline']);
  });

  it('is not told where the receiver is here, nor where they have seen it before another try', async () => {
    const { hub } = await start();
    answer = 500;
    await say('seen meanwhile');
    await until('it was tried', () => calls.length === 1);
    chat.seen(room, '2', 1);
    await fold();
    await pass(1_100);
    expect([calls.length, letters()]).toEqual([1, []]);
    const feed = hub.hold('2');
    const { session } = await sessionInMemory({ endpoint: DIRECT_CHAT, person: feed.person });
    hub.add(session, feed);
    const asked = jest.spyOn(chat.log.live, 'ask');
    answer = 200;
    await say('here');
    await pass(150);
    expect([contents(), asked.mock.calls.length]).toEqual([['seen meanwhile'], 0]);
  });

  it('is not told of what is hidden from its receiver, who blocks its sender', async () => {
    await start();
    const fact = { room, at: '2026-01-01T00:00:00.000Z', by: '2' };
    chat.append({ type: 'PersonBlocked', ...fact, id: `block.${chat.nextKey()}`, blockers: ['2'] });
    await say('hidden');
    chat.append({ type: 'PersonUnblocked', ...fact, id: `unblock.${chat.nextKey()}`, blockers: [] });
    await say('after');
    await until('it is told', () => calls.length > 0);
    await pass(100);
    expect(contents()).toEqual(['after']);
  });

  it('is told once of a message that is in the log twice', async () => {
    await start();
    const messageId = chat.nextKey();
    const first: MessageCreated = {
      ...{ type: 'MessageCreated', room, id: `msg.${messageId}`, messageId, clientId: 'c1' },
      ...{ at: '2026-01-01T00:00:00.000Z', sender: { id: '1', name: 'Ada', avatar: null }, content: 'hello' },
    };
    for (const at of [first.at, '2026-01-01T00:03:00.000Z']) {
      chat.server.store({ ...encodeEvent({ ...first, at }), room, kind: 'msg', id: first.id });
    }
    await fold();
    await say('last');
    await until('the last is told', () => contents().includes('last'));
    await pass(50);
    expect(contents().sort()).toEqual(['hello', 'last']);
    expect(letters()).toEqual([]);
  });

  it('is told where the read model or the log was away for a while', async () => {
    await start({ tries: 1 });
    for (const gate of ['find messages of timeline-1', 'checkpoint', 'versions']) {
      chat.gates.fail(gate, new ReadModelsUnavailable('away'));
    }
    await say('waits');
    await until('it is told', () => calls.length === 1);
    expect(warned[0]).toBe('notices wait: away');
    chat.log.connection.lose();
    const meanwhile = chat.say(room, 'meanwhile');
    await fold();
    await pass(50);
    chat.log.connection.comeBack();
    await until('it is told', () => calls.length === 2);
    expect(said()[1]!.message_id).toBe(meanwhile);
    expect(letters()).toEqual([]);
  });

  it('that fails is told again, each time after a longer pause, and then there is a dead letter', async () => {
    await start({ tries: 3 });
    answer = 503;
    await say('first');
    await until('it was given up', () => letters().length === 1);
    expect(contents()).toEqual(['first', 'first', 'first']);
    const [one, two] = [calls[1]!.at - calls[0]!.at, calls[2]!.at - calls[1]!.at];
    expect([one >= 490, one < 1_900, two >= 990, two < 3_500]).toEqual([true, true, true, true]);
    expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(letters()).toEqual([{ projection: 'inmail', seq: 2, reason: 'it answered 503' }]);
    expect(chat.server.letters[0]!.partition).toBe(partitionOf(room));
    expect(warned).toEqual(['the webhook failed and is tried again: it answered 503']);
    answer = 200;
    await say('second');
    await until('it is told', () => contents().includes('second'));
    expect(calls).toHaveLength(4);
  });

  it('that leads elsewhere is not followed, which is said', async () => {
    await start({ tries: 1 });
    answer = 307;
    await say('hello');
    await until('it was given up', () => letters().length === 1);
    expect(letters()[0]!.reason).toContain('answered 307, a redirect, which is not followed: set INMAIL_WEBHOOK_URL');
    expect(calls).toHaveLength(1);
  });

  it('that is not there is told of with its reason', async () => {
    webhook.close();
    webhook.closeAllConnections();
    await start({ tries: 1 });
    await say('to nobody');
    await until('it was given up', () => letters().length === 1);
    expect(letters()[0]!.reason).toMatch(/^fetch failed: connect ECONNREFUSED/);
  });

  it('is not told of what nobody can read: that is a dead letter at once', async () => {
    await start();
    chat.server.store({ room, kind: 'msg', id: 'msg.1', type: 'MessageCreated', version: 1, body: 'not JSON' });
    chat.say(room, 'the timeline does not take it in');
    await passed();
    await until('both are', () => letters().length === 2);
    expect(letters().map(({ seq }) => seq)).toEqual([2, 3]);
    expect(letters()[1]!.reason).toContain('the timeline could not take the message in');
    expect(calls).toEqual([]);
  });

  it('is not told of what only a newer release can read: it is kept for a gateway of that', async () => {
    await start();
    chat.server.store({ room, kind: 'msg', id: 'msg.1', type: 'MessageCreated', version: 3, body: '{}' });
    await until('it is left', () => warned.some((line) => line.includes('left to a gateway of a newer release')));
    expect([letters(), calls]).toEqual([[], []]);
  });

  it('gets a bounded number of calls at the same time, and none waits behind a slow one for ever', async () => {
    await start();
    answer = null;
    for (let i = 0; i < 40; i++) chat.say(room, `m${i}`);
    await fold();
    await until('so many wait for it', () => open.length === 16);
    await pass(100);
    expect(open).toHaveLength(16);
    answer = 200;
    for (const response of open.splice(0)) response.end();
    await until('all are told', () => calls.length === 40);
    expect(new Set(contents()).size).toBe(40);
    expect(warned).toEqual([]);
  });

  it('is told of each message by one of the gateways', async () => {
    await start();
    await start({}, chat.elsewhere as unknown as EventLog);
    for (let i = 0; i < 20; i++) chat.say(room, `m${i}`);
    await fold();
    await until('all are told', () => calls.length >= 20);
    await pass(100);
    expect(new Set(contents()).size).toBe(20);
    expect(calls).toHaveLength(20);
  });
});

describe('the end of a gateway', () => {
  it('lets what is under way come to its end', async () => {
    const { inMail } = await start();
    answer = null;
    await say('under way');
    await until('it is under way', () => open.length === 1);
    const ended = inMail.beforeApplicationShutdown();
    await pass(200);
    open[0]!.end();
    await ended;
    await start({}, chat.elsewhere as unknown as EventLog);
    await pass(100);
    expect([calls.length, aborted]).toEqual([1, 0]);
  });

  it('leaves what is not answered in time to another, and takes nothing more', async () => {
    const { inMail } = await start();
    answer = null;
    await say('hangs');
    await until('it is under way', () => open.length === 1);
    const ended = inMail.beforeApplicationShutdown();
    await say('comes later');
    await ended;
    await until('it is given up', () => aborted === 1);
    expect(calls).toHaveLength(1);
    answer = 200;
    await start({}, chat.elsewhere as unknown as EventLog);
    await until('another has told of both', () => calls.length === 3);
    expect(contents().slice(1).sort()).toEqual(['comes later', 'hangs']);
    expect([letters(), warned]).toEqual([[], []]);
  });
});

it('without a webhook there is no consumer, and nobody is told', async () => {
  const inMail = new InMail(chat.log, undefined as never, settings);
  await inMail.onApplicationBootstrap();
  expect(chat.server.shares.size).toBe(0);
  await inMail.beforeApplicationShutdown();
});
