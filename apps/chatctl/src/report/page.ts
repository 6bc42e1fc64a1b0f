import { type Room, roomIds, roomKind } from '#domain';
import { plain } from '../output.js';
import type { Bars, Draw, Width } from './charts.js';
import type { Figures, Unit } from './figures.js';
import { Html, html } from './html.js';
import { STYLE } from './style.js';

/** Figures as one page of HTML, which asks for nothing else: no script, no network. */
export function pageOf(figures: Figures, draw: Draw, madeAt: Date): string {
  const { totals } = figures;
  const period =
    totals.first === null || totals.last === null
      ? 'Nothing was said.'
      : `${dayOf(totals.first)} to ${dayOf(totals.last)}, all times in UTC`;
  const sections = totals.messages === 0 ? [] : sectionsOf(figures, draw);
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>What the chats say</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>What the chats say</h1>
          <p>${period}</p>
          <dl>
            ${tile('messages', totals.messages)} ${tile('people', totals.people)} ${tile('rooms', totals.rooms)}
            ${tile('reactions', totals.reactions)}
          </dl>
        </header>
        <main>${sections}</main>
        <footer>
          Made by <code>chatctl report</code> at ${madeAt.toISOString().slice(0, 16).replace('T', ' ')} UTC
        </footer>
      </body>
    </html> `;
  return `${text.trim()}\n`;
}

const tile = (name: string, count: number): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${figure(count)}</dd>
  </div>`;

function sectionsOf(figures: Figures, draw: Draw): Html[] {
  const { rooms, reactions, hours, answers, medians, totals } = figures;
  const busiest = hours.reduce((most, hour) => (hour.messages > most.messages ? hour : most), hours[0]!);
  const quickest = medians.map(({ kind, seconds }) => `${duration(seconds)} in ${KINDS[kind] ?? kind}`);
  const answered = answers.reduce((sum, { count }) => sum + count, 0);
  const [room, emoji] = [rooms[0], reactions[0]];
  return [
    overTime(figures, draw),
    section('Rooms', {
      says: room
        ? `The most was said in ${named(room.room)}: ${part(room.messages, totals.messages)} of all messages.`
        : '',
      chart: both(
        draw,
        bars(
          rooms.map(({ room }) => named(room)),
          rooms.map(({ messages }) => messages),
          '--one',
          true,
        ),
      ),
      head: ['room', 'messages', 'people'],
      rows: rooms.map(({ room, messages, people }) => [named(room), messages, people]),
    }),
    section('Hours of the day', {
      says: `Most is said from ${busiest.hour} to ${busiest.hour + 1} o’clock: ${part(busiest.messages, totals.messages)} of all messages.`,
      chart: both(
        draw,
        bars(
          hours.map(({ hour }) => String(hour)),
          hours.map(({ messages }) => messages),
          '--one',
        ),
      ),
      head: ['hour', 'messages'],
      rows: hours.map(({ hour, messages }) => [hour, messages]),
    }),
    section('Reactions', {
      says: emoji
        ? `${emoji.emoji} is the most used: ${part(emoji.count, totals.reactions)} of the reactions that stand.`
        : 'Nobody reacted to anything.',
      ...(emoji && {
        chart: both(
          draw,
          bars(
            reactions.map(({ emoji }) => emoji),
            reactions.map(({ count }) => count),
            '--three',
            true,
          ),
        ),
      }),
      head: ['reaction', 'times'],
      rows: reactions.map(({ emoji, count }) => [emoji, count]),
    }),
    section('How soon answers come', {
      says:
        answered === 0
          ? 'Nobody answered anybody.'
          : `Half of the answers come within ${list(quickest)}. An answer is the first thing that somebody else says in the room.`,
      ...(answered > 0 && {
        chart: both(
          draw,
          bars(
            answers.map(({ within }) => withinText(within).replace('≤ ', '')),
            answers.map(({ count }) => count),
            '--two',
          ),
        ),
      }),
      head: ['within', 'answers'],
      rows: answers.map(({ within, count }) => [withinText(within), count]),
    }),
    retention(figures),
  ];
}

const KINDS: Readonly<Record<string, string>> = { global: 'the global room', clan: 'clans', direct: 'direct chats' };

function overTime({ times, unit, totals }: Figures, draw: Draw): Html {
  const all = gapless(times, unit);
  const sum = ({ global, clan, direct }: Figures['times'][number]) => global + clan + direct;
  const most = all.reduce((best, each) => (sum(each) > sum(best) ? each : best), all[0]!);
  const label = (time: string) =>
    unit === 'hour' ? time.slice(5, 16).replace('T', ' ') : time.slice(unit === 'day' ? 5 : 0, 10);
  const colours = { global: '--one', clan: '--two', direct: '--three' };
  const kinds = (['global', 'clan', 'direct'] as const).filter((kind) => all.some((each) => each[kind] > 0));
  const chart = both(
    draw,
    {
      labels: all.map(({ time }) => label(time)),
      series: kinds.map((kind) => ({ name: kind, colour: colours[kind], values: all.map((each) => each[kind]) })),
    },
    'wide',
  );
  const legend = html`<ul class="legend">
    ${kinds.map((kind) => html`<li><span style="background:var(${colours[kind]})"></span>${KINDS[kind]!}</li>`)}
  </ul>`;
  return section('Messages over time', {
    says:
      `${figure(Math.round(totals.messages / all.length))} messages a ${unit} on average, at most ${figure(sum(most))}, ` +
      `${unit === 'day' ? 'on' : `in the ${unit} of`} ${most.time.slice(0, unit === 'hour' ? 16 : 10).replace('T', ' ')}.`,
    chart: html`${chart}${legend}`,
    head: [unit, ...kinds],
    rows: all.map((each) => [each.time.slice(0, 16).replace('T', ' '), ...kinds.map((kind) => each[kind])]),
  });
}

const STEPS: Readonly<Record<Unit, number>> = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 };

