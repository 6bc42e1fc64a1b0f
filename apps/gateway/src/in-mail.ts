import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { MessageCreated } from '#domain';
import { EventLog } from '#event-store';
import { userNumberOf } from '#protocol';
import { DIRECT_CHAT } from './endpoint.js';
import { Hub, onlineTopic } from './hub.js';
import { type GatewaySettings, SETTINGS } from './settings.js';

const MAX_QUEUED = 10_000;
const AT_ONCE = 16;
const TRIES = 3;
/** Milliseconds: for one request, between two tries, and for the other gateways to say that somebody is online. */
const REQUEST_TIME = 5_000;
const PAUSE = 500;
const ASK_TIME = 250;

/** What the webhook is sent, as JSON. */
export interface InMailNotice {
  readonly type: 'in_mail';
  readonly chat_id: number;
  readonly message_id: string;
  readonly sender_id: number | null;
  readonly receiver_id: number | null;
  readonly message: string;
  readonly created_at: string;
}

interface Letter {
  readonly receiverId: string;
  readonly notice: InMailNotice;
}

/**
 * Tells a webhook of direct messages whose receiver has no connection of the direct API on any gateway. The message
 * itself waits in the chat whatever comes of this: a notice that fails three times, or one too many, is given up.
 */
@Injectable()
export class InMail implements OnApplicationShutdown {
  readonly #logger = new Logger(InMail.name);
  readonly #queue: Letter[] = [];
  readonly #stop = new AbortController();
  #busy = 0;

  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(Hub) private readonly hub: Hub,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  /** Returns at once, whatever the webhook does. */
  messageSent(message: MessageCreated, chatId: number, receiverId: string): void {
    if (this.settings.inMail.url === undefined || this.#isHere(receiverId)) return;
    if (this.#queue.length >= MAX_QUEUED) {
      this.#logger.warn(`${MAX_QUEUED} notices wait: the one of message ${message.messageId} is given up`);
      return;
    }
    const notice: InMailNotice = {
      type: 'in_mail',
      chat_id: chatId,
      message_id: message.messageId,
      sender_id: userNumberOf(message.sender.id),
      receiver_id: userNumberOf(receiverId),
      message: message.content,
      created_at: message.at,
    };
    this.#queue.push({ receiverId, notice });
    if (this.#busy < AT_ONCE) void this.#work(this.settings.inMail.url);
  }

  onApplicationShutdown(): void {
    this.#queue.length = 0;
    this.#stop.abort();
  }

  #isHere(userId: string): boolean {
    return (this.hub.person(userId)?.connections(DIRECT_CHAT) ?? 0) > 0;
  }

  async #work(url: string): Promise<void> {
    this.#busy++;
    for (let letter = this.#queue.shift(); letter; letter = this.#queue.shift()) {
      try {
        if (!(await this.#isOnline(letter.receiverId))) await this.#send(url, letter.notice);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#logger.warn(`the notice of message ${letter.notice.message_id} is given up: ${reason}`);
      }
    }
    this.#busy--;
  }

  async #isOnline(userId: string): Promise<boolean> {
    if (this.#isHere(userId)) return true;
    return (await this.log.live.ask(onlineTopic(userId), '', ASK_TIME)).length > 0;
  }

  async #send(url: string, notice: InMailNotice): Promise<void> {
    const { signal } = this.#stop;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(notice),
          signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIME)]),
        });
        await response.body?.cancel();
        if (response.ok) return;
        throw new Error(`the webhook answered ${response.status}`);
      } catch (error) {
        if (attempt === TRIES || signal.aborted) throw error;
        await sleep(PAUSE * attempt, undefined, { signal });
      }
    }
  }
}
