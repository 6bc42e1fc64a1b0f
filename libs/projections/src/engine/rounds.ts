import type { LogRecord } from '#event-store';
import { type DocumentStore, gapCollection, type Write } from '#read-models';
import { allEnded } from './all-ended.js';
import type { Clock } from './clock.js';
import type { OwnedPartitions } from './owned-partitions.js';
import type { Partition } from './partition.js';
import { type CachedHead, type FoldedRound, foldRound } from './round.js';
import { Saver } from './saver.js';
import { maySweep, SweepInHand, type SweptPage } from './sweep.js';
import { Sweeper } from './sweeper.js';
import { TracedRound } from './traced-round.js';
import type { WorkerOptions } from './worker-options.js';

const ROUND_RECORDS = 2_000;
const ROUND_CHARACTERS = 8 * 1024 * 1024;
/** So many cost the database no more for each than more of them do. */
const PART_RECORDS = 500;

export interface RoundsParts<Change> extends WorkerOptions<Change> {
  readonly clock: Clock;
  readonly store: DocumentStore;
  readonly owned: OwnedPartitions;
  /** Tries again what a database that is away for a moment keeps from being done. */
  readonly patiently: <T>(attempt: () => Promise<T>) => Promise<T>;
  /** Throws where the worker must start over, the connection to the log having been lost. */
  readonly throwIfLost: () => void;
  /** Is told when a step of what is done beside the rounds has come to its end. */
  readonly notice: () => void;
}

/** What a worker does with its partitions, round by round: folds what waits, writes it and tells of it. */
export class Rounds<Change> {
  readonly counts = { folded: 0, deadLetters: 0, rounds: 0, documents: 0 };
  /** What is swept of the partitions, beside the rounds: of other rooms than those fold, each of them. */
  readonly sweeper: Sweeper;
  /** How far they are folded is saved beside the rounds too. */
  readonly saver: Saver;

  constructor(private readonly parts: RoundsParts<Change>) {
    this.saver = new Saver({
      ...parts,
      live: parts.log.live,
      isHeld: (partition) => this.isHeld(partition),
      writeHeads: (heads) => this.writeHeads(heads),
    });
    this.sweeper = new Sweeper({
      ...parts,
      begin: (partition) => this.beginSweep(partition),
      page: (partition, sweep) => this.sweepPage(partition, sweep),
      isOver: (partition) => {
        partition.sweepIsOver();
        this.saver.hasFolded(1);
        this.counts.folded++;
      },
    });
  }

  /** The partitions are taken over anew, from what is saved. Nothing may be under way. */
  startOver(): void {
    this.sweeper.startOver();
    this.saver.startOver();
  }

  /** Whatever is fenced off meanwhile is left out. @returns whether there was anything that could be folded */
  async round(): Promise<boolean> {
    const { clock, onRound, foldedTogether } = this.parts;
    const beganAt = clock.now();
    const parts = partsOf(this.take(), foldedTogether);
    if (parts.length === 0) return false;
    await allEnded(parts.map((part) => this.foldRecords(part)));
    this.counts.rounds++;
    onRound?.((clock.now() - beganAt) / 1_000);
    return true;
  }

  private async foldRecords(given: Taken[]): Promise<void> {
    const { projection, owned, patiently, clock } = this.parts;
    let taken = given;
    let round: WrittenRound<Change> | null = null;
    const traced = TracedRound.of(projection.name, allOf(given), () => clock.date().getTime());
    while (round === null) {
      round = await patiently(async () => {
        // What was taken of those that are let go of meanwhile is their next owner's: of their heads nothing is known here.
        taken = taken.filter(({ partition }) => owned.has(partition));
        const folded = await foldRound(projection, this.parts.store, owned.heads, allOf(taken), {
          isSetAside: areSetAside(taken),
        });
        return taken.every(({ partition }) => owned.has(partition)) ? this.write(folded) : null;
      });
    }
    this.tell(round, (id) => owned.ownerOfHead(id), traced);
    traced?.end(round.letters);
    for (const { partition, records: part } of taken) partition.isFolded(part.at(-1)!);
    const count = taken.reduce((sum, { records }) => sum + records.length, 0);
    this.saver.hasFolded(count);
    this.counts.folded += count - round.letters.length;
    this.counts.deadLetters += round.letters.length;
  }

  private async beginSweep(partition: Partition): Promise<void> {
    const { store, owned, patiently } = this.parts;
    await patiently(async () => {
      const heads = await partition.sweep!.begin(store, partition.heads);
      // Where somebody else folds it on already, documents may list the value no more.
      if (!owned.has(partition) || (await owned.dropFenced([partition]))) return;
      // One that a round has folded meanwhile is further.
      for (const [id, head] of heads) if (!partition.heads.has(id)) partition.heads.set(id, head);
    });
  }

  private async sweepPage(partition: Partition, sweep: SweepInHand<unknown>): Promise<void> {
    const { store, owned, patiently, sweptTogether } = this.parts;
    const page = await patiently(async () => {
      if (!owned.has(partition)) return null;
      const folded = (await sweep.page(store, partition.heads, partition.swept, sweptTogether)) as SweptPage<Change>;
      // What a round beside this one has let go of meanwhile may be its next owner's, be it this worker once more.
      const written = owned.has(partition) ? await this.write(folded) : null;
      return written && { ...folded, ...written };
    });
    // Fenced off: the next owner sweeps.
    if (!page) return;
    this.tell(page, () => partition);
    await this.saveHeads(partition, page.done);
    sweep.isWritten(page);
  }

