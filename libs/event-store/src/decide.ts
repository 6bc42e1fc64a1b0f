import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision, DomainEvent, Kind, RecordedEvent, Refusal, Room } from '#domain';
import type { Connection } from './connection.js';
import { ANSWER_LIMIT_MS, LogUnavailable, OutcomeUnknown, type Stored } from './outcomes.js';

/** What became of a command: its event (null where there was nothing to do) and what it was decided on, or a refusal. */
export type Decided<E extends DomainEvent> =
  { readonly event: RecordedEvent<E> | null; readonly last: RecordedEvent | null } | { readonly refusal: Refusal };

/** What is asked of the log on the way. */
interface DecidedOn {
  last(room: Room, kind: Kind, deadline?: number): Promise<RecordedEvent | null>;
  at(seq: number, deadline?: number): Promise<RecordedEvent | null>;
  append(event: DomainEvent, options: { expectedLast?: number; deadline?: number }): Promise<Stored | 'conflict'>;
}

/** What is decided on, and until when, on the monotonic clock: 4.5 s from now by default. */
interface Question {
  readonly room: Room;
  readonly kind: Kind;
  readonly deadline?: number;
}

/** Before the log is asked what became of an event whose answer was lost. */
const PAUSE_MS = 50;

/** See `EventLog.decide`. */
export async function decideOnLast<E extends DomainEvent>(
  log: DecidedOn,
  connection: Connection,
  { room, kind, deadline = performance.now() + ANSWER_LIMIT_MS }: Question,
  decide: (last: RecordedEvent | null) => Decision<E>,
): Promise<Decided<E>> {
  let tried: { readonly id: string; readonly on: RecordedEvent | null } | null = null;
  let unknown: OutcomeUnknown | null = null;
  do {
    try {
      const last = await log.last(room, kind, deadline);
      // The event of this very command, stored by an attempt whose answer was lost.
      if (last && last.id === tried?.id) return { event: last as unknown as RecordedEvent<E>, last: tried.on };
      const decision = decide(last);
      if ('refusal' in decision) return decision;
      const { event } = decision;
      if (!event) return { event: null, last };
      tried = { id: event.id, on: last };
      const outcome = await log.append(event, { expectedLast: last?.seq ?? 0, deadline });
      if (outcome === 'conflict') continue;
      if (!outcome.duplicate) return { event: { ...event, seq: outcome.seq } as unknown as RecordedEvent<E>, last };
      unknown = new OutcomeUnknown('it was stored before, and what it was then cannot be read');
      return { event: (await log.at(outcome.seq, deadline)) as unknown as RecordedEvent<E>, last };
    } catch (error) {
      if (error instanceof OutcomeUnknown) unknown = error;
      else if (!unknown || !(error instanceof LogUnavailable)) throw error;
      await untilBack(connection, deadline, unknown);
    }
  } while (performance.now() < deadline);
  throw unknown ?? new LogUnavailable(`others kept writing to ${room} ${kind} first`);
}

/** Before the log is asked what became of an event. @throws OutcomeUnknown, the one given, where there is no time left */
async function untilBack(connection: Connection, deadline: number, unknown: OutcomeUnknown): Promise<void> {
  await sleep(PAUSE_MS);
  await connection.whenConnected(Math.max(1, deadline - performance.now())).catch(() => {
    throw unknown;
  });
}
