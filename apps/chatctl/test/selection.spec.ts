import { describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom } from '#domain';
import { Pace, speedOf } from '../src/pace.js';
import { filterOf, seqFrom, seqUntil } from '#event-store';
import { selectionOf } from '../src/selection/selection.js';
import { UsageError } from '../src/usage.js';

const now = Date.parse('2026-01-31T18:30:00Z');

describe('a selection', () => {
  it('is all of the log where nothing is said', () => {
    expect(selectionOf({}, now)).toEqual({});
    expect(filterOf({})).toEqual({});
  });

  it('is what the options say', () => {
    const words = { from: ['7d'], until: ['2026-01-31'], room: ['direct:9:7'], user: ['7'], type: ['MessageCreated'] };
    expect(selectionOf(words, now)).toEqual({
      from: { time: now - 7 * 86_400_000 },
      until: { time: Date.parse('2026-01-31T00:00:00Z') },
      room: directRoom('7', '9'),
      user: '7',
      types: new Set(['MessageCreated']),
    });
  });

  it('takes types with commas, again and again', () => {
    const type = ['MessageCreated, MessageEdited', 'ReactionAdded'];
    expect([...selectionOf({ type }, now).types!]).toEqual(['MessageCreated', 'MessageEdited', 'ReactionAdded']);
  });

  it.each([
    [{ from: ['yesterday'] }, '--from yesterday: say when: '],
    [{ until: ['0'] }, '--until 0: say when: '],
    [{ from: ['5'], until: ['4'] }, '--until lies before --from'],
    [{ from: ['1h'], until: ['2h'] }, '--until lies before --from'],
    [{ from: ['1', '2'] }, '--from may be given once, not as 1 and 2'],
    [{ room: ['elsewhere'] }, '--room must be global, clan:ID, direct:ID:ID or user:ID, not elsewhere'],
    [{ room: ['global', 'clan:3'] }, '--room may be given once'],
    [{ user: [''] }, '--user must have 1 to 64 characters'],
    [{ user: ['7', '8'] }, '--user may be given once'],
    [{ type: ['MessageCreate'] }, 'there is no type MessageCreate: ChatCreated, MessageCreated, '],
    [{ type: ['MessageCreated,'] }, 'there is no type (empty): '],
  ])('is not %j', (words, complaint) => {
    expect(() => selectionOf(words, now)).toThrow(UsageError);
    expect(() => selectionOf(words, now)).toThrow(complaint);
  });

  it('has the server sort out what one subject names', () => {
    const room = clanRoom('3');
    expect(filterOf({ room })).toEqual({ room });
    expect(filterOf({ room, types: new Set(['MessageEdited', 'MessageDeleted']) })).toEqual({ room, kind: 'edit' });
    // Of two kinds a list would be asked for.
    expect(filterOf({ room, types: new Set(['MessageCreated', 'MessageDeleted']) })).toEqual({ room });
    expect(filterOf({ types: new Set(['MessageCreated']) })).toEqual({ kind: 'msg' });
  });

  it('has both ends in it', async () => {
    // Stored at 10, 20, 20 and 30.
    const stored = [10, 20, 20, 30];
    const log = { lastSeq: (_: object, by = Infinity) => Promise.resolve(stored.filter((at) => at <= by).length) };
    expect(await Promise.all([9, 10, 20, 25, 30, 31].map((time) => seqFrom(log, { time })))).toEqual([
      1, 1, 2, 4, 4, 5,
    ]);
    expect(await Promise.all([9, 10, 20, 25, 30, 31].map((time) => seqUntil(log, { time })))).toEqual([
      0, 1, 3, 3, 4, 4,
    ]);
    expect([await seqFrom(log, { seq: 9 }), await seqUntil(log, { seq: 9 })]).toEqual([9, 9]);
  });
});

describe('the pace', () => {
  it.each([
    ['10x', 10],
    ['10', 10],
    ['0.5x', 0.5],
    ['1x', 1],
  ])('%s is one', (text, speed) => {
    expect(speedOf(text)).toBe(speed);
  });

  it.each(['', 'x', '0x', '-1x', '1e3', 'fast', '10xx'])('%j is none', (text) => {
    expect(() => speedOf(text)).toThrow('--speed must be like 10x');
  });

  it('is that at which it was stored, from the first event on, so many times as quick', () => {
    let clock = 1_000;
    const pace = new Pace(10, () => clock);
    expect([pace.due(5_000), pace.due(6_000), pace.due(25_000)]).toEqual([0, 100, 2_000]);
    clock = 1_150;
    // What is late is due at once, and what comes after it is no later for that.
    expect([pace.due(6_000), pace.due(7_000)]).toEqual([0, 50]);
  });
});
