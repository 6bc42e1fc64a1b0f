import { eventDefinitions, type EventType, roomMeant } from '#domain';
import { type EventLog, filterOf, seqFrom } from '#event-store';
import { httpFault, invalid } from '#platform';
import { Field, Id, LogPlace, NumberText, placeOf, RoomName } from '../input.js';
import type { LogPart } from './log-lines.js';

/** More are read from a place on, not counted from the end. */
const LAST_AT_MOST = 10_000;

const TYPES: ReadonlySet<string> = new Set(eventDefinitions.map(({ type }) => type));
const ROOM = 'As the log names it: `global`, `clan:<id>`, `direct:<id>:<id>` or `user:<id>`.';

/** What stands in the address as `true`, or is not there. */
const Flag = (description: string): PropertyDecorator =>
  Field(
    { isMet: (value) => value === 'true', words: 'true, or left out', schema: { type: Boolean } },
    { optional: true, description },
  );

export class LogParameters {
  @LogPlace({ optional: true, description: 'From this sequence of the log, or this time, on; from the first else.' })
  from?: string;

  @LogPlace({ optional: true, description: 'Up to this sequence, or this time; up to the end, as of now, else.' })
  until?: string;

  @NumberText(1, LAST_AT_MOST, {
    optional: true,
    description: 'Instead of `from`: the last so many, within the last million sequences.',
  })
  last?: string;

  @RoomName({ optional: true, description: ROOM })
  room?: string;

  @Id({ optional: true, description: 'Whose doing it is, or whom it is about.' })
  user?: string;

  @Field(
    {
      isMet: (value) => typeof value === 'string' && value.split(',').every((type) => TYPES.has(type)),
      words: `types of events with commas between them: ${[...TYPES].join(', ')}`,
      schema: { type: String },
    },
    { optional: true, description: 'Types of events, several with commas.' },
  )
  type?: string;

  @NumberText(1, Number.MAX_SAFE_INTEGER, { optional: true, description: 'It ends after so many.' })
  limit?: string;

  @Flag('Goes on with what is stored from then on.')
  follow?: string;

  @Flag('With it come lines that say that an event is folded.')
  folds?: string;
}

/** Which part of the log is meant. @throws HttpRefusal, LogUnavailable */
export async function selectionOf(
  log: Pick<EventLog, 'lastSeq'>,
  { from, until, last, room, user, type, follow }: LogParameters,
): Promise<LogPart> {
  if (from !== undefined && last !== undefined) {
    throw invalid([httpFault('VALIDATION', 'give from or last, not both', 'last', last)]);
  }
  if (follow !== undefined && until !== undefined) {
    throw invalid([httpFault('VALIDATION', 'what follows has no end: leave out until', 'until', until)]);
  }
  const part = {
    ...(room !== undefined && { room: roomMeant(room)! }),
    ...(user !== undefined && { user }),
    ...(type !== undefined && { types: new Set(type.split(',') as EventType[]) }),
  };
  // Asked also where it is not needed: a log that is away is said by the status.
  const end = await log.lastSeq(filterOf(part));
  const begin =
    last !== undefined
      ? { last: Number(last), end }
      : { seq: from === undefined ? 1 : Math.max(1, await seqFrom(log, placeOf(from))) };
  return {
    ...part,
    from: begin,
    ...(follow === undefined && { until: until === undefined ? { seq: end } : placeOf(until) }),
  };
}
