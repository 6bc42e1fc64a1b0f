import { LRUCache } from 'lru-cache';
import { type ChatCreated, otherSide, type RecordedEvent } from '#domain';
import type { AskedLog } from './asked-log.js';
import { decodeRecord } from './log-record.js';

const REMEMBERED = 10_000;

/** The direct chats, read from the log itself: a chat can be used right after it was created. */
export class DirectChats {
  // A ChatCreated never changes, so what is known of it never goes stale.
  private readonly known = new LRUCache<number, RecordedEvent<ChatCreated>>({ max: REMEMBERED });

  constructor(private readonly log: Pick<AskedLog, 'recordAt'>) {}

  /**
   * The event at this sequence, or null where that is not the creation of a chat.
   * @param deadline when the log is given up, on the monotonic clock: 4.5 s from now by default
   * @throws LogUnavailable
   */
  async byId(chatId: number, deadline?: number): Promise<RecordedEvent<ChatCreated> | null> {
    const known = this.known.get(chatId);
    if (known) return known;
    const record = await this.log.recordAt(chatId, deadline);
    // The id comes from a client: any other record, a damaged one too, is just not a chat.
    if (record?.type !== 'ChatCreated') return null;
    const event = decodeRecord(record) as RecordedEvent<ChatCreated>;
    this.known.set(chatId, event);
    return event;
  }

  /** The same, or null where this person is not one of its two. @throws LogUnavailable */
  async ofPerson(userId: string, chatId: number, deadline?: number): Promise<RecordedEvent<ChatCreated> | null> {
    const chat = await this.byId(chatId, deadline);
    return chat && otherSide(chat.users, userId) !== null ? chat : null;
  }
}
