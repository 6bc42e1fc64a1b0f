import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { expect, jest } from '@jest/globals';
import type { Room } from '#domain';
import type { EventLog } from '#event-store';
import { foldedWith, timeline } from '#projections';
import type { InMailNotice } from '#protocol';
import { checkpointId } from '#read-models';
import { Hub } from '../src/feeds/hub.js';
import { DueNotices } from '../src/in-mail/due-notices.js';
import { InMail } from '../src/in-mail/in-mail.js';
import { Presence } from '../src/presence/presence.js';
import { ChatInMemory } from './chat-in-memory.js';
import { settings } from './sessions-on-sockets.js';

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** A webhook, and the gateways of a chat in memory that tell it what is said in the direct chat of two people. */
export class ToldWebhook {
  readonly calls: Call[] = [];
  /** Calls that were not answered yet. */
  readonly open: ServerResponse[] = [];
  aborted = 0;
  /** How it answers; null for not at all. */
  answer: number | null = 200;
  readonly warned: string[] = [];
  readonly room: Room;
  private readonly server: Server;
  private url = '';
  private readonly gateways: InMail[] = [];

  private constructor(readonly chat: ChatInMemory) {
    this.room = chat.open('1', '2').room;
    this.server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('close', () => {
        if (!response.writableEnded) this.aborted++;
      });
      request.on('end', () => {
        expect([request.method, request.headers['content-type']]).toEqual(['POST', 'application/json']);
        this.calls.push({ headers: request.headers, body, at: performance.now() });
        this.open.push(response);
        if (this.answer === null) return;
        response.statusCode = this.answer;
        // To itself.
        if (this.answer === 307) response.setHeader('location', '/');
        response.end('an answer that nobody reads');
      });
    });
  }

  static async begin(): Promise<ToldWebhook> {
    Logger.overrideLogger(false);
    const webhook = new ToldWebhook(await ChatInMemory.start());
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: string) => webhook.warned.push(line));
    webhook.server.listen(0, '127.0.0.1');
    await once(webhook.server, 'listening');
    webhook.url = `http://127.0.0.1:${(webhook.server.address() as AddressInfo).port}/`;
    await webhook.fold();
    return webhook;
  }

  /** Nobody answers there any more. */
  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  async end(): Promise<void> {
    this.server.closeAllConnections();
    await Promise.all(this.gateways.map((inMail) => inMail.beforeApplicationShutdown()));
    this.server.close();
    jest.restoreAllMocks();
  }

  /** A gateway that tells it. */
  async start(changes: Partial<typeof settings.inMail> = {}, log = this.chat.log as unknown as EventLog) {
    const { served, nextKey, readModels } = this.chat;
    const toldTo = { ...settings, inMail: { ...settings.inMail, url: this.url, ...changes } };
    const hub = new Hub(log, served, toldTo, nextKey, () => Promise.resolve(true), new Presence(log, settings));
    const inMail = new InMail(log, new DueNotices(log, hub, served, foldedWith(timeline, readModels)), toldTo);
    this.gateways.push(inMail);
    await inMail.onApplicationBootstrap();
    return { hub, inMail };
  }

  /** As a projector does. */
  async fold(): Promise<void> {
    await this.chat.timeline.run();
    await this.passed();
  }

  /** The timeline is past all that is in the log, whether it has it or not. */
  async passed(): Promise<void> {
    const { checkpoints } = this.chat.readModels;
    const { seq, partition, id: eventId } = this.chat.server.records.at(-1)!;
    const id = checkpointId('timeline', 1, partition);
    const { epoch } = await checkpoints.claim(id, 'in memory');
    await checkpoints.save([{ id, epoch, seq, eventId }]);
  }

  async say(content: string, to = this.room): Promise<string> {
    const messageId = this.chat.say(to, content);
    await this.fold();
    return messageId;
  }

  said(): InMailNotice[] {
    return this.calls.map(({ body }) => JSON.parse(body) as InMailNotice);
  }

  contents(): string[] {
    return this.said().map(({ message }) => message);
  }

  /** What was put aside. */
  letters() {
    return this.chat.server.letters.map(({ seq, reason, projection }) => ({ seq, reason, projection }));
  }
}
