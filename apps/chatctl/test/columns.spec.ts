import { describe, expect, it } from '@jest/globals';
import { eventDefinitions, type EventLine, eventSchemas, type EventType, type Room } from '#domain';
import { columnsOf, csvCell, csvLine } from '../src/columns/columns.js';

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

describe('the columns of events', () => {
  const namesOf = (...types: EventType[]) => columnsOf(types).map(({ name }) => name);

  it('are the fields of the types that may come, whatever there is of them', () => {
    expect(namesOf('MessagesSeen')).toEqual([
      ...['seq', 'at', 'type', 'version', 'room', 'storedAt', 'id', 'userId', 'n', 'erased', 'sealed'],
    ]);
    expect(namesOf('MessageCreated')).toEqual([
      ...['seq', 'at', 'type', 'version', 'room', 'storedAt', 'id', 'messageId'],
      ...['sender_id', 'sender_name', 'sender_avatar', 'content', 'feeling', 'clientId', 'replyTo', 'erased', 'sealed'],
    ]);
    const all = columnsOf().map(({ name }) => name);
    expect(new Set(all).size).toBe(all.length);
    expect(all).toEqual(expect.arrayContaining(namesOf('MessageCreated')));
    expect(namesOf(...eventDefinitions.map(({ type }) => type))).toEqual(all);
  });

  it('hold the same in all types that have them', () => {
    const kinds = new Map<string, Set<string>>();
    for (const { type } of eventDefinitions) {
      for (const { name, kind } of columnsOf([type])) kinds.set(name, (kinds.get(name) ?? new Set()).add(kind));
    }
    expect([...kinds].filter(([, set]) => set.size > 1)).toEqual([]);
    // A name that is made of two is nobody else's.
    expect(new Set(columnsOf().map(({ outer, inner }) => `${outer}.${inner}`)).size).toBe(kinds.size);
  });

  it('know what they hold, and whether every event has it', () => {
    const of = (kind: string) => columnsOf().filter((column) => column.kind === kind);
    expect(of('time').map(({ name }) => name)).toEqual(['at', 'storedAt']);
    expect(of('integer').map(({ name }) => name)).toEqual(['seq', 'version', 'n', 'seconds']);
    expect(of('flag').map(({ name }) => name)).toEqual(['erased', 'sealed']);
    expect(of('json').map(({ name }) => name)).toEqual(['users', 'sanctions', 'blockers']);
    const required = columnsOf().filter((column) => column.required);
    expect(required.map(({ name }) => name)).toEqual(['seq', 'at', 'type', 'version', 'room', 'storedAt', 'id']);
    const schemas = Object.values(eventSchemas().definitions);
    for (const { outer } of required) expect(schemas.every(({ required }) => required?.includes(outer))).toBe(true);
  });

  it('hold what an event has of them', () => {
    const line: EventLine = {
      ...{ seq: 7, at: 'then', type: 'MessageCreated', version: 2, room: 'global' as Room, storedAt: 'later' },
      ...{ id: 'msg.1', messageId: '1', sender: { id: '9', name: null, avatar: null }, content: 'a "b"', erased: true },
    };
    const columns = columnsOf(['MessageCreated', 'ChatCreated']);
    expect(csvLine(line, columns)).toBe('7,then,MessageCreated,2,global,later,msg.1,,,1,9,,,"a ""b""",,,,true,\r\n');
  });
});
