import type { LogRecord } from '#event-store';
import { type DocumentStore, memoryReadModels } from '#read-models';
import type { Projection } from './projection.js';
import { foldRound } from './round.js';

const ROUND = 2_000;

/**
 * Folds records into documents in memory, with the same fold as the workers run: what the read models should hold at
 * that point of the log.
 * @param onProgress is told after each round how many records are folded
 */
export async function replay<Change>(
  projection: Projection<Change>,
  records: AsyncIterable<LogRecord>,
  onProgress?: (folded: number) => void,
): Promise<DocumentStore> {
  const store = memoryReadModels().projection(projection.name, projection.version);
  await store.setUp(projection.collections);
  let folded = 0;
  let round: LogRecord[] = [];
  const fold = async () => {
    const { writes, heads } = await foldRound(projection, store, new Map(), round);
    for (const [collection, documents] of writes) await store.write(collection, documents);
    if (projection.heads !== null) await store.write(projection.heads, [...heads.values()]);
    folded += round.length;
    round = [];
    onProgress?.(folded);
  };
  for await (const record of records) {
    round.push(record);
    if (round.length >= ROUND) await fold();
  }
  if (round.length > 0) await fold();
  return store;
}
