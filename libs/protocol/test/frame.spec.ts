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

  it('has a traceparent where it gives a text as one, and is never refused for it', () => {
    expect(read('{"event":"x","id":"7","traceparent":"00-"}')).toStrictEqual({
      frame: { event: 'x', data: undefined, id: '7', traceparent: '00-' },
    });
    for (const traceparent of ['7', 'null', '{}', '["00-"]', 'true']) {
      expect(read(`{"event":"x","traceparent":${traceparent}}`)).toStrictEqual({
        frame: { event: 'x', data: undefined },
      });
    }
  });

  it('has an id of 64 characters at most, whatever their size', () => {
    expect(read(JSON.stringify({ event: 'x', id: '👋'.repeat(64) }))).toHaveProperty('frame.id');
    for (const id of ['👋'.repeat(65), '', 7, {}, '\ud800']) {
      const message = 'id must be a string of 1 to 64 characters';
      const value = JSON.parse(JSON.stringify(id)) as unknown;
      expect(read(JSON.stringify({ event: 'x', id }))).toEqual({
        fault: { code: 'invalid', field: 'id', value, message },
      });
    }
  });

  it.each(['', 'x', '{', '{"event":"x"}{'])('is not %j, which is no JSON', (text) => {
    expect(read(text)).toEqual({ fault: { code: 'not_json', message: 'a frame must be JSON' } });
  });

  it.each(['[]', 'null', '7', '"{}"'])('is not %j, which is no object', (text) => {
    const message = 'a frame must be a JSON object {"event", "data"}';
    expect(read(text)).toEqual({ fault: { code: 'not_json', message } });
  });

  it('needs an event', () => {
    const fault = { field: 'event', message: 'event must be a string' };
    expect(read('{}')).toEqual({ fault: { ...fault, code: 'required', value: undefined } });
    expect(read('{"id":"7"}')).toEqual({ fault: { ...fault, code: 'required', value: undefined }, id: '7' });
    expect(read('{"event":null}')).toEqual({ fault: { ...fault, code: 'invalid', value: null } });
    expect(read('{"event":{"a":1}}')).toEqual({ fault: { ...fault, code: 'invalid', value: { a: 1 } } });
  });

  it('is refused before it is parsed where it is too deep', () => {
    expect(read(`{"event":"x","data":${nested(15)}}`)).toHaveProperty('frame');
    const fault = { code: 'too_deep', message: 'a frame may be nested 16 deep at most' };
    expect(read(`{"event":"x","data":${nested(16)}}`)).toEqual({ fault });
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
