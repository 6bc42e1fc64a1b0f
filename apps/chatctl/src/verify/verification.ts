import type { EventLog, LogRecord } from '#event-store';
import { collectionsOf, type Projection } from '#projections';
import {
  ABOVE_ALL,
  checkpointId,
  checkpointsOf,
  type Document,
  type DocumentStore,
  gapCollection,
  gapId,
  type ReadModels,
} from '#read-models';
import { type Difference, differenceOf } from './difference.js';
import { LogFold, type PartitionPosition } from './log-fold.js';

export interface VerificationOptions {
  readonly log: EventLog;
  readonly readModels: ReadModels;
  readonly projection: Projection<unknown>;
  readonly version: number;
  readonly onDifference: (difference: Difference) => void;
  /** Told how much of a step is left: sequences of the log to fold, then documents to compare. */
  readonly onProgress: (step: 'fold' | 'compare', left: number) => void;
}

export interface Verified {
  /** Events folded in memory. */
  readonly events: number;
  /** Documents of the read models that were compared. */
  readonly documents: number;
}

interface Newer {
  readonly collection: string;
  readonly document: Document;
}

/**
 * Compares the documents of one version of a projection with a fold of the log, while workers go on writing.
 *
 * The checkpoints are read first. Everything up to its checkpoint is written for good (heads too: they are saved before
 * it), so a document that is read later is the fold of the log up to the checkpoint or up to some later event, and its
 * `seq` says which. So: fold each partition up to its checkpoint; read the documents; one whose `seq` is the fold's must
 * be equal to it, one whose `seq` is lower, or that is missing, is wrong; those with a higher one are put by, in the
 * order of their `seq`, while the fold goes on, and each is compared when the fold has reached its very event.
 * Nothing is read twice, and nothing has to stand still.
 *
 * @throws LogUnavailable, ReadModelsUnavailable; NewerEvent where this release cannot fold what was folded
 */
export async function verifyProjection(options: VerificationOptions): Promise<Verified> {
  const { log, projection, onDifference, onProgress } = options;
  const positions = await positionsOf(options);
  const stored = options.readModels.projection(projection.name, options.version);
  const isSetAside = async ({ room, seq }: LogRecord): Promise<boolean> =>
    room !== null && (await stored.get(gapCollection.name, [gapId(room, seq)])).length > 0;
  const fold = await LogFold.start(log, projection, positions, isSetAside);
  await fold.toPositions((left) => {
    onProgress('fold', left);
  });
  compareCheckpoints(options, positions, fold.idsAtPositions);
  const newer: Newer[] = [];
  const unseen = new Map<string, Map<string, Document>>();
  for (const { name } of collectionsOf(projection)) unseen.set(name, await allOf(fold.store, name));
  let shown = -1;
  const progress = () => {
    const left = [...unseen.values()].reduce((sum, { size }) => sum + size, 0);
    if (left !== shown) onProgress('compare', left);
    shown = left;
  };
  let documents = 0;
  for (const [name, folded] of unseen) documents += await compareCollection(options, name, folded, newer, progress);
  newer.sort((a, b) => a.document.seq - b.document.seq);
  let next = 0;
  await fold.onTo(
    newer.map(({ document }) => document.seq),
    async () => {
      const { collection, document } = newer[next++]!;
      const difference = compare(options, collection, document, await fold.document(collection, document._id));
      if (difference) onDifference(difference);
    },
  );
  return { events: fold.events, documents };
}

/**
 * What is said by who is erased later is not in the fold, which knows of it from the first event on: it may still be in a
 * document that is as of an event before.
 */
function compare(
  { log, projection }: VerificationOptions,
  collection: string,
  stored: Document,
  folded: Document | null,
): Difference | null {
  const difference = differenceOf(collection, stored, folded);
  if (difference?.kind !== 'differs' || !folded) return difference;
  const without = (document: Document) =>
    log.erasures.behind(stored.seq).reduce((left, userId) => projection.without(collection, left, userId), document);
  return differenceOf(collection, without(stored), without(folded));
}

async function positionsOf({ readModels, projection, version }: VerificationOptions): Promise<PartitionPosition[]> {
  const stored = await checkpointsOf(readModels.checkpoints, projection.name, version);
  return stored.map((checkpoint) => checkpoint ?? { seq: 0, eventId: '' });
}

/** A log that lost its tail, or another log: no worker runs on these read models either. */
function compareCheckpoints(
  { projection, version, onDifference }: VerificationOptions,
  positions: readonly PartitionPosition[],
  idsInLog: ReadonlyMap<number, string>,
): void {
  for (const [partition, { seq, eventId }] of positions.entries()) {
    const inLog = idsInLog.get(partition);
    if (seq === 0 || inLog === eventId) continue;
    onDifference({
      kind: 'checkpoint',
      collection: 'checkpoints',
      id: checkpointId(projection.name, version, partition),
      detail: `it is at ${seq}, event ${eventId}; the log has ${inLog ?? 'no event of this projection'} there`,
    });
  }
}

/**
 * @param unseen what the fold has; emptied
 * @param newer takes those that the fold has yet to reach
 * @returns how many documents the read models have
 */
async function compareCollection(
  options: VerificationOptions,
  collection: string,
  unseen: Map<string, Document>,
  newer: Newer[],
  progress: () => void,
): Promise<number> {
  const { readModels, projection, version, onDifference } = options;
  const store = readModels.projection(projection.name, version);
  let count = 0;
  for await (const page of pagesOf(store, collection)) {
    count += page.length;
    for (const stored of page) {
      const folded = unseen.get(stored._id);
      unseen.delete(stored._id);
      if (!folded || stored.seq > folded.seq) newer.push({ collection, document: stored });
      else {
        const difference = compare(options, collection, stored, folded);
        if (difference) onDifference(difference);
      }
    }
    progress();
  }
  for (const { _id: id, seq } of unseen.values()) {
    onDifference({ kind: 'missing', collection, id, detail: `event ${seq} made it, or changed it last` });
  }
  unseen.clear();
  progress();
  return count;
}

/** Documents fetched at a time. */
const PAGE = 1_000;

/** All documents of a collection, in the order of `_id`, a page at a time. */
export async function* pagesOf(store: DocumentStore, collection: string): AsyncGenerator<Document[], void> {
  for (let from = ''; ;) {
    const page = await store.range(collection, { from, to: ABOVE_ALL, limit: PAGE });
    // A page begins with the last one of the page before, since a range includes where it begins.
    const fresh = page.filter(({ _id }) => _id !== from);
    if (fresh.length > 0) yield fresh;
    if (page.length < PAGE) return;
    from = page.at(-1)!._id;
  }
}

/** All at once, of a store in memory, by `_id`. */
export async function allOf(store: DocumentStore, collection: string): Promise<Map<string, Document>> {
  const documents = await store.range(collection, { from: '', to: ABOVE_ALL, limit: Infinity });
  return new Map(documents.map((document) => [document._id, document]));
}
