import { describe, expect, it } from '@jest/globals';
import { JSDOM } from 'jsdom';
import { charts } from '../src/report/charts.js';
import type { Figures } from '../src/report/figures.js';
import { duration, pageOf } from '../src/report/page.js';

const hostile = `"><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>&lt;\u202egnp.\u0000`;

const figures: Figures = {
  totals: {
    ...{ messages: 120, people: 7, rooms: 3, reactions: 9 },
    ...{ first: '2026-01-30T10:00:00.000Z', last: '2026-02-02T10:00:00.000Z' },
  },
  unit: 'day',
  times: [
    { time: '2026-01-30T00:00:00.000Z', global: 50, clan: 10, direct: 0 },
    { time: '2026-02-02T00:00:00.000Z', global: 20, clan: 40, direct: 0 },
  ],
  rooms: [
    { room: 'global', messages: 70, people: 7 },
    { room: 'clan:the=20bold', messages: 50, people: 3 },
  ],
  hours: Array.from({ length: 24 }, (_, hour) => ({ hour, messages: hour === 10 ? 120 : 0 })),
  reactions: [
    { emoji: hostile, count: 6 },
    { emoji: '👍', count: 3 },
  ],
  answers: [10, 60, 300, 900, 3_600, 21_600, 86_400, Infinity].map((within) => ({ within, count: 5 })),
  medians: [{ kind: 'clan', answers: 40, seconds: 90 }],
  retention: [{ cohort: '2026-01-26', people: 7, back: [1, 3 / 7, null] }],
};

describe('the page of the report', () => {
  const page = async (of: Figures = figures) => pageOf(of, await charts(), new Date('2026-02-03T04:05:06Z'));
  const documentOf = async (of?: Figures) => new JSDOM(await page(of)).window.document;

  it('asks for nothing from anywhere, and may not', async () => {
    const document = await documentOf();
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content');
    expect(policy).toBe("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    expect(document.querySelectorAll('script, link, img, iframe, object, embed, base, form, image, use')).toHaveLength(
      0,
    );
    for (const element of document.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        expect([name, /^on|^(?:src|href|srcset|action|data|poster|xlink:href)$/.test(name)]).toEqual([name, false]);
        if (name !== 'xmlns') expect(value).not.toMatch(/url\((?!#)|\/\/|javascript:/i);
      }
    }
    expect(document.querySelector('style')?.textContent).not.toMatch(/@import|url\(|\/\//);
  });

  it('shows what others wrote as it is, and it does nothing', async () => {
    const text = await page();
    expect(text).not.toContain('<script');
    expect(text).not.toContain('<img');
    for (const control of ['\u202e', '\u0000']) expect(text).not.toContain(control);
    const document = await documentOf();
    const cells = [...document.querySelectorAll('th')].map(({ textContent }) => textContent);
    expect(cells).toContain(hostile.replace('\u202e', '\\u202e').replace('\u0000', '\\u0000'));
    expect(cells).toContain('clan:the bold');
  });

  it('says in words and figures what each chart shows', async () => {
    const document = await documentOf();
    expect(document.documentElement.lang).toBe('en');
    const sections = [...document.querySelectorAll('main > section')];
    expect(sections.map((section) => section.querySelector('h2')?.textContent)).toEqual([
      ...['Messages over time', 'Rooms', 'Hours of the day', 'Reactions', 'How soon answers come', 'Who comes back'],
    ]);
    for (const section of sections) {
      expect(section.querySelector('p')?.textContent.length).toBeGreaterThan(20);
      expect(section.querySelectorAll('table thead th').length).toBeGreaterThan(1);
      for (const svg of section.querySelectorAll('svg')) expect(svg.getAttribute('aria-hidden')).toBe('true');
    }
    // One for a desk, one for a phone.
    expect(document.querySelectorAll('svg')).toHaveLength(2 * 5);
    const says = sections.map((section) => section.querySelector('p')!.textContent);
    expect(says[0]).toBe('30 messages a day on average, at most 60, on 2026-01-30.');
    expect(says[1]).toBe('The most was said in global: 58 % of all messages.');
    expect(says[4]).toContain('1.5 min in clans');
    expect(says[5]).toContain('43 %');
  });

  it('cuts long labels, and takes no emoji apart', async () => {
    const family = '👨‍👩‍👧';
    const reactions = [family, '👍', family.repeat(30)].map((emoji) => ({ emoji, count: 1 }));
    const texts = [...(await documentOf({ ...figures, reactions })).querySelectorAll('svg text')];
    const labels = texts
      .map(({ textContent }) => textContent)
      .filter((label) => /\p{Extended_Pictographic}/u.test(label));
    expect(new Set(labels)).toEqual(new Set([family, '👍', `${family.repeat(10)}…`, `${family.repeat(6)}…`]));
  });

  it('shows the days without a word too', async () => {
    const rows = [...(await documentOf()).querySelectorAll('section:first-child tbody tr')];
    expect(rows.map((row) => [...row.children].map(({ textContent }) => textContent))).toEqual([
      ['2026-01-30 00:00', '50', '10'],
      ['2026-01-31 00:00', '0', '0'],
      ['2026-02-01 00:00', '0', '0'],
      ['2026-02-02 00:00', '20', '40'],
    ]);
  });

  it('takes its colours from the page, in light and in dark', async () => {
    const document = await documentOf();
    const colours = [...document.querySelectorAll('svg *')].flatMap((element) =>
      ['fill', 'stroke'].map((name) => element.getAttribute(name)).filter((value) => value !== null),
    );
    expect(new Set(colours.filter((colour) => !/^(?:none|var\(--\w+\))$/.test(colour)))).toEqual(new Set());
    expect(document.querySelector('style')?.textContent).toContain('prefers-color-scheme: dark');
  });

  it('is a page also where nothing was said', async () => {
    const totals = { messages: 0, people: 0, rooms: 0, reactions: 0, first: null, last: null };
    const document = await documentOf({ ...figures, totals, times: [], rooms: [], reactions: [], retention: [] });
    expect(document.querySelector('header p')?.textContent).toBe('Nothing was said.');
    expect(document.querySelectorAll('main > section')).toHaveLength(0);
  });
});

describe('a length of time', () => {
  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [5_400, '1.5 h'],
    [86_400, '1 d'],
  ])('of %d seconds is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
