import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { directRoom, keySequence, type MessageCreated } from '#domain';
import type { EventLog } from '#event-store';
import { ServedTimeline } from '#projections';
import { memoryReadModels } from '#read-models';
import { MemoryLogServer } from '../../../libs/event-store/test/memory-log.js';
import { Hub, onlineTopic } from '../src/feeds/hub.js';
import { InMail, type InMailNotice } from '../src/commands/in-mail.js';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import { sessionInMemory } from './session-in-memory.js';
import { settings } from './sessions-on-sockets.js';
import { until } from './until.js';

const newKey = keySequence(Buffer.alloc(8));
const from = (senderId: string, content: string): MessageCreated => {
  const messageId = newKey();
  return {
    ...{ type: 'MessageCreated', room: directRoom(senderId, '2'), id: `msg.${messageId}`, messageId },
    ...{ at: '2026-01-01T00:00:00.000Z', sender: { id: senderId, name: 'Ada', avatar: null }, content },
  };
};

let webhook: Server;
/** Calls that were not answered yet, and what all of them said. */
let open: ServerResponse[];
let said: InMailNotice[];
let aborted: number;
/** How the webhook answers; null for not at all. */
let answer: number | null;
let warned: string[];
let log: EventLog;
let hub: Hub;
let inMail: InMail;

beforeEach(async () => {
  Logger.overrideLogger(false);
  [open, said, warned, aborted, answer] = [[], [], [], 0, 200];
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: string) => warned.push(line));
  webhook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    response.on('close', () => {
      if (!response.writableEnded) aborted++;
    });
    request.on('end', () => {
      expect([request.method, request.headers['content-type']]).toEqual(['POST', 'application/json']);
      said.push(JSON.parse(body) as InMailNotice);
      open.push(response);
      if (answer === null) return;
      response.statusCode = answer;
      response.end('an answer that nobody reads');
    });
  }).listen(0, '127.0.0.1');
  await once(webhook, 'listening');
  start(`http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`);
});
afterEach(async () => {
  inMail.onApplicationShutdown();
  webhook.closeAllConnections();
  webhook.close();
  // What was under way says that it is given up: in this test, not in the next.
  await new Promise((resolve) => setTimeout(resolve, 30));
  jest.restoreAllMocks();
});

function start(url?: string): void {
  log = new MemoryLogServer().connect() as unknown as EventLog;
  const toldTo = { ...settings, inMail: url === undefined ? {} : { url } };
  hub = new Hub(log, new ServedTimeline(memoryReadModels()), toldTo, newKey, () => Promise.resolve(true));
  inMail = new InMail(log, hub, toldTo);
}

const contents = () => said.map(({ message }) => message);
const send = (content: string) => {
  inMail.messageSent(from('1', content), 9, '2');
};

describe('the webhook', () => {
  it('is told who wrote what to whom', async () => {
    const message = from('1', 'hello');
    inMail.messageSent(message, 9, '2');
    await until('it is told', () => said.length === 1);
    expect(said).toEqual([
      {
        ...{ type: 'in_mail', chat_id: 9, message_id: message.messageId, sender_id: 1, receiver_id: 2 },
        ...{ message: 'hello', created_at: message.at },
      },
    ]);
    inMail.messageSent(from('ada', 'no number'), 9, 'bob');
    await until('it is told', () => said.length === 2);
    expect(said[1]).toMatchObject({ sender_id: null, receiver_id: null });
  });

  it('is not told where somebody answers that the receiver is online', async () => {
    let answered = 0;
    const online = log.live.answer(onlineTopic('2'), () => {
      answered++;
      return ['yes'];
    });
    await log.live.flush();
    send('online');
    await until('it was asked', () => answered === 1);
    // The answer is on its way.
    await log.live.flush();
    online.stop();
    await log.live.flush();
    send('offline');
    await until('it is told', () => said.length > 0);
    expect(contents()).toEqual(['offline']);
  });

  it('is not told where the receiver is here, or has come while the notice waited', async () => {
    answer = null;
    for (let i = 0; i < 17; i++) send(`m${i}`);
    await until('so many wait for it', () => open.length === 16);
    const feed = hub.hold('2');
    const { session } = await sessionInMemory({ endpoint: DIRECT_CHAT, person: feed.person });
    hub.add(session, feed);
    const asked = jest.spyOn(log.live, 'ask');
    send('here');
    answer = 200;
    for (const response of open.splice(0)) response.end();
    inMail.messageSent(from('1', 'to another'), 9, '3');
    await until('it is told', () => contents().includes('to another'));
    expect(contents()).toHaveLength(17);
    expect(contents()).not.toContain('here');
    expect(asked.mock.calls.map(([topic]) => topic)).toEqual([onlineTopic('3')]);
    expect(warned).toEqual([]);
  });

  it('may answer with nothing', async () => {
    answer = 204;
    send('hello');
    await until('it is told', () => said.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(warned).toEqual([]);
  });

  it('that leads elsewhere is not followed, which is said', async () => {
    answer = 307;
    send('hello');
    await until('it was tried', () => warned.length > 0);
    expect(warned[0]).toContain('answered 307, a redirect, which is not followed: set INMAIL_WEBHOOK_URL');
    expect(contents()).toEqual(['hello']);
  });

  it('is tried three times, each after a longer pause; the rest goes on', async () => {
    answer = 503;
    send('first');
    await until('it was given up', () => said.length === 3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = 200;
    send('second');
    await until('it is told', () => contents().includes('second'));
    expect(contents()).toEqual(['first', 'first', 'first', 'second']);
    expect(warned).toEqual(['the webhook failed and is tried again: it answered 503']);
  });

  it('is not waited for by one message behind the other, but not by all at the same time either', async () => {
    answer = null;
    for (let i = 0; i < 40; i++) send(`m${i}`);
    await until('so many wait for it', () => open.length === 16);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(open).toHaveLength(16);
    answer = 200;
    for (const response of open.splice(0)) response.end();
    await until('all are told', () => said.length === 40);
    expect(new Set(contents()).size).toBe(40);
    send('later');
    await until('it is told', () => contents().includes('later'));
    expect(warned).toEqual([]);
  });

  it('is told of no more than can wait: the rest is given up, which is said', async () => {
    answer = null;
    for (let i = 0; i < 10_016; i++) send(`m${i}`);
    expect(warned).toEqual([]);
    const tooMany = from('1', 'one too many');
    inMail.messageSent(tooMany, 9, '2');
    expect(warned).toEqual([`10000 notices wait: the one of message ${tooMany.messageId} is given up`]);
    await until('so many wait for it', () => open.length === 16);
  });

  it('that is not there is told of with its reason', async () => {
    webhook.close();
    webhook.closeAllConnections();
    send('to nobody');
    await until('it was tried', () => warned.length > 0);
    expect(warned[0]).toMatch(/^the webhook failed and is tried again: .*fetch failed/);
  });
});

describe('the end of the gateway', () => {
  it('ends what is under way, and tries nothing again', async () => {
    answer = null;
    for (let i = 0; i < 20; i++) send(`m${i}`);
    await until('so many wait for it', () => open.length === 16);
    inMail.onApplicationShutdown();
    await until('they are given up', () => aborted === 16);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(said).toHaveLength(16);
  });
});

it('without a webhook nobody is told', async () => {
  start();
  send('hello');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([said, warned]).toEqual([[], []]);
});
