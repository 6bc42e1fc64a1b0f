import type { DeadLetter, LogRecord } from '#event-store';
import { type DocumentStore, memoryReadModels } from '#read-models';
import { collectionsOf, type Projection } from '../projection.js';
import { type CachedHead, type FoldedRound, foldRound, type RoundOptions } from './round.js';
import { SweepInHand } from './sweep.js';

const ROUND = 2_000;

/**
 * Folds records into documents in memory, with the same fold as the workers run, and can be carried on: what the read
 * models should hold at that point of the log.
 */
export class Replay<Change> {
  private constructor(
    private readonly projection: Projection<Change>,
    readonly store: DocumentStore,
    private readonly options: Pick<RoundOptions, 'decode'>,
  ) {}

  static async start<Change>(
    projection: Projection<Change>,
    options: Pick<RoundOptions, 'decode'> = {},
  ): Promise<Replay<Change>> {
    const store = memoryReadModels().projection(projection.name, 1);
    await store.setUp(collectionsOf(projection));
    return new Replay(projection, store, options);
  }

  /**
   * Folds the next records, in the order of the log. What cannot be folded is left out, as the workers do, and answered.
   */
  async fold(records: readonly LogRecord[]): Promise<readonly DeadLetter[]> {
    const { projection, store } = this;
    const letters: DeadLetter[] = [];
    let round: LogRecord[] = [];
    const foldSoFar = async () => {
      const folded = await foldRound(projection, store, new Map(), round, this.options);
      letters.push(...folded.letters);
      round = [];
      await this.write(folded);
    };
    for (const record of records) {
      const sweep = SweepInHand.of(projection, record);
      if (!sweep) {
        round.push(record);
        continue;
      }
      await foldSoFar();
      // A head in the store takes an event once: it is written after the last page.
      const heads = new Map<string, CachedHead>();
      for (const [id, head] of await sweep.begin(store, heads)) heads.set(id, head);
      while (!sweep.isOver) {
        const page = await sweep.page(store, heads, null);
        await this.write({ writes: page.writes, heads: new Map() });
        for (const [id, head] of page.heads) heads.set(id, head);
        sweep.isWritten(page);
      }
      await this.write({ writes: new Map(), heads });
    }
    await foldSoFar();
    return letters;
  }

  private async write({ writes, heads }: Pick<FoldedRound<Change>, 'writes' | 'heads'>): Promise<void> {
    const { projection, store } = this;
    for (const [collection, documents] of writes) await store.write(collection, documents);
    if (projection.heads !== null) await store.write(projection.heads, [...heads.values()]);
  }
}

/**
 * Folds all of the records.
 * @param onProgress is told after each round how many records are folded
 */
export async function replay<Change>(
  projection: Projection<Change>,
  records: AsyncIterable<LogRecord>,
  onProgress?: (folded: number) => void,
): Promise<DocumentStore> {
  const started = await Replay.start(projection);
  let folded = 0;
  let round: LogRecord[] = [];
  const fold = async () => {
    await started.fold(round);
    folded += round.length;
    round = [];
    onProgress?.(folded);
  };
  for await (const record of records) {
    round.push(record);
    if (round.length >= ROUND) await fold();
  }
  if (round.length > 0) await fold();
  return started.store;
}
