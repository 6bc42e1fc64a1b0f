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
  for await (const letter of log.deadLetters(projection)) {
    if (await isSettled(log, readModels, letter, version)) {
      await log.dropDeadLetter(letter);
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
  const lettersOf = new Map<Room, number>();
  for await (const { seq } of log.deadLetters(projection.name)) {
    const room = (await log.recordAt(seq))?.room;
    if (room) lettersOf.set(room, (lettersOf.get(room) ?? 0) + 1);
  }
  let foldable = 0;
  for (const [room, letters] of lettersOf) foldable += letters - (await lettersIn(log, projection, room));
  return Math.max(foldable, 0);
}

async function lettersIn(log: EventLog, projection: Projection<unknown>, room: Room): Promise<number> {
  const replay = await Replay.start(projection);
  let letters = 0;
  let round: LogRecord[] = [];
  const fold = async () => {
    letters += (await replay.fold(round)).length;
    round = [];
  };
  for await (const record of log.read({ filter: { room } })) {
    if (projection.kinds && !projection.kinds.some((kind) => kind === record.kind)) continue;
    round.push(record);
    if (round.length >= ROUND) await fold();
  }
  await fold();
  return letters;
}
