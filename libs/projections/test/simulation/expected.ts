import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import { partitionOf, type Room } from '#domain';
import { decodeRecord, type LogRecord } from '#event-store';
import { type Document, gapCollection } from '#read-models';
import {
  collectionsOf,
  type Folded,
  type MessageDocument,
  type Projection,
  replay,
  type RoomChange,
  Timeline,
  timeline,
} from '../../src/index.js';
import { erasedLater } from './records.js';
import { shownBy } from '../oracle/shown.js';
import { readTimeline, shownOf } from '../oracle/timeline.js';

/** By which event it comes, and what is told of it. */
export interface ExpectedChange {
  readonly seq: number;
  readonly rev: number;
  readonly kind: string;
  readonly messageId: string;
}

/** What a log comes to: the pure fold of it, which shows what the log says. */
export interface Expected {
  /** Collection → `_id` → document as JSON. */
  readonly documents: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Every version that any document ever has: `<collection> <_id> <seq>` → as it is compared. */
  readonly versions: ReadonlyMap<string, string>;
  /** A document as JSON, without what it holds of those who are erased only later: that may be gone already. */
  readonly comparable: (collection: string, document: Document) => string;
  /** What there is to be told of each room, in order. */
  readonly changes: ReadonlyMap<Room, readonly ExpectedChange[]>;
  /** The sequences that cannot be read or folded. */
  readonly letters: ReadonlySet<number>;
  /** Partition → the sequence of its last record. */
  readonly lastSeqs: ReadonlyMap<number, number>;
}

export async function expectedOf(records: readonly LogRecord[]): Promise<Expected> {
  const versions = new Map<string, string>();
  const changes = new Map<Room, ExpectedChange[]>();
  const letters = new Set<number>();
  for (const record of records) if (!isReadable(record)) letters.add(record.seq);
  const comparable = comparableIn(records);
  const note = (seq: number, folded: Folded<RoomChange>) => {
    for (const { collection, document } of folded.documents) {
      versions.set(versionOf(collection, document), comparable(collection, document));
    }
    if (folded.change) changesIn(changes, folded.change.room).push(changeOf(seq, folded.change));
    return folded;
  };
  const noting: Projection<RoomChange> = {
    ...timeline,
    sweep: {
      ...timeline.sweep!,
      fold: (view, event, document) => note(event.seq, timeline.sweep!.fold(view, event, document)),
    },
    fold: (view, event) => {
      try {
        return note(event.seq, timeline.fold(view, event));
      } catch (error) {
        letters.add(event.seq);
        throw error;
      }
    },
  };
  const store = await replay(noting, one(records));
  await expectShown(new Timeline(store), records, letters);
  const documents = new Map<string, Map<string, string>>();
  for (const { name } of collectionsOf(timeline)) {
    const all = await store.range(name, { from: '', to: '\uffff', limit: 10_000 });
    if (name === gapCollection.name) for (const gap of all) versions.set(versionOf(name, gap), JSON.stringify(gap));
    documents.set(name, new Map(all.map((document) => [document._id, JSON.stringify(document)])));
  }
  return {
    documents,
    versions,
    comparable,
    changes,
    letters,
    lastSeqs: new Map(records.map(({ partition, seq }) => [partition, seq])),
  };
}

function comparableIn(records: readonly LogRecord[]): Expected['comparable'] {
  return (collection, document) => {
    const { room = document._id } = document as Partial<MessageDocument>;
    const later = erasedLater(records, { partition: partitionOf(room as Room), seq: document.seq });
    const left = [...later].reduce((all, userId) => timeline.without(collection, all, userId), document);
    // By whom it is found is not told.
    const { people: _, ...shown } = left as Partial<MessageDocument>;
    return JSON.stringify(shown);
  };
}

const changeOf = (seq: number, { rev, kind, message: { messageId } }: RoomChange): ExpectedChange => ({
  seq,
  rev,
  kind,
  messageId,
});

function changesIn(changes: Map<Room, ExpectedChange[]>, room: Room): ExpectedChange[] {
  const ofRoom = changes.get(room) ?? [];
  changes.set(room, ofRoom);
  return ofRoom;
}

/** So that the workers are not held to a fold that is wrong itself. */
async function expectShown(queries: Timeline, records: readonly LogRecord[], letters: ReadonlySet<number>) {
  const rooms = [...new Set(records.map(({ room }) => room))].filter((room): room is Room => room !== null);
  const read = readTimeline(records);
  const shown = { rooms: await shownBy(queries, rooms), letters: [...letters].sort((a, b) => a - b) };
  const said = { rooms: shownOf(read, rooms), letters: read.letters };
  // Jest's own comparison takes a tenth of the simulation's time.
  if (!isDeepStrictEqual(shown, said)) expect(shown).toEqual(said);
}

export const versionOf = (collection: string, { _id, seq }: Document): string => `${collection} ${_id} ${seq}`;

function isReadable(record: LogRecord): boolean {
  try {
    return partitionOf(decodeRecord(record).room) === record.partition;
  } catch {
    return false;
  }
}

async function* one(records: readonly LogRecord[]): AsyncGenerator<LogRecord, void> {
  for (const record of records) yield await Promise.resolve(record);
}
