import { type Room, roomWritten } from '#domain';
import {
  dayAfter,
  dayAt,
  type DayDocument,
  type EventCounts,
  eventCounters,
  isDay,
  ServedStats,
  spanFault,
} from '#projections';
import { type Command, readOptions } from '../command.js';
import { withDatabase } from '../servers.js';
import { table } from '../output.js';
import { UsageError } from '../usage.js';

/** How many days are shown where nothing is said of it: up to today. */
const DAYS_SHOWN = 30;

const OPTIONS = { from: { type: 'string' }, to: { type: 'string' }, json: { type: 'boolean' } } as const;

/** `chatctl stats`: how much happened in a room, day by day. */
export const statsCommand: Command = async (args, { env, out }) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const room = positionals.length === 1 ? roomWritten(positionals[0]!) : null;
  if (room === null) throw new UsageError('say which room, and only one: global, clan:ID, direct:ID:ID or user:ID');
  const to = dayGiven('to', values.to) ?? dayAt(Date.now());
  const from = dayGiven('from', values.from) ?? dayAfter(to, 1 - DAYS_SHOWN);
  const fault = spanFault(from, to);
  if (fault !== null) throw new UsageError(`--${fault}`);
  return withDatabase(env, 'stats are kept in MongoDB', async ({ readModels }) => {
    const { queries } = await new ServedStats(readModels).pin();
    const days = await queries.days(room, from, to);
    for (const line of values.json ? days.map(lineOf) : pageOf(room, from, to, days)) out.write(`${line}\n`);
    return 0;
  });
};

function dayGiven(option: 'from' | 'to', day: string | undefined): string | null {
  if (day !== undefined && !isDay(day)) throw new UsageError(`--${option} must be a day, such as 2026-01-31`);
  return day ?? null;
}

const lineOf = ({ room, day, activeUsers, counts }: DayDocument): string =>
  JSON.stringify({ room, day, activeUsers, counts });

/** Short enough for 80 columns. */
const titles: Readonly<Record<keyof EventCounts, string>> = {
  messages: 'said',
  reactionsAdded: 'reacted',
  reactionsRemoved: 'undone',
  edits: 'edited',
  deletions: 'deleted',
  seenMarks: 'seen',
  chatsOpened: 'chats',
  joins: 'joins',
  leaves: 'left',
  profileChanges: 'names',
};

function pageOf(room: Room, from: string, to: string, days: readonly DayDocument[]): string[] {
  if (days.length === 0) return [`nothing happened in ${room} from ${from} to ${to}`];
  return table([
    ['day', 'people', ...eventCounters.map((counter) => titles[counter])],
    ...days.map(({ day, activeUsers, counts }) => [
      day,
      String(activeUsers),
      ...eventCounters.map((counter) => String(counts[counter])),
    ]),
  ]);
}
