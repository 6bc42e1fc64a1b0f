import { type RecordedEvent, type Room, type Said, saidAfter } from '#domain';
import { type EventLog, readableEvent } from '#event-store';
import type { MessageDocument, Timeline } from '#projections';

/** How many messages before one are looked at for one that was never changed. */
const NEIGHBOURS = 100;
/** How many messages are looked up at the same time. */
const AT_ONCE = 8;

/** An event that changes what a message says. */
type Change = Extract<RecordedEvent, { readonly type: 'MessageEdited' | 'MessageDeleted' }>;

export const isChange = (event: RecordedEvent): event is Change =>
  event.type === 'MessageEdited' || event.type === 'MessageDeleted';

/** Finds in the log what messages said before they were changed; the timeline only says where to look. */
export class SaidBefore {
  /** @param changesAtMost how many edits and deletions of its room are read for what one message said */
  constructor(
    private readonly log: Pick<EventLog, 'read'>,
    private readonly timeline: Timeline,
    private readonly changesAtMost: number,
  ) {}

  /**
   * A sequence below the one at which a message was created, near it: that of the last message before it that was never
   * changed, whose document therefore says its own. Null where none is near.
   */
  async below({ room, n }: Pick<MessageDocument, 'room' | 'n'>): Promise<number | null> {
    const before = await this.timeline.page(room, { before: n, limit: NEIGHBOURS });
    const unchanged = before.find(({ rev, rev0 }) => rev === rev0);
    if (unchanged) return unchanged.seq;
    return before.length < NEIGHBOURS ? 0 : null;
  }

  /**
   * What the message of each of these changes said until then, by the sequence of the change; null where it is not found
   * near by, or said nothing any more.
   * @param read all changes of these messages from the first of `wanted` on, in their order
   */
  async ofEach(wanted: readonly RecordedEvent[], read: readonly RecordedEvent[]): Promise<Map<number, string | null>> {
    const firsts = new Map<string, Change>();
    for (const event of wanted.filter(isChange)) {
      if (!firsts.has(event.messageId)) firsts.set(event.messageId, event);
    }
    const before = new Map<number, string | null>();
    const rest = [...firsts.values()];
    while (rest.length > 0) {
      await Promise.all(
        rest.splice(0, AT_ONCE).map(async (first) => {
          let said = await this.until(first);
          for (const event of read.filter(isChange)) {
            if (event.messageId !== first.messageId || event.seq < first.seq) continue;
            before.set(event.seq, said ?? null);
            said = saidAfter(said, event);
          }
        }),
      );
    }
    return before;
  }

  /** What the message of a change said when it was changed. */
  private async until({ room, messageId, seq }: Change): Promise<Said> {
    const message = await this.timeline.message(messageId);
    if (message?.room !== room) return undefined;
    const below = await this.below(message);
    if (below === null) return undefined;
    const created = await this.created(room, messageId, below + 1, seq);
    if (!created) return undefined;
    let said = saidAfter(undefined, created);
    let changes = 0;
    const range = { from: created.seq + 1, until: seq - 1, filter: { room, kind: 'edit' } } as const;
    for await (const record of this.log.read(range)) {
      if (++changes > this.changesAtMost) return undefined;
      // Only what names it is decoded.
      const event = record.body.includes(messageId) ? readableEvent(record) : null;
      if (event && isChange(event) && event.messageId === messageId) said = saidAfter(said, event);
    }
    return said;
  }

  private async created(room: Room, messageId: string, from: number, until: number) {
    let messages = 0;
    for await (const record of this.log.read({ from, until, filter: { room, kind: 'msg' } })) {
      // The timeline counts those that it could fold, and each once: there may be more, not many.
      if (++messages > 2 * NEIGHBOURS) return null;
      const event = record.body.includes(messageId) ? readableEvent(record) : null;
      if (event?.type === 'MessageCreated' && event.messageId === messageId) return event;
    }
    return null;
  }
}
