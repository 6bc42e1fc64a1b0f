import { setImmediate as turn } from 'node:timers/promises';
import { authorOf, type RecordedEvent } from '#domain';
import { type EventLog, type LogRecord, readableEvent } from '#event-store';

/** So many records are looked at before others in this process have their turn. */
export const AT_A_TURN = 200;

/** How often it is said how far it is, where there is nothing else to say. Milliseconds. */
export const PROGRESS_MS = 1_000;

/**
 * All that a person did, by the log: a line of JSON each, in pieces of whole lines, from behind a sequence up to where the
 * log ends when it is asked. Subjects do not say whose an event is, so the log is read through; only records that name the
 * person are decoded. The last line says that it is whole.
 * @throws LogUnavailable
 */
export async function* personLines(
  log: Pick<EventLog, 'read' | 'lastSeq'>,
  userId: string,
  after: number,
): AsyncGenerator<string, void> {
  const end = await log.lastSeq();
  const named = JSON.stringify(userId);
  let piece = '';
  let looked = 0;
  let toldAt = performance.now();
  for await (const record of log.read({ from: after + 1, until: end })) {
    if (record.body.includes(named)) piece += lineOf(record, userId);
    if (++looked % AT_A_TURN > 0) continue;
    await turn();
    if (piece === '' && performance.now() - toldAt >= PROGRESS_MS) piece = line({ progress: true, seq: record.seq });
    if (piece === '') continue;
    yield piece;
    piece = '';
    toldAt = performance.now();
  }
  yield piece + line({ end: true, seq: end });
}

/** Empty where it is not theirs. One that cannot be read, and names them, is not kept from them. */
function lineOf(record: LogRecord, userId: string): string {
  const event = readableEvent(record);
  if (!event) return line({ seq: record.seq, type: record.type, room: record.room, unreadable: true });
  if (authorOf(event) !== userId) return '';
  const { seq, at, type, room, ...fields } = event;
  const others = {
    ...(isAboutAnother(event, userId) && { sanctions: undefined }),
    ...('blockers' in event && { blockers: undefined }),
  };
  return line({ seq, at, type, room, ...fields, ...others });
}

/** Whoever decides one thing about somebody did not decide all that is held against them; nor who else blocks whom. */
const isAboutAnother = (event: RecordedEvent, userId: string): boolean =>
  'sanctions' in event && event.userId !== userId;

const line = (fields: object): string => `${JSON.stringify(fields)}\n`;
