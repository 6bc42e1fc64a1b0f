import { expect, it } from '@jest/globals';
import { clanRoom, encodeEvent, NewerEvent, UnreadableEvent } from '#domain';
import { bytesOf, eventHeaders, expecting, readMessage } from '../src/event-headers.js';
import { decodeRecord, type LogRecord, readableEvent } from '../src/log-record.js';
import { message } from './log-under-test.js';

const event = message(clanRoom('3'), 'hi');
const stored = encodeEvent(event);
const first = `NATS/1.0\r\nNats-Msg-Id: clan:3/${event.id}\r\nParley-Type: MessageCreated\r\nParley-Version: 2\r\n`;

it('what is expected is of the event’s own subject, or of another', () => {
  expect(expecting(5)).toBe('Nats-Expected-Last-Subject-Sequence: 5\r\n');
  expect(expecting(0, 'chat.ev.1.user:7.erase')).toBe(
    'Nats-Expected-Last-Subject-Sequence: 0\r\nNats-Expected-Last-Subject-Sequence-Subject: chat.ev.1.user:7.erase\r\n',
  );
});

it('headers say which key sealed it, and which step of a trace stores it', () => {
  expect(eventHeaders(event, { stored, keyId: null })).toMatchObject({ text: `${first}\r\n`, expects: false });
  const { text, id } = eventHeaders(event, { stored, keyId: '7.ab' }, { traceparent: '00-a-b-01' });
  expect([text, id]).toEqual([`${first}Parley-Key: 7.ab\r\ntraceparent: 00-a-b-01\r\n\r\n`, `clan:3/${event.id}`]);
});

it('the log takes one expectation: that of its own subject goes before what guards it', () => {
  const guard = expecting(3, 'chat.ev.1.user:7.erase');
  expect(eventHeaders(event, { stored, keyId: null }, { guard })).toMatchObject({
    ...{ text: `${first}${guard}\r\n`, expects: false },
  });
  expect(eventHeaders(event, { stored, keyId: null }, { guard, expectedLast: 0 })).toMatchObject({
    ...{ text: `${first}${expecting(0)}\r\n`, expects: true },
  });
});

it('a copy is another message than what it is a copy of', () => {
  expect(eventHeaders(event, { stored, keyId: null }, { copyOf: 12 }).id).toBe(`clan:3.12/${event.id}`);
});

it('a part of what is stored at once says which, and the last that it is the last', () => {
  const whole = eventHeaders(event, { stored, keyId: null }, { expectedLast: 4 });
  const part = 'Nats-Batch-Id: b1\r\nNats-Batch-Sequence: 2\r\n';
  expect(whole.inBatch('b1', 2, false)).toMatchObject({
    ...{ id: whole.id, expects: true, text: `${whole.text.slice(0, -2)}${part}\r\n` },
  });
  expect(whole.inBatch('b1', 2, true).text).toBe(`${whole.text.slice(0, -2)}${part}Nats-Batch-Commit: 1\r\n\r\n`);
});

it('of what came its headers are read where they stand, without asking the client', () => {
  const lines = `${first}nothing\r\n:no name\r\nParley-Key: 7.ab\r\n\r\n`;
  const came = Buffer.from(`behind what came before ${lines}{}`);
  const data = came.subarray(came.length - 2);
  const [subject, bytes] = ['chat.ev.1.clan:3.msg', Buffer.byteLength(lines) + 2];
  const read = (reply: string | undefined, of = data) =>
    readMessage(
      bytesOf({
        ...{ subject, reply, data: of, size: () => subject.length + (reply?.length ?? 0) + bytes },
        get headers(): never {
          throw new Error('the client is asked');
        },
      } as unknown as Parameters<typeof bytesOf>[0]),
    );
  const headers = { id: event.id, type: 'MessageCreated', version: 2, keyId: '7.ab', traceparent: '' };
  const expected = { headers, body: '{}' };
  expect([read('$JS.ACK.1'), read(undefined)]).toEqual([expected, expected]);
  // One whose body stands alone.
  expect(() => read('$JS.ACK.1', Buffer.from(new Uint8Array(2).buffer))).toThrow('the client is asked');
});

it('a record that cannot be read is nothing, where that is asked, and says why elsewhere', () => {
  const { body, type, version } = stored;
  const record: LogRecord = {
    ...{ seq: 5, partition: 1, room: clanRoom('3'), kind: 'msg', id: event.id, type, version, body, at: 6 },
  };
  expect(readableEvent(record)).toEqual({ ...event, seq: 5 });
  const faults: [Partial<LogRecord>, new (reason: string) => Error, string][] = [
    [{ version: 9, room: null }, NewerEvent, 'unknown event MessageCreated version 9'],
    [{ fault: 'the key does not fit' }, UnreadableEvent, 'the key does not fit'],
    [{ body: '{' }, UnreadableEvent, 'is not JSON'],
  ];
  for (const [fault, kind, reason] of faults) {
    expect(readableEvent({ ...record, ...fault })).toBeNull();
    expect(() => decodeRecord({ ...record, ...fault })).toThrow(kind);
    expect(() => decodeRecord({ ...record, ...fault })).toThrow(reason);
  }
  expect(() => readableEvent(null as never)).toThrow(TypeError);
});