/** Also the times in which nothing was said. */
function gapless(times: Figures['times'], unit: Unit): Figures['times'] {
  const there = new Map(times.map((each) => [Date.parse(each.time), each]));
  const [first, last] = [Date.parse(times[0]!.time), Date.parse(times.at(-1)!.time)];
  const count = (last - first) / STEPS[unit] + 1;
  return Array.from({ length: count }, (_, i) => {
    const time = first + i * STEPS[unit];
    return there.get(time) ?? { time: new Date(time).toISOString(), global: 0, clan: 0, direct: 0 };
  });
}

/** A chart that is a table: who reads it with their ears is read the figures. */
function retention({ retention: cohorts }: Figures): Html {
  const weeks = cohorts[0]?.back.length ?? 0;
  const next = cohorts.filter(({ back }) => typeof back[1] === 'number');
  const people = next.reduce((sum, cohort) => sum + cohort.people, 0);
  const back = next.reduce((sum, cohort) => sum + cohort.people * cohort.back[1]!, 0);
  const cell = (share: number | null) =>
    share === null
      ? html`<td></td>`
      : html`<td class="share" style="--share:${Math.round(share * 100)}%">${Math.round(share * 100)} %</td>`;
  return html`<section>
    <h2>Who comes back</h2>
    <p>
      ${people === 0 ? 'It is too early to say who comes back.' : `Of those who first said something in a week, ${part(back, people)} said something in the week after it too.`}
    </p>
    <div class="wide-table">
      <table class="cohorts">
        <thead>
          <tr>
            <th scope="col">first week</th>
            <th scope="col">people</th>
            ${Array.from(
              { length: Math.max(0, weeks - 1) },
              (_, i) => html`<th scope="col"><abbr title="weeks later">+${i + 1}</abbr></th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${cohorts.map(
            ({ cohort, people: count, back: shares }) =>
              html`<tr>
                <th scope="row">${cohort}</th>
                <td>${figure(count)}</td>
                ${shares.slice(1).map(cell)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

interface Section {
  /** What the chart says, in words. */
  readonly says: string;
  readonly chart?: Html;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

const section = (title: string, { says, chart = new Html(''), head, rows }: Section): Html =>
  html`<section>
    <h2>${title}</h2>
    <p>${says}</p>
    ${chart}
    <details>
      <summary>The figures</summary>
      <div class="wide-table">
        <table>
          <thead>
            <tr>
              ${head.map((name) => html`<th scope="col">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              ([first, ...more]) =>
                html`<tr>
                  <th scope="row">${first!}</th>
                  ${more.map((cell) => html`<td>${typeof cell === 'number' ? figure(cell) : cell}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>
  </section>`;

const bars = (labels: readonly string[], values: readonly number[], colour: string, lie = false): Bars => ({
  labels,
  series: [{ name: 'count', colour, values }],
  ...(lie && { lie }),
});

/** What is drawn is also said in words and figures, so that it is hidden from who cannot see it. */
function both(draw: Draw, drawn: Bars, width: Width = 'half'): Html {
  const safe = { ...drawn, labels: drawn.labels.map(plain) };
  return html`<div class="chart roomy">${new Html(draw(safe, width))}</div>
    <div class="chart narrow">${new Html(draw(safe, 'narrow'))}</div>`;
}

/** A room with its ids as they are. */
const named = (room: string): string => [roomKind(room as Room), ...roomIds(room as Room)].join(':');

const figure = (count: number): string => count.toLocaleString('en');
const part = (count: number, all: number): string => `${all === 0 ? 0 : Math.round((count / all) * 100)} %`;
const dayOf = (time: string): string => time.slice(0, 10);
const list = (texts: readonly string[]): string => texts.join(', ').replace(/, ([^,]*)$/, ' and $1');

/** In the largest unit of which there is one at least. */
export function duration(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ] as const;
  const [size, unit] = units.find(([least]) => seconds >= least) ?? [1, 's'];
  return `${(seconds / size).toLocaleString('en', { maximumSignificantDigits: 2 })} ${unit}`;
}

const withinText = (within: number): string => (within === Infinity ? 'longer' : `≤ ${duration(within)}`);
