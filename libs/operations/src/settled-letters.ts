import type { Room } from '#domain';
import type { EventLog, LogRecord, StoredLetter } from '#event-store';
import { type Projection, Replay } from '#projections';
import { gapCollection, gapId, type ReadModels } from '#read-models';

/** Drops the letters of events that a version has folded. */
export async function dropSettled(
  log: EventLog,
  readModels: ReadModels,
  projection: string,
  version: number,
): Promise<{ readonly dropped: number; readonly left: number }> {
  let [dropped, left] = [0, 0];
  for await (const letter of log.letters.all(projection)) {
    if (await isSettled(log, readModels, letter, version)) {
      await log.letters.drop(letter);
      dropped++;
    } else left++;
  }
  return { dropped, left };
}

/** Whether a version has the event: its room is not marked as one that lacks it. Of no known room, none has it. */
export async function isSettled(
  log: EventLog,
  readModels: ReadModels,
  { projection, seq }: StoredLetter,
  version: number,
): Promise<boolean> {
  const room = (await log.recordAt(seq))?.room;
  if (!room) return false;
  const gaps = await readModels.projection(projection, version).get(gapCollection.name, [gapId(room, seq)]);
  return gaps.length === 0;
}

const ROUND = 2_000;

/** How many letters this release can fold: each room of one is folded in memory, from its beginning. */
export async function foldableLetters(log: EventLog, projection: Projection<unknown>): Promise<number> {
  const lettersOf = new Map<Room, Set<number>>();
  for await (const { seq } of log.letters.all(projection.name)) {
    const room = (await log.recordAt(seq))?.room;
    if (room) lettersOf.set(room, (lettersOf.get(room) ?? new Set()).add(seq));
  }
  let foldable = 0;
  for (const [room, seqs] of lettersOf) {
    const unfoldable = await unfoldableIn(log, projection, room);
    foldable += [...seqs].filter((seq) => !unfoldable.has(seq)).length;
  }
  return foldable;
}

async function unfoldableIn(log: EventLog, projection: Projection<unknown>, room: Room): Promise<Set<number>> {
  const replay = await Replay.start(projection);
  const unfoldable = new Set<number>();
  let round: LogRecord[] = [];
  const fold = async () => {
    for (const { seq } of await replay.fold(round)) unfoldable.add(seq);
    round = [];
  };
  for await (const record of log.read({ filter: { room } })) {
    if (projection.kinds && !projection.kinds.some((kind) => kind === record.kind)) continue;
    round.push(record);
    if (round.length >= ROUND) await fold();
  }
  await fold();
  return unfoldable;
}
