import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { MessageCreated } from '#domain';
import { type AskedLog, EventLog } from '#event-store';
import { LineLimit } from '#platform';
import { userNumberOf } from '#protocol';
import { DIRECT_CHAT } from '../socket/endpoint.js';
import { Hub, onlineTopic } from '../feeds/hub.js';
import { type GatewaySettings, SETTINGS } from '../settings.js';

const MAX_QUEUED = 10_000;
const AT_ONCE = 16;
const TRIES = 3;
/** Milliseconds: for one request, between two tries, and for the other gateways to say that somebody is online. */
const REQUEST_TIME = 5_000;
const PAUSE = 500;
const ASK_TIME = 250;
/** A webhook that fails is told of at once, and then once in this time. Milliseconds. */
const WARNING_INTERVAL = 60_000;

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
  readonly #warnings = new LineLimit(this.#logger, { lines: 1, intervalMs: WARNING_INTERVAL });
  readonly #queue: Letter[] = [];
  readonly #stop = new AbortController();
  #busy = 0;

  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'live'>,
    @Inject(Hub) private readonly hub: Hub,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  /** Returns at once, whatever the webhook does. */
  messageSent(message: MessageCreated, chatId: number, receiverId: string): void {
    if (this.settings.inMail.url === undefined || this.#isHere(receiverId)) return;
    if (this.#queue.length >= MAX_QUEUED) {
      this.#warnings.say(`${MAX_QUEUED} notices wait: the one of message ${message.messageId} is given up`);
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
        this.#warnings.say(`the notice of message ${letter.notice.message_id} is given up: ${reasonOf(error)}`);
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
        await this.#post(url, notice);
        return;
      } catch (error) {
        if (attempt === TRIES || signal.aborted) throw error;
        this.#warnings.say(`the webhook failed and is tried again: ${reasonOf(error)}`);
        await sleep(PAUSE * attempt, undefined, { signal });
      }
    }
  }

  /** A redirect is never followed: it would take what people write to an address that nobody here has chosen. */
  async #post(url: string, notice: InMailNotice): Promise<void> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(notice),
      redirect: 'manual',
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(REQUEST_TIME)]),
    });
    await response.body?.cancel();
    if (response.ok) return;
    const isRedirect = response.status >= 300 && response.status < 400;
    const advice = isRedirect ? ', a redirect, which is not followed: set INMAIL_WEBHOOK_URL to where it leads' : '';
    throw new Error(`it answered ${response.status}${advice}`);
  }
}

/** What went wrong at a connection stands in the cause of what fetch throws. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
