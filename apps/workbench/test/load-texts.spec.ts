import { expect, it } from '@jest/globals';
import { nothingTold, numberIn, readText, type Told } from '../src/bench/load/texts.js';

/** As it is read, with other bytes before and behind it. */
function read(text: string, told: Told = nothingTold()) {
  const bytes = Buffer.from(text);
  const beside = Buffer.from('@@00000009@@","n":9');
  readText(Buffer.concat([beside, bytes, beside]), beside.length, beside.length + bytes.length, told);
  const { kind, k, n, id, idFrom, idTo } = told;
  return kind === 'other' ? { kind } : { kind, k, n, id: id.toString('utf8', idFrom, idTo) };
}

const message = (content: string, n: number, more: object = {}) => ({
  ...{ _id: '52ef810ed68809f400000004', clan_id: '3', sender: { _id: '7', name: 'Ada', avatar: { hat: 'red' } } },
  ...{ content, type: 'clan', feeling: 'Happy', reactions: [], createdAt: '2026-11-23T01:57:25.350Z', n, rev: n },
  ...more,
});
const frame = (said: object, chat = 'clan', event = 'newMessage') => JSON.stringify({ chat, event, message: said });

it('a message is read by its number, its place and its id', () => {
  const expected = { kind: 'message', k: 1_234, n: 57, id: '52ef810ed68809f400000004' };
  expect(read(frame(message('@@00001234@@ the fox', 57)))).toEqual(expected);
  expect(read(frame(message('@@00001234@@', 57, { more: 1 })))).toEqual(expected);
});

it('so it is in whichever order its fields come', () => {
  const { content, n, ...rest } = message('@@00001234@@ the fox', 57);
  const expected = { kind: 'message', k: 1_234, n: 57, id: '52ef810ed68809f400000004' };
  expect(read(frame({ n, content, ...rest }))).toEqual(expected);
  expect(read(frame({ ...rest, n, content }))).toEqual(expected);
  expect(read(JSON.stringify({ message: { n, content, ...rest }, event: 'newMessage', chat: 'clan' }))).toEqual(
    expected,
  );
});

it('a message that nobody has numbered has no number', () => {
  for (const content of ['hello', '@@0000x234@@', '@ 00001234@@', '@@00001234']) {
    expect(read(frame(message(content, 57)))).toMatchObject({ kind: 'message', n: 57 });
  }
  expect(read(frame(message('hello', 57)))).toMatchObject({ k: NaN });
  expect(read(frame(message('@@0000x234@@', 57)))).toMatchObject({ k: NaN });
  expect(numberIn('@@00000017@@ x')).toBe(17);
});

it('an ack is read by the number in its id', () => {
  expect(read('{"event":"ack","id":"00000042","data":{"message_id":"52ef"}}')).toEqual(
    { kind: 'ack', k: 42, n: 0, id: '52ef' }, // the usual layout
  );
  expect(read('{"event":"ack","data":{"message_id":"52ef"},"id":"00000042"}')).toEqual(
    { kind: 'ack', k: 42, n: 0, id: '52ef' }, // another one
  );
});

it.each([
  '{"error":"too_many"}',
  '{"event":"nack","id":"00000042","data":{"code":"too_many","message":"too many"}}',
  '{"event":"ack","id":"00000042","data":{}}',
  frame(message('@@00001234@@', 57), 'global'),
  frame(message('@@00001234@@', 57), 'clan', 'newReaction'),
])('anything else is something else: %s', (text) => {
  const told = nothingTold();
  read(frame(message('@@00001234@@', 57)), told);
  expect(read(text, told)).toEqual({ kind: 'other' });
});
