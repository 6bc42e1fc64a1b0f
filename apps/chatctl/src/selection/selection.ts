import { eventDefinitions, type EventType, isText, MAX_ID_LENGTH, type Room, roomWritten } from '#domain';
import type { Moment, Selection } from '#event-store';
import { UsageError } from '../usage.js';
import { momentOf } from '../command.js';

/** The options by which it is said, the same for every command that takes one. */
export const SELECTION_OPTIONS = {
  from: { type: 'string', multiple: true },
  until: { type: 'string', multiple: true },
  room: { type: 'string', multiple: true },
  user: { type: 'string', multiple: true },
  type: { type: 'string', multiple: true },
} as const;

type Words = { readonly [option in keyof typeof SELECTION_OPTIONS]?: readonly string[] };

const types = eventDefinitions.map(({ type }) => type);

/** @throws UsageError */
export function selectionOf(words: Words, now: number): Selection {
  const [from, until] = [momentIn('from', words, now), momentIn('until', words, now)];
  if (from && until && isBehind(from, until)) throw new UsageError('--until lies before --from');
  const [room, user] = [roomIn(words), one('user', words)];
  if (user !== undefined && (user === '' || !isText(user, MAX_ID_LENGTH))) {
    throw new UsageError(`--user must have 1 to ${MAX_ID_LENGTH} characters`);
  }
  return {
    ...(from && { from }),
    ...(until && { until }),
    ...(room && { room }),
    ...(user !== undefined && { user }),
    ...(words.type && { types: new Set(words.type.flatMap((list) => list.split(',').map(typeNamed))) }),
  };
}

/** Given twice, one would count without a word. */
function one(option: Exclude<keyof Words, 'type'>, words: Words): string | undefined {
  const given = words[option];
  if (given && given.length > 1) throw new UsageError(`--${option} may be given once, not as ${given.join(' and ')}`);
  return given?.[0];
}

function momentIn(option: 'from' | 'until', words: Words, now: number): Moment | undefined {
  const text = one(option, words);
  try {
    return text === undefined ? undefined : momentOf(text, now);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`--${option} ${text}: ${error.message}`) : error;
  }
}

const isBehind = (from: Moment, until: Moment): boolean =>
  'seq' in from ? 'seq' in until && from.seq > until.seq : 'time' in until && from.time > until.time;

function roomIn(words: Words): Room | undefined {
  const written = one('room', words);
  const room = written === undefined ? undefined : roomWritten(written);
  if (room === null) throw new UsageError(`--room must be global, clan:ID, direct:ID:ID or user:ID, not ${written}`);
  return room;
}

function typeNamed(name: string): EventType {
  const type = types.find((each) => each === name.trim());
  if (type) return type;
  throw new UsageError(`there is no type ${name.trim() || '(empty)'}: ${types.join(', ')}`);
}
