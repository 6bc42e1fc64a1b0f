import { expect, it } from '@jest/globals';
import { FrameReader } from '../src/bench/load/frames.js';
import { messageFrames, nothingTold, numberIn, readText, type Told } from '../src/bench/load/texts.js';

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

it.each([
  frame(message('@@00001234@@ the fox', 57)),
  frame(message('@@00000000@@', 9)),
  frame(message('@@99999999@@', 10)),
  '{"event":"ack","id":"00000000","data":{"message_id":"52ef"}}',
  '{"event":"ack","id":"00000042","data":{"message_id":"52ef"}}',
])('in the usual layout nothing is parsed: the id is where it came, of %s', (text) => {
  const told = nothingTold();
  const bytes = Buffer.from(text);
  readText(bytes, 0, bytes.length, told);
  expect(told.id).toBe(bytes);
  const parsed = nothingTold();
  readText(Buffer.from(` ${text}`), 0, bytes.length + 1, parsed);
  expect(parsed.id).not.toBe(bytes);
  expect({ ...told, id: told.id.toString('utf8', told.idFrom, told.idTo), idFrom: 0, idTo: 0 }).toEqual({
    ...parsed,
    ...{ id: parsed.id.toString(), idFrom: 0, idTo: 0 },
  });
});

it('what is cut is not read beyond its end', () => {
  const whole = Buffer.from(frame(message('@@00001234@@', 57)));
  for (const end of [20, 60, 140, 200]) {
    expect(() => {
      readText(whole, 0, end, nothingTold());
    }).toThrow(SyntaxError);
  }
});

it.each([
  [0, false],
  [300, true],
])('what is sent has its number where it is looked for, in %i characters, ids: %s', (characters, ids) => {
  const sent = messageFrames(characters, ids).of(17);
  const reader = new FrameReader((_, bytes, from, to) => {
    const { event, id, data } = JSON.parse(bytes.toString('utf8', from, to)) as {
      event: string;
      id?: string;
      data: { content: string; feeling: string };
    };
    expect([event, id, data.feeling]).toEqual(['clanMessage', ids ? '00000017' : undefined, 'Happy']);
    expect(data.content).toMatch(/^@@00000017@@ the quick brown fox/);
    expect(data.content.length).toBeGreaterThanOrEqual(characters);
    expect(data.content.length).toBeLessThan(characters + 100);
    expect(numberIn(data.content)).toBe(17);
  });
  const at = sent[1] === 0xfe ? 4 : 2;
  const payload = sent.subarray(at + 4).map((byte, i) => byte ^ sent[at + (i & 3)]!);
  reader.read(
    Buffer.concat([Buffer.from([sent[0]!, sent[1]! & 0x7f]), sent.subarray(2, at), payload]),
    sent.length - 4,
  );
  expect.assertions(5);
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
