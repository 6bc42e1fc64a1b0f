import { describe, expect, it } from '@jest/globals';
import { isDeeperThan, readFrame } from '../src/index.js';

const read = (text: string) => readFrame(Buffer.from(text), 16);
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a frame', () => {
  it('is read, with an id or without', () => {
    expect(read('{"event":"x","data":{"a":1}}')).toEqual({ frame: { event: 'x', data: { a: 1 } } });
    expect(read('{"event":"x"}')).toEqual({ frame: { event: 'x', data: undefined } });
    expect(read('{"event":"x","id":"7"}')).toEqual({ frame: { event: 'x', data: undefined, id: '7' } });
    expect(read('{"event":"x","id":null}')).toEqual({ frame: { event: 'x', data: undefined } });
    expect(read('{"event":"x","more":true}')).toEqual({ frame: { event: 'x', data: undefined } });
  });

  it('has an id of 64 characters at most, whatever their size', () => {
    expect(read(JSON.stringify({ event: 'x', id: '👋'.repeat(64) }))).toHaveProperty('frame.id');
    for (const id of ['👋'.repeat(65), '', 7, {}, '\ud800']) {
      expect(read(JSON.stringify({ event: 'x', id }))).toMatchObject({ fault: { code: 'invalid', field: 'id' } });
    }
  });

  it.each(['', 'x', '{', '[]', 'null', '7', '"{}"', '{"event":"x"}{'])('is not %j', (text) => {
    expect(read(text)).toMatchObject({ fault: { code: 'not_json' } });
  });

  it('needs an event', () => {
    expect(read('{}')).toMatchObject({ fault: { code: 'required', field: 'event' } });
    expect(read('{"event":null}')).toMatchObject({ fault: { code: 'invalid', field: 'event' } });
    expect(read('{"event":{"a":1}}')).toMatchObject({ fault: { code: 'invalid', field: 'event' } });
  });

  it('is refused before it is parsed where it is too deep', () => {
    expect(read(`{"event":"x","data":${nested(15)}}`)).toHaveProperty('frame');
    expect(read(`{"event":"x","data":${nested(16)}}`)).toMatchObject({ fault: { code: 'too_deep' } });
    expect(read('['.repeat(30_000))).toMatchObject({ fault: { code: 'too_deep' } });
  });
});

describe('depth', () => {
  const deeper = (text: string, max: number) => isDeeperThan(Buffer.from(text), max);

  it('counts lists and objects, closed ones no more', () => {
    expect(deeper('[{"a":[]}]', 3)).toBe(false);
    expect(deeper('[{"a":[]}]', 2)).toBe(true);
    expect(deeper('[[],[],{},{}]', 2)).toBe(false);
  });

  it('does not count what stands in a text', () => {
    expect(deeper('"[[[["', 0)).toBe(false);
    expect(deeper(String.raw`["\"[[[", "\\", []]`, 2)).toBe(false);
    expect(deeper(String.raw`["\\", [[]]]`, 2)).toBe(true);
    expect(deeper('["ü{[👋{["]', 1)).toBe(false);
  });
});
