import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { directRoom, keySequence, openChat } from '#domain';
import { decodeRecord, DirectChats, LogUnavailable, OutcomeUnknown } from '#event-store';
import { ServedTimeline } from '#projections';
import { memoryReadModels } from '#read-models';
import { type MemoryLog, MemoryLogServer } from '../../../libs/event-store/test/memory-log.js';
import { message } from '../../../libs/event-store/test/log-under-test.js';
import { Attempts } from '../src/commands/attempts.js';
import type { Caller } from '../src/commands/command.js';
import { PostDirectMessage, PostDirectMessageHandler } from '../src/commands/post-message.js';
import { Hub } from '../src/feeds/hub.js';
import { InMail, type InMailNotice } from '../src/commands/in-mail.js';
import { Person } from '../src/feeds/person.js';
import { until } from './until.js';
import { settings } from './sessions-on-sockets.js';

const room = directRoom('1', '2');
const at = '2026-01-01T00:00:00.000Z';

let webhook: Server;
let notified: string[];
let server: MemoryLogServer;
let log: MemoryLog;
let handler: PostDirectMessageHandler;
let inMail: InMail;
let caller: Caller;
let keys: string[];

beforeEach(async () => {
  Logger.overrideLogger(false);
  notified = [];
  webhook = createServer((request, response) => {
    request.on('data', (body: Buffer) => notified.push((JSON.parse(body.toString()) as InMailNotice).message));
    request.on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(webhook, 'listening');
  server = new MemoryLogServer();
  log = server.connect();
  await log.decide(room, 'chat', () => openChat({ key: newKey(), at, by: '1', receiver: '2' }, null));
  const url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
  const toldTo = { ...settings, inMail: { url } };
  const hub = new Hub(log, new ServedTimeline(memoryReadModels()), toldTo, newKey, () => Promise.resolve(true));
  inMail = new InMail(log, hub, toldTo);
  handler = new PostDirectMessageHandler(log, new DirectChats(log), inMail);
  keys = [];
  const admit = () => Promise.resolve();
  const attempts = new Attempts('1', () => keys.shift() ?? newKey(), admit);
  caller = { person: new Person('1'), isOpen: true, admit, attempts };
});
afterEach(() => {
  jest.restoreAllMocks();
  inMail.onApplicationShutdown();
  webhook.close();
  webhook.closeAllConnections();
});

const newKey = keySequence(Buffer.alloc(8));
const post = (content: string, id?: string) => handler.execute(new PostDirectMessage(caller, 1, '2', content, id));
/** What the receiver, who is offline, was notified of before this. */
async function notices(): Promise<string[]> {
  await post('last');
  await until('the last one was notified', () => notified.includes('last'));
  return notified.filter((content) => content !== 'last');
}

describe('a direct message', () => {
  it('is notified of once, however often it is sent with its id', async () => {
    await post('hello', 'c1');
    await post('hello', 'c1');
    expect(await notices()).toEqual(['hello']);
  });

  it('is notified of where it was stored by an attempt whose answer was lost', async () => {
    for (const id of [undefined, 'c1'] as const) {
      const answer = log.connection.gates.hold('append answer');
      const lost = post(`stored ${id}`, id);
      await answer.arrived;
      log.connection.lose();
      await expect(lost).rejects.toThrow(OutcomeUnknown);
      log.connection.comeBack();
      expect(notified).not.toContain(`stored ${id}`);
      await post(`stored ${id}`, id);
      await until('it was notified', () => notified.includes(`stored ${id}`));
    }
    expect(await notices()).toEqual(['stored undefined', 'stored c1']);
  });

  it('with other words is another one, also where what came of the one before is unknown', async () => {
    const answer = log.connection.gates.hold('append answer');
    const lost = post('first');
    await answer.arrived;
    log.connection.lose();
    await expect(lost).rejects.toThrow(OutcomeUnknown);
    log.connection.comeBack();
    for (const content of ['second', 'first']) await post(content);
    expect(server.records.map((record) => decodeRecord(record)).slice(1)).toMatchObject([
      { content: 'first' },
      { content: 'second' },
    ]);
  });

  it('is notified of where its answer was lost, and the log was asked again', async () => {
    log.losesAnswers = true;
    const posted = post('hello', 'c1');
    await until('it is stored', () => server.records.length === 2);
    log.losesAnswers = false;
    await posted;
    expect(await notices()).toEqual(['hello']);
  });

  it('is notified of where the log was asked twice for it, and says that it was there', async () => {
    const stored = message(room, 'asked twice');
    await log.append(stored);
    keys.push(stored.messageId);
    await post('asked twice');
    expect(await notices()).toEqual(['asked twice']);
  });

  it('is not sent to the log where finding its chat took all the time there was', async () => {
    const asked = log.connection.gates.hold('recordAt');
    const late = post('late');
    await asked.arrived;
    const now = performance.now();
    jest.spyOn(performance, 'now').mockReturnValue(now + 5_000);
    asked.release();
    await expect(late).rejects.toThrow(LogUnavailable);
    expect(await log.last(room, 'msg')).toBeNull();
  });
});
