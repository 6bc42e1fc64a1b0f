import { PARTITIONS, RetryableError, type Room } from '#domain';
import { type VersionRegistry, versionName } from './versions.js';

/**
 * What projections write and queries read. Every document carries `seq`, the stream sequence of the last event folded
 * into it, which guards its writes. `_id`s are built to be the order that is asked for, so that every page is a range of
 * them.
 */
export interface Document {
  readonly _id: string;
  readonly seq: number;
}

/** A collection of a projection: its name, and the fields beside `_id` that it is asked by, if any. */
export interface CollectionDefinition {
  readonly name: string;
  /**
   * An indexed field, which holds a text, or null where a document is to be found by none. Not unique: beside `_id` a
   * unique index would make "duplicate key" ambiguous.
   */
  readonly index?: string;
  /** The index is in the order of `_id` for each value, so that ranges of the documents that have one can be read. */
  readonly ordered?: true;
  /** Another indexed field, which holds a list of texts; in the order of `_id` for each of them. */
  readonly list?: string;
}

/** Just above every `_id` that begins with `prefix` and a colon: `;` follows `:`. */
export const endOf = (prefix: string): string => `${prefix};`;

/** Above every `_id`, which are ASCII. */
export const ABOVE_ALL = '\uffff';

/** A part of one collection, in the order of `_id`. */
export interface Range {
  /** From this `_id` on, itself included. */
  readonly from: string;
  /** Up to this `_id`, itself not included. */
  readonly to: string;
  /** At most so many documents, 1 or more. */
  readonly limit: number;
  readonly descending?: boolean;
  /** Only the documents whose indexed field has this value, of an index that is `ordered`, or a list that has it. */
  readonly having?: { readonly field: string; readonly value: string };
  /** What is asked for beside `_id` and `seq`; the other fields may be left where they are. All where it is not given. */
  readonly fields?: readonly string[];
}

/** The part of one collection that is highest in a field. */
export interface Highest extends Pick<Range, 'from' | 'to' | 'limit'> {
  /** A field that holds a whole number, another one in each document. */
  readonly by: string;
  /** Only documents in which it is below this. */
  readonly below?: number;
  /** Only documents in which it is above this. */
  readonly above?: number;
}

/** A document to be written. `known` says that one with this `_id` was read before, so an insert would be in vain. */
export interface Write {
  readonly document: Document;
  readonly known: boolean;
}

/**
 * Where the documents of one version of one projection are kept and asked: the whole of what a fold needs to be stored.
 * Two adapters, held to one conformance suite. A server that is away makes any of these throw
 * {@link ReadModelsUnavailable}; what was written by then may or may not be there, and may be written again.
 */
export interface DocumentStore {
  /** Creates the collections and indexes that are missing, also where there are documents already. */
  setUp(collections: readonly CollectionDefinition[]): Promise<void>;
  /** The documents with these `_id`s, in any order; those that are not there are left out. */
  get<D extends Document>(collection: string, ids: readonly string[]): Promise<D[]>;
  /** The documents whose indexed field has one of these values, in any order. */
  findBy<D extends Document>(collection: string, field: string, values: readonly string[]): Promise<D[]>;
  range<D extends Document>(collection: string, range: Range): Promise<D[]>;
  /** The highest first. What is in the range is all looked at, where it is stored: for ranges of some thousands. */
  highest<D extends Document>(collection: string, highest: Highest): Promise<D[]>;
  /**
   * Stores each document unless the one that is there has the same or a higher `seq`. At most one write for an `_id`.
   * Documents are independent of each other: a fault may leave some of them written.
   */
  write(collection: string, writes: readonly Write[]): Promise<void>;
}

/** The name of a partition's checkpoint. */
export const checkpointId = (projection: string, version: number, partition: number): string =>
  `${versionName(projection, version)}:${partition}`;

/** How far a partition is folded, and whose it is. */
export interface Checkpoint {
  /** The sequence of the last event that is folded for good; 0 for none. */
  readonly seq: number;
  /** The id of that event, to notice a log that lost its tail and went on; the empty string for none. */
  readonly eventId: string;
  /**
   * Raised by every take-over; only the holder of the highest may save. Counted on from the moment of the first, in ms,
   * so that where checkpoints were lost no epoch is used twice.
   */
  readonly epoch: number;
  /** Who took it over last, for operators. */
  readonly owner: string;
}

export interface CheckpointSave {
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
  readonly eventId: string;
}

export interface Checkpoints {
  /** Takes a partition over: raises its epoch and answers where to go on. */
  claim(id: string, owner: string): Promise<Checkpoint>;
  /** By their names, without taking over; those that nobody ever claimed are left out. */
  read(ids: readonly string[]): Promise<ReadonlyMap<string, Checkpoint>>;
  /** Saves those whose epoch is still the given one, and answers the ids of the others: their owner is fenced off. */
  save(saves: readonly CheckpointSave[]): Promise<string[]>;
}

/** How far each partition of a version is folded, by its number; null where nobody ever claimed it. */
export async function checkpointsOf(
  checkpoints: Pick<Checkpoints, 'read'>,
  projection: string,
  version: number,
): Promise<(Checkpoint | null)[]> {
  const ids = Array.from({ length: PARTITIONS }, (_, partition) => checkpointId(projection, version, partition));
  const stored = await checkpoints.read(ids);
  return ids.map((id) => stored.get(id) ?? null);
}

/** The read models of one deployment. */
export interface ReadModels {
  /** Whether other processes see them. Those in memory are this process's own, and empty at its start. */
  readonly shared: boolean;
  readonly checkpoints: Checkpoints;
  readonly versions: VersionRegistry;
  /** The documents of one version of one projection. */
  projection(name: string, version: number): DocumentStore;
  /** Deletes the documents and the checkpoints of one version; what it no longer has is no fault. */
  remove(name: string, version: number): Promise<void>;
  /** Answers once the server does. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The server of the read models is away or did not answer in time. Trying again later is right. */
export class ReadModelsUnavailable extends RetryableError {
  override readonly name = 'ReadModelsUnavailable';
}

/**
 * Says that a room's documents lack an event, which could not be folded: `_id` is `<room>:<seq>`. Every projection has
 * them, beside its own documents.
 */
export interface GapDocument extends Document {
  readonly room: Room;
}

/** Beside the collections of every projection: the events that its documents lack, by room. */
export const gapCollection = { name: 'gaps' } as const satisfies CollectionDefinition;

export const gapId = (room: Room, seq: number): string => `${room}:${String(seq).padStart(16, '0')}`;
