import { Inject, Injectable, Logger } from '@nestjs/common';
import { type MessageCreated, RetryableError } from '#domain';
import { type AskedLog, decodeRecord, EventLog, type LogRecord } from '#event-store';
import { LineLimit } from '#platform';
import { type FoldedIn, type InboxDocument, type MessageDocument, ServedTimeline } from '#projections';
import { inMailNotice, type InMailNotice, receiverOf, shownTo } from '#protocol';
import { Hub, onlineTopic } from '../feeds/hub.js';
import { FOLDED_IN } from '../settings.js';
import { sleep } from '../patiently.js';
import { DIRECT_CHAT } from '../socket/endpoint.js';

/** For the other gateways to say that somebody is online. Milliseconds. */
const ASK_TIME = 250;
/** Before the timeline is looked at again that lacks a message, and before a server is asked again that was away. */
const LOOK_AGAIN = 50;
const ASK_AGAIN = 500;
const WARNING_INTERVAL = 60_000;

/** The timeline is past a message, and does not have it: nobody can read it there. */
export class NotTakenIn extends Error {
  override readonly name = 'NotTakenIn';
  constructor() {
    super('the timeline could not take the message in: see its own dead letters');
  }
}

interface Shown {
  readonly message: MessageDocument;
  /** The chat as the receiver sees it. */
  readonly entry: InboxDocument;
}

/** Whom of the people who are sent direct messages the webhook is to be told of. */
@Injectable()
export class DueNotices {
  readonly #warnings = new LineLimit(new Logger(DueNotices.name), { lines: 1, intervalMs: WARNING_INTERVAL });

  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'live'>,
    @Inject(Hub) private readonly hub: Hub,
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
    @Inject(FOLDED_IN) private readonly isFolded: FoldedIn,
  ) {}

  /**
   * What is to be told of a message, once it can be read in its chat; servers that are away are waited for. Null where
   * its receiver is online, has seen it or is not shown it, where it was deleted, and where it is a second copy, of one that was sent again
   * with its id.
   * @throws NotTakenIn, UnreadableEvent; the reason of `signal`
   */
  async of(record: LogRecord, signal: AbortSignal): Promise<InMailNotice | null> {
    const event = decodeRecord(record) as MessageCreated;
    const receiverId = receiverOf(event);
    // Before anything is waited for: who is told of the message by a connection may close it right after.
    if (await this.#patiently(signal, () => this.#isOnline(receiverId))) return null;
    const { message, entry } = await this.#patiently(signal, () => this.#shown(event, receiverId, record, signal));
    // The timeline has the first copy, as of its own moment.
    const isSecond = message.at !== event.at;
    if (isSecond || shownTo(message, receiverId).deleted || entry.seenN >= message.n) return null;
    // As it says now: it may have been edited, and its texts are sealed in the log.
    return inMailNotice({ ...event, sender: message.sender, content: message.content }, entry.chatId);
  }

  async #shown(event: MessageCreated, receiverId: string, record: LogRecord, signal: AbortSignal): Promise<Shown> {
    for (;;) {
      const { version, queries } = await this.served.pin();
      // Asked first: what is folded by then is there to be found.
      const isFolded = await this.isFolded(version, record);
      const [message, entry] = await Promise.all([
        queries.message(event.messageId),
        queries.entry(receiverId, event.room),
      ]);
      if (message && entry) return { message, entry };
      if (isFolded) throw new NotTakenIn();
      await sleep(LOOK_AGAIN);
      signal.throwIfAborted();
    }
  }

  async #isOnline(userId: string): Promise<boolean> {
    if ((this.hub.person(userId)?.connections(DIRECT_CHAT) ?? 0) > 0) return true;
    return (await this.log.live.ask(onlineTopic(userId), '', ASK_TIME)).length > 0;
  }

  /** A server that is away concerns all messages alike, and none of them is to blame. */
  async #patiently<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof RetryableError)) throw error;
        this.#warnings.say(`notices wait: ${error.message}`);
      }
      await sleep(ASK_AGAIN);
    }
  }
}
