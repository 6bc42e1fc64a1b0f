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
  private readonly heads = new Map<string, CachedHead>();

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
      const folded = await foldRound(projection, store, this.heads, round, this.options);
      letters.push(...folded.letters);
      round = [];
      await this.write(folded.writes);
      this.keep(folded.heads);
      await this.writeHeads(folded.heads);
    };
    for (const record of records) {
      const sweep = SweepInHand.of(projection, record);
      if (!sweep) {
        round.push(record);
        continue;
      }
      await foldSoFar();
      await sweep.begin(store, this.heads);
      const changed = new Map<string, CachedHead>();
      while (!sweep.isOver) {
        const page = await sweep.page(store, this.heads, null);
        await this.write(page.writes);
        this.keep(page.heads);
        for (const [id, head] of page.heads) changed.set(id, head);
        sweep.isWritten(page);
      }
      // A head in the store takes an event once.
      await this.writeHeads(changed);
    }
    await foldSoFar();
    return letters;
  }

  private async write(writes: FoldedRound<Change>['writes']): Promise<void> {
    for (const [collection, documents] of writes) await this.store.write(collection, documents);
  }

  private keep(heads: FoldedRound<Change>['heads']): void {
    for (const [id, head] of heads) this.heads.set(id, head);
  }

  private async writeHeads(heads: FoldedRound<Change>['heads']): Promise<void> {
    const { heads: collection } = this.projection;
    if (collection !== null) await this.store.write(collection, [...heads.values()]);
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
