import type { EventLog, LogRecord } from '#event-store';
import { Replay, replay, timeline } from '#projections';
import { median } from '../quantiles.js';

/** As many as a round of a worker has at most. */
const ROUND = 2_000;
/** More are not held in memory. */
const MAX_RECORDS = 300_000;

/** Events a second in this process, without a database. */
export interface InMemory {
  /** So many events, the first ones of the log. */
  readonly events: number;
  /** Of records that are in memory already. */
  readonly fold: number;
  /** Of records that are read from the log meanwhile. */
  readonly readAndFold: number;
}

/** Folds the first events of the log with the fold of the workers. The medians of some rounds, after one to warm up. */
export async function foldInMemory(log: EventLog, count: number, rounds: number): Promise<InMemory> {
  const events = Math.min(count, MAX_RECORDS);
  const records: LogRecord[] = [];
  for await (const record of log.read({ until: events })) records.push(record);
  const folds: number[] = [];
  const reads: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const fold = await rate(events, () => foldAll(records));
    const read = await rate(events, () => replay(timeline, log.read({ until: events })));
    if (round === 0) continue;
    folds.push(fold);
    reads.push(read);
  }
  return { events, fold: median(folds), readAndFold: median(reads) };
}

async function foldAll(records: readonly LogRecord[]): Promise<void> {
  const folding = await Replay.start(timeline);
  for (let i = 0; i < records.length; i += ROUND) await folding.fold(records.slice(i, i + ROUND));
}

async function rate(events: number, run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (events * 1_000) / (performance.now() - start);
}