  /** What is written already. */
  private tell(
    round: WrittenRound<Change>,
    ownerOf: (head: string) => Partition | undefined,
    traced: TracedRound | null = null,
  ): void {
    if (round.isTold && traced) {
      traced.tell(round.changes, (changes) => {
        this.publish(changes);
      });
    } else if (round.isTold) this.publish(round.changes);
    for (const [id, head] of round.heads) {
      const heads = ownerOf(id)?.heads;
      // It may have been saved for the first time meanwhile.
      heads?.set(id, { ...head, known: head.known || (heads.get(id)?.known ?? false) });
    }
  }

  private publish(changes: readonly Change[]): void {
    const { projection, version, log } = this.parts;
    for (const text of projection.announce(changes, version)) {
      if ('room' in text) log.live.publishToRoom(text.room, text.text);
      else log.live.publishToUser(text.userId, text.text);
    }
  }

  /** Of rooms that are swept: live updates out, then the heads, as the saver does. */
  private async saveHeads(partition: Partition, rooms: readonly string[]): Promise<void> {
    const { log, patiently, throwIfLost } = this.parts;
    const dirty = rooms.flatMap((room) => partition.heads.get(room) ?? []).filter((head) => head.dirty);
    if (dirty.length === 0) return;
    await log.live.flush();
    throwIfLost();
    await patiently(() => this.writeHeads(dirty));
    for (const { document } of dirty) partition.heads.set(document._id, { document, known: true, dirty: false });
  }

  private isHeld(partition: Partition): boolean {
    return partition.isHeldBy((record) => maySweep(this.parts.projection, record));
  }

  /** What waits, of all partitions together, in turns; what sweeps is begun. */
  private take(): Taken[] {
    const { projection, owned } = this.parts;
    const waiting = owned.waiting.filter((partition) => !this.isHeld(partition));
    const sweeps = (record: LogRecord) => maySweep(projection, record);
    return waiting.flatMap((partition) => {
      const share = waiting.length;
      const records = partition.take(Math.ceil(ROUND_RECORDS / share), ROUND_CHARACTERS / share, sweeps);
      if (records.length === 0) return [];
      const sweep = SweepInHand.of(projection, records[0]!);
      partition.sweep ??= sweep;
      return sweep ? [] : [{ partition, records }];
    });
  }

  /** Null where somebody has taken over what it is of, and nothing is written: it is dropped. @throws CheckpointsGone */
  private async write(round: FoldedRound<Change>): Promise<WrittenRound<Change> | null> {
    const { log, logger, owned, announcing } = this.parts;
    // What was looked for may have been in a database that was emptied, where there is less than was folded, or that
    // somebody else fills anew: nothing may come of it where the checkpoint, which goes with it, is not this worker's.
    if (await owned.dropFenced(owned.all.filter(({ number }) => round.readFor.has(number)))) return null;
    // What is set aside, first: by its mark whoever takes over knows that what came after it has the place before it.
    const { [gapCollection.name]: gaps = [], ...documents } = Object.fromEntries(round.writes);
    if (gaps.length > 0) await this.writeTo(gapCollection.name, gaps);
    await Promise.all(Object.entries(documents).map(([collection, writes]) => this.writeTo(collection, writes)));
    // After the mark of their rooms, by which it is told whether a letter is settled.
    for (const letter of round.letters) {
      logger.error(
        `event ${letter.seq} is a dead letter of ${letter.projection}: ${letter.reason}. The rest goes on without ` +
          'it; its room lacks it until code that can read it folds that room anew.',
      );
      await log.letters.put(letter);
    }
    return { ...round, isTold: announcing || (await this.isFollowed()) };
  }

  private async writeHeads(heads: readonly CachedHead[]): Promise<void> {
    const { heads: collection } = this.parts.projection;
    if (collection !== null) await this.writeTo(collection, heads);
  }

  private async writeTo(collection: string, writes: readonly Write[]): Promise<void> {
    await this.parts.store.write(collection, writes);
    this.counts.documents += writes.length;
  }

  /**
   * Of a version that is built. Asked once the documents are written: what is not told because nobody follows it yet is
   * read by whoever does later.
   */
  private async isFollowed(): Promise<boolean> {
    const { projection, version, readModels } = this.parts;
    const versions = await readModels.versions.read(projection.name);
    if (!versions) return false;
    return versions.serving.number === version || (versions.building?.number === version && versions.swap !== null);
  }
}

/**
 * What is folded apart, since it is of other partitions: while the documents of one part are being written, the next
 * is folded.
 */
function partsOf(taken: readonly Taken[], atLeast = PART_RECORDS): Taken[][] {
  const parts: Taken[][] = [];
  let count = Infinity;
  for (const each of taken) {
    if (count >= atLeast) {
      parts.push([]);
      count = 0;
    }
    parts.at(-1)!.push(each);
    count += each.records.length;
  }
  return parts;
}

/** What was fetched of a partition, to be folded. */
interface Taken {
  readonly partition: Partition;
  readonly records: LogRecord[];
}

/** Of none, as a rule; and it is asked of each record. */
function areSetAside(taken: readonly Taken[]): (record: LogRecord) => boolean {
  const some = taken.flatMap(({ partition }) => (partition.setAside.size > 0 ? [partition] : []));
  return ({ partition, seq }) => some.some(({ number, setAside }) => number === partition && setAside.has(seq));
}

const allOf = (taken: readonly Taken[]): LogRecord[] => taken.flatMap(({ records }) => records);

interface WrittenRound<Change> extends FoldedRound<Change> {
  readonly isTold: boolean;
}
