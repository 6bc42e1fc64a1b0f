import { authorOf, type RecordedEvent, type Said, saidAfter } from '#domain';
import { type LogRecord, readableEvent } from '#event-store';
import type { MessageDocument } from '../timeline/documents.js';

/** Somebody changed what a message says, or took it back. */
export interface ChangeThen {
  readonly seq: number;
  /** When it was decided, ISO 8601. */
  readonly at: string;
  readonly type: 'edited' | 'deleted';
  readonly userId: string | null;
  /** The number of the message, and its id. */
  readonly n: number;
  readonly messageId: string;
  /** Null where the text is not to be had any more. */
  readonly before: string | null;
  /** Null also where it was deleted. */
  readonly after: string | null;
}

/** Why a text is not there: its person was erased, or there is no key for it here. */
export type Gone = 'erased' | 'sealed';

/** What the texts of messages were, and which are gone. */
export interface TextsThen {
  /** Null where it is there. */
  readonly goneOf: (messageId: string) => Gone | null;
  /** Of the name of who reacted. */
  readonly goneOfReaction: (messageId: string, userId: string) => Gone | null;
  /** The event by which it was said; 0 where it is not known. */
  readonly saidSeq: (messageId: string) => number;
}

/** Follows what is said in a room: what was changed, with what it said before. */
export class Texts implements TextsThen {
  private readonly said = new Map<string, Said>();
  private readonly seqs = new Map<string, number>();
  private readonly gone = new Map<string, Gone | null>();
  private readonly changes: Omit<ChangeThen, 'n'>[] = [];

  take(record: LogRecord): void {
    if (record.kind !== 'msg' && record.kind !== 'edit' && record.kind !== 'react') return;
    const event = readableEvent(record);
    if (event?.type === 'ReactionAdded') this.gone.set(placeOf(event.messageId, event.userId), goneOf(record));
    if (event?.type === 'MessageCreated' && !this.seqs.has(event.messageId)) {
      const { messageId, seq } = event;
      this.said.set(messageId, saidAfter(this.said.get(messageId), event));
      this.seqs.set(messageId, seq);
      this.gone.set(messageId, goneOf(record));
    }
    if (event?.type === 'MessageEdited' || event?.type === 'MessageDeleted') this.change(event, record);
  }

  private change(
    event: Extract<RecordedEvent, { readonly type: 'MessageEdited' | 'MessageDeleted' }>,
    record: LogRecord,
  ): void {
    const { seq, at, messageId } = event;
    const before = this.said.get(messageId);
    const after = saidAfter(before, event);
    this.said.set(messageId, after);
    // Of what is not there, or no more, nothing is changed.
    if (typeof before !== 'string' || after === undefined) return;
    const [wasGone, isGone] = [this.goneOf(messageId), after === null ? null : goneOf(record)];
    if (after !== null) this.gone.set(messageId, isGone);
    const texts = { before: wasGone ? null : before, after: isGone ? null : after };
    const type = after === null ? 'deleted' : 'edited';
    this.changes.push({ seq, at, type, userId: authorOf(event), messageId, ...texts });
  }

  /** Those of the messages that the room has. */
  changesOf(messages: readonly MessageDocument[]): ChangeThen[] {
    const numbers = new Map(messages.map(({ messageId, n }) => [messageId, n]));
    return this.changes.flatMap(({ messageId, ...change }) => {
      const n = numbers.get(messageId);
      return n === undefined ? [] : [{ ...change, n, messageId }];
    });
  }

  goneOf(messageId: string): Gone | null {
    return this.gone.get(messageId) ?? null;
  }

  goneOfReaction(messageId: string, userId: string): Gone | null {
    return this.goneOf(placeOf(messageId, userId));
  }

  saidSeq(messageId: string): number {
    return this.seqs.get(messageId) ?? 0;
  }

  /** As they are now, whatever is taken later. */
  copy(): TextsThen {
    const copy = new Texts();
    for (const [key, value] of this.gone) copy.gone.set(key, value);
    for (const [key, value] of this.seqs) copy.seqs.set(key, value);
    return copy;
  }
}

const placeOf = (messageId: string, userId: string): string => `${messageId} ${userId}`;

const goneOf = ({ texts, erased }: LogRecord): Gone | null =>
  erased === true ? 'erased' : texts === null ? 'sealed' : null;
