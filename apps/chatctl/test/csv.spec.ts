import { describe, expect, it } from '@jest/globals';
import { eventDefinitions, type EventLine, type Room } from '#domain';
import { cellsOf, columnsOf, csvCell, csvRow } from '../src/replay/csv.js';

describe('a cell of CSV', () => {
  it.each([
    ['Hello', 'Hello'],
    ['', ''],
    ['a, b', '"a, b"'],
    ['she said "no"', '"she said ""no"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\r\nlines', '"two\r\nlines"'],
    [' spaces ', ' spaces '],
    ['👍🏽', '👍🏽'],
    [12, '12'],
    [true, 'true'],
    [null, ''],
    [undefined, ''],
    [['7', '9'], '"[""7"",""9""]"'],
  ])('%j is written as %j', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });

  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', `"'\r=1"`],
    ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
    ['1=1', '1=1'],
    ["'=1", "'=1"],
  ])('%j is no formula', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });
});

describe('the columns of CSV', () => {
  it('are the fields of the types that may come, whatever there is of them', () => {
    expect(columnsOf(['MessagesSeen'])).toEqual([
      ...['seq', 'at', 'type', 'version', 'room', 'storedAt', 'id', 'userId', 'n', 'erased', 'sealed'],
    ]);
    expect(columnsOf(['MessageCreated'])).toEqual([
      ...['seq', 'at', 'type', 'version', 'room', 'storedAt', 'id', 'messageId'],
      ...['sender.id', 'sender.name', 'sender.avatar', 'content', 'feeling', 'clientId', 'replyTo', 'erased', 'sealed'],
    ]);
    const all = columnsOf(eventDefinitions.map(({ type }) => type));
    expect(new Set(all).size).toBe(all.length);
    expect(all).toEqual(expect.arrayContaining(columnsOf(['MessageCreated'])));
  });

  it('hold what an event has of them', () => {
    const line: EventLine = {
      ...{ seq: 7, at: 'then', type: 'MessageCreated', version: 2, room: 'global' as Room, storedAt: 'later' },
      ...{ sender: { id: '9', name: null, avatar: null }, content: 'a "b"', erased: true },
    };
    const columns = ['seq', 'room', 'sender.id', 'sender.name', 'content', 'users', 'by.id', 'erased'];
    expect(csvRow(cellsOf(line, columns))).toBe('7,global,9,,"a ""b""",,,true\r\n');
  });
});
