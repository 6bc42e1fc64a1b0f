import type { Kind, RecordedEvent, Room } from '#domain';
import { type CollectionDefinition, type Document, gapCollection } from '#read-models';

/** The documents a fold may read: those it asked for with {@link Projection.needs}, with all writes so far applied. */
export interface View {
  get(collection: string, id: string): Document | null;
  /** By the collection's indexed field, where its value never changes. */
  find(collection: string, value: string): Document | null;
}

/** A document that a fold will read, by its `_id` or by its collection's indexed field. */
export type Need = { readonly collection: string } & ({ readonly id: string } | { readonly value: string });

/** What one event comes to: the documents as they now are, and what there is to tell the gateways, if anything. */
export interface Folded<Change> {
  readonly documents: readonly { readonly collection: string; readonly document: Document }[];
  readonly change: Change | null;
}

/** A text for the gateways that serve a room, or a person. */
export type LiveText = { readonly text: string } & ({ readonly room: Room } | { readonly userId: string });

/**
 * A projection: a pure fold of the log into documents. It is deterministic from the log alone, so that every worker
 * that folds the log in order writes the same documents, whatever it is interrupted by. No I/O and no clock.
 *
 * - An event is folded at most once for its head, the document that remembers how far it got; folded again it answers
 *   the same documents, or older ones that the store's guard keeps out.
 * - A fold that throws makes the event a dead letter.
 */
export interface Projection<Change> {
  readonly name: string;
  /**
   * Raised with every other fold or other documents: those of another format are folded on by no worker and read by no
   * query of this code. A rebuild makes them anew.
   */
  readonly format: number;
  /** The kinds of events it folds; undefined for all. Others are not fetched. */
  readonly kinds: readonly Kind[] | undefined;
  readonly collections: readonly CollectionDefinition[];
  /**
   * The collection that is kept in memory and saved now and then, before the checkpoint; only the fold reads it. The
   * `_id` of a head is its room.
   */
  readonly heads: string | null;
  needs(event: RecordedEvent): Need[];
  fold(view: View, event: RecordedEvent): Folded<Change>;
  /** For the events about documents that nobody can name beforehand; null where there are none such. */
  readonly sweep: Sweep<Change> | null;
  /**
   * A document as it is once a person is erased, the same object where it holds nothing of them: by this a document that
   * was made when that was known already is held against one that was not.
   */
  without(collection: string, document: Document, userId: string): Document;
  /** The changes of one round of a version, in the order of the log, as the texts to be published. */
  announce(changes: readonly Change[], version: number): LiveText[];
}

/**
 * How the documents of a partition are changed by an event that concerns all of them that list a value. They are of rooms,
 * each of which is folded from its own documents and its head alone, so the rooms are swept one by one: their documents
 * in the order of `_id`, some at a time. What came before the event is saved by then, and nothing after it is folded of a
 * room until that is through. So whoever takes the partition over in the middle finds the same documents, those that are
 * done already with the event's own sequence. A projection that sweeps has heads.
 */
export interface Sweep<Change> {
  /** Which documents; null where this event concerns none so. Only a `UserErased` may have any. */
  of(event: RecordedEvent): Swept | null;
  needs(event: RecordedEvent, document: Document): Need[];
  fold(view: View, event: RecordedEvent, document: Document): Folded<Change>;
}

/** The documents of a collection whose `list` has this value: each a {@link SweptDocument}. */
export interface Swept {
  readonly collection: string;
  readonly value: string;
}

/** Its `_id` begins with its room and a colon. */
export interface SweptDocument extends Document {
  readonly room: Room;
}

/** All that a version of it consists of. */
export const collectionsOf = ({ collections }: Pick<Projection<never>, 'collections'>): CollectionDefinition[] => [
  ...collections,
  gapCollection,
];

export const nothing: Folded<never> = { documents: [], change: null };

/** An event that can be read but does not fit what the log said before it. */
export class UnfoldableEvent extends Error {
  override readonly name = 'UnfoldableEvent';
}
