import type { Database } from '../sql/database.js';

// What the report shows, asked of the views.

export interface Totals {
  readonly messages: number;
  readonly people: number;
  readonly rooms: number;
  readonly reactions: number;
  /** ISO 8601; null where nothing was said. */
  readonly first: string | null;
  readonly last: string | null;
}

export interface Figures {
  readonly totals: Totals;
  /** By what time is counted, and each of these with how many messages there were, by kind of room. */
  readonly unit: Unit;
  readonly times: readonly {
    readonly time: string;
    readonly global: number;
    readonly clan: number;
    readonly direct: number;
  }[];
  readonly rooms: readonly { readonly room: string; readonly messages: number; readonly people: number }[];
  readonly hours: readonly { readonly hour: number; readonly messages: number }[];
  readonly reactions: readonly { readonly emoji: string; readonly count: number }[];
  readonly answers: readonly { readonly within: number; readonly count: number }[];
  readonly medians: readonly { readonly kind: string; readonly answers: number; readonly seconds: number }[];
  readonly retention: readonly {
    readonly cohort: string;
    readonly people: number;
    readonly back: readonly (number | null)[];
  }[];
}

export type Unit = 'hour' | 'day' | 'week';

/** Seconds that answers are counted by; the last are all that took longer. */
export const WITHIN = [10, 60, 300, 900, 3_600, 21_600, 86_400, Infinity];
const WEEKS = 8;
const DAY_MS = 86_400_000;

/** From who says something to the first thing that somebody else says in the room. */
const ANSWERS = `
with turns as (
  select kind, room, n, sent_at from messages
  qualify sender_id is distinct from lag(sender_id) over (partition by room order by n)
), answers as (
  select kind, greatest(epoch(lead(sent_at) over (partition by room order by n) - sent_at), 0) as seconds from turns
)`;

/** @throws StatementFailed */
export async function figuresOf(database: Database): Promise<Figures> {
  const [totals] = await database.rows<Totals>(`
    select count(*) as messages, count(distinct sender_id) as people, count(distinct room) as rooms,
      (select count(*) from reactions) as reactions, min(sent_at) as first, max(sent_at) as last from messages`);
  const unit = unitOf(totals!);
  return {
    totals: totals!,
    unit,
    times: await database.rows(`
      select date_trunc('${unit}', sent_at)::timestamp as time, count(*) filter (kind = 'global') as global,
        count(*) filter (kind = 'clan') as clan, count(*) filter (kind = 'direct') as direct
      from messages group by time order by time`),
    rooms: await database.rows(`
      select room, count(*) as messages, count(distinct sender_id) as people from messages
      group by room order by messages desc, room limit 10`),
    hours: await database.rows(`
      select hour, count(m.seq) as messages from range(24) h(hour)
        left join messages m on extract(hour from m.sent_at) = h.hour group by hour order by hour`),
    reactions: await database.rows(`
      select emoji, count(*) as count from reactions group by emoji order by count desc, emoji limit 10`),
    answers: await answersOf(database),
    medians: await database.rows(`
      ${ANSWERS} select kind, count(seconds) as answers, median(seconds) as seconds from answers
      where seconds is not null group by kind order by kind`),
    retention: await retentionOf(database),
  };
}

function unitOf({ first, last }: Totals): Unit {
  const days = first === null || last === null ? 0 : (Date.parse(last) - Date.parse(first)) / DAY_MS;
  return days <= 3 ? 'hour' : days <= 120 ? 'day' : 'week';
}

async function answersOf(database: Database): Promise<Figures['answers']> {
  const limits = WITHIN.slice(0, -1);
  const place = `case ${limits.map((limit, i) => `when seconds <= ${limit} then ${i}`).join(' ')} else ${limits.length} end`;
  const rows = await database.rows<{ readonly place: number; readonly count: number }>(
    `${ANSWERS} select ${place} as place, count(*) as count from answers where seconds is not null group by place`,
  );
  return WITHIN.map((within, i) => ({ within, count: rows.find((row) => row.place === i)?.count ?? 0 }));
}

/** Of those who first said something in a week, which part said something in each of the weeks after it. */
async function retentionOf(database: Database): Promise<Figures['retention']> {
  interface Row {
    readonly cohort: string;
    readonly week: number;
    readonly people: number;
    readonly last: number;
  }
  const rows = await database.rows<Row>(`
    with weeks as (select distinct sender_id, date_trunc('week', sent_at) as week from messages),
    cohorts as (select sender_id, min(week) as cohort from weeks group by sender_id)
    select cohort::timestamp as cohort, date_diff('week', cohort, week) as week, count(*) as people,
      date_diff('week', cohort, (select max(week) from weeks)) as last
    from weeks join cohorts using (sender_id) where week <= cohort + interval ${WEEKS} week
    group by cohort, date_diff('week', cohort, week) order by cohort, week`);
  const cohorts = Map.groupBy(rows, ({ cohort }) => cohort);
  return [...cohorts].slice(-12).map(([cohort, weeks]) => {
    const people = weeks.find(({ week }) => week === 0)!.people;
    const back = Array.from({ length: WEEKS + 1 }, (_, week) =>
      week > weeks[0]!.last ? null : (weeks.find((row) => row.week === week)?.people ?? 0) / people,
    );
    return { cohort: cohort.slice(0, 10), people, back };
  });
}
