import { authorOf, type MessageCreated, type RecordedEvent, type Said, saidAfter } from '#domain';
import type { LogRecord } from '#event-store';
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

/** What is known of one message. */
interface Known {
  /** The event by which it was said. */
  readonly seq: number;
  said: Said;
}

/** Follows what is said in a room: what was changed, with what it said before. */
export class Texts implements TextsThen {
  private readonly changes: Omit<ChangeThen, 'n'>[] = [];

  private constructor(
    private readonly messages: Map<string, Known>,
    /** Nearly always nothing is: what is there is not in it. */
    private readonly gone: Map<string, Gone>,
  ) {}

  static ofNothing(): Texts {
    return new Texts(new Map(), new Map());
  }

  /** The next event, as it was read of its record. */
  take(event: RecordedEvent, record: LogRecord): void {
    if (event.type === 'ReactionAdded') this.put(placeOf(event.messageId, event.userId), goneOf(record));
    else if (event.type === 'MessageCreated') this.create(event, record);
    else if (event.type === 'MessageEdited' || event.type === 'MessageDeleted') this.change(event, record);
  }

  private create(event: RecordedEvent<MessageCreated>, record: LogRecord): void {
    const { messageId, seq } = event;
    if (this.messages.has(messageId)) return;
    this.messages.set(messageId, { seq, said: saidAfter(undefined, event) });
    this.put(messageId, goneOf(record));
  }

  private change(
    event: Extract<RecordedEvent, { readonly type: 'MessageEdited' | 'MessageDeleted' }>,
    record: LogRecord,
  ): void {
    const { seq, at, messageId } = event;
    const known = this.messages.get(messageId);
    const before = known?.said;
    // Of what is not there, or no more, nothing is changed.
    if (!known || typeof before !== 'string') return;
    const after = saidAfter(before, event) ?? null;
    known.said = after;
    const [wasGone, isGone] = [this.goneOf(messageId), after === null ? null : goneOf(record)];
    if (after !== null) this.put(messageId, isGone);
    const texts = { before: wasGone ? null : before, after: isGone ? null : after };
    const type = after === null ? 'deleted' : 'edited';
    this.changes.push({ seq, at, type, userId: authorOf(event), messageId, ...texts });
  }

  /** Those of the messages that the room has. */
  changesOf(messages: readonly MessageDocument[]): ChangeThen[] {
    if (this.changes.length === 0) return [];
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
    return this.messages.get(messageId)?.seq ?? 0;
  }

  /** As they are now, whatever is taken later: by which event something was said stays as it is. */
  copy(): TextsThen {
    return new Texts(this.messages, new Map(this.gone));
  }

  private put(key: string, gone: Gone | null): void {
    if (gone === null) this.gone.delete(key);
    else this.gone.set(key, gone);
  }
}

const placeOf = (messageId: string, userId: string): string => `${messageId} ${userId}`;

const goneOf = ({ texts, erased }: LogRecord): Gone | null =>
  erased === true ? 'erased' : texts === null ? 'sealed' : null;
