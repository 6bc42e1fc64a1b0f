import { describe, expect, it } from '@jest/globals';
import { headers, type MsgHdrs, MsgHdrsImpl } from '@nats-io/transport-node';
import {
  clanRoom,
  directRoom,
  type DomainEvent,
  encodeEvent,
  GLOBAL_ROOM,
  kindOf,
  partitionOf,
  UnreadableEvent,
  userRoom,
  RetryableError,
} from '#domain';
import { DirectChats, LogUnavailable, OutcomeUnknown, People } from '../src/index.js';
import { bytesOf, eventHeaders, readHeaders, readMessage } from '../src/event-headers.js';
import { decodeRecord, recordOf } from '../src/log-record.js';
import { Subjects } from '../src/subjects.js';
import { message, nextKey } from './log-under-test.js';
import { MemoryLogServer } from './memory-log.js';

const subjects = new Subjects('chat');

/** The record of an event as the server gives it back, and the headers as it is sent them. */
function stored(event: DomainEvent, expectedLast?: number) {
  const { body, ...more } = encodeEvent(event);
  const written = eventHeaders(
    event,
    { stored: { ...more, body }, keyId: null },
    expectedLast === undefined ? {} : { expectedLast },
  );
  const bytes = (written as MsgHdrs & { encode(): Uint8Array }).encode();
  const subject = subjects.event(event.room, kindOf(event.type));
  const record = recordOf(subjects.eventStem, subject, 5, 6, readHeaders(MsgHdrsImpl.decode(bytes)), body);
  return { record, text: Buffer.from(bytes).toString() };
}

describe('headers of what is read', () => {
  const lines =
    'Nats-Msg-Id: clan:3/msg.1\r\nParley-Type: MessageCreated\r\nParley-Version: 2\r\nParley-Key: 7.ab\r\ntraceparent: t\r\n';
  /** A message as the client hands it out: its body is a part of what came, behind the headers. */
  const messageOf = (headers: string, { lies = 0 } = {}) => {
    const came = Buffer.from(`before${headers}{"a":"ü"}`);
    const begin = 6 + Buffer.byteLength(headers);
    const [subject, reply, data] = ['chat.ev.1.clan:3.msg', '$JS.ACK.x', came.subarray(begin)];
    const decoded = headers === '' ? undefined : MsgHdrsImpl.decode(Buffer.from(headers));
    const size = () => subject.length + reply.length + came.length - 6 + lies;
    return { subject, reply, data, headers: decoded, size, string: () => data.toString() } as unknown as Parameters<
      typeof bytesOf
    >[0];
  };

  it.each([
    [`NATS/1.0\r\n${lines}\r\n`],
    [`NATS/1.0\r\nParley-Version: x\r\nOther: a: b\r\nNats-Msg-Id:none\r\n\r\n`],
    ['NATS/1.0\r\nParley-Type: ü\r\nNats-Msg-Id: global/msg.1\r\n\r\n'],
    ['NATS/1.0\r\n\r\n'],
    ['NATS/1.0 100 Idle Heartbeat\r\n\r\n'],
    [''],
  ])('are what the client reads of them: %j', (headers) => {
    const message = messageOf(headers);
    expect(readMessage(bytesOf(message))).toEqual({ headers: readHeaders(message.headers), body: '{"a":"ü"}' });
  });

  it('are left to the client where they are not where they should be', () => {
    for (const lies of [-3, 3, 1_000]) {
      const message = messageOf(`NATS/1.0\r\n${lines}\r\n`, { lies });
      expect(readMessage(bytesOf(message)).headers).toEqual({
        id: 'msg.1',
        type: 'MessageCreated',
        version: 2,
        keyId: '7.ab',
        traceparent: 't',
      });
    }
  });
});

describe('subjects', () => {
  it('place an event by its room', () => {
    expect(subjects.event(GLOBAL_ROOM, 'msg')).toBe(`chat.ev.${partitionOf(GLOBAL_ROOM)}.global.msg`);
    expect(subjects.event(userRoom('a.b'), 'member')).toMatch(/^chat\.ev\.\d+\.user:a=2eb\.member$/);
  });

  it('are one wildcard for every filter', () => {
    expect(subjects.events({})).toBe('chat.ev.>');
    expect(subjects.events({ partition: 3 })).toBe('chat.ev.3.>');
    expect(subjects.events({ partition: 3, kind: 'msg' })).toBe('chat.ev.3.*.msg');
    expect(subjects.events({ kind: 'msg' })).toBe('chat.ev.*.*.msg');
    const room = clanRoom('3');
    expect(subjects.events({ room })).toBe(`chat.ev.${partitionOf(room)}.clan:3.*`);
    expect(subjects.events({ room, kind: 'react' })).toBe(subjects.event(room, 'react'));
  });

  it('hold no wildcard and no more tokens than they should, whatever the ids', () => {
    for (const id of ['a.b', '*', '>', ' ', '🦄']) {
      for (const subject of [subjects.event(userRoom(id), 'member'), subjects.liveUser(id), subjects.question(id)]) {
        expect(subject).toMatch(/^[^*> ]+$/);
      }
      expect(subjects.liveUser(id).split('.')).toHaveLength(4);
    }
    for (const prefix of ['a.b', '', 'a ', ' a', '*', '>', 'ä']) {
      expect(() => new Subjects(prefix)).toThrow(RangeError);
      expect(() => new Subjects(prefix)).toThrow(`letters, digits, - and _: ${prefix}`);
    }
    expect(new Subjects('my_chat-2').allEvents).toBe('my_chat-2.ev.>');
  });

  it('of a consumer are one, or one for each kind', () => {
    expect(subjects.ofPartition(3)).toEqual(['chat.ev.3.>']);
    expect(subjects.ofPartition(3, ['member', 'profile'])).toEqual(['chat.ev.3.*.member', 'chat.ev.3.*.profile']);
  });

  it('of what is live are apart from the log', () => {
    expect(subjects.liveRoom(clanRoom('3'))).toBe('chat.live.room.clan:3');
    expect(subjects.liveUser('a.b')).toBe('chat.live.user.a=2eb');
    expect(subjects.question('online.7')).toBe('chat.live.ask.online=2e7');
    expect(subjects.workersChanged('timeline-1')).toBe('chat.live.members.timeline-1');
    expect(subjects.signal('spent.1')).toBe('chat.live.signal.spent=2e1');
    expect([subjects.liveRooms, subjects.liveUsers]).toEqual(['chat.live.room.*', 'chat.live.user.*']);
    expect(subjects.trial).toBe('chat.trial');
  });

  it('of workers name their group, and are read back', () => {
    expect(subjects.workers).toBe('chat.members.>');
    expect(subjects.allWorkers).toBe('chat.members.*.*');
    expect(subjects.worker('timeline-1', 'host.7')).toBe('chat.members.timeline-1.host=2e7');
    const of = (subject: string) => subjects.workerOf('timeline-1', subject);
    expect(of(subjects.worker('timeline-1', 'host.7'))).toEqual({ worker: 'host.7', declined: null });
    expect(of(subjects.declined('timeline-1', 'host 7', 12))).toEqual({ worker: 'host 7', declined: 12 });
    expect(of(subjects.worker('timeline-2', 'host.7'))).toBeNull();
    expect(of(subjects.declined('timeline-2', 'host.7', 12))).toBeNull();
  });

  it('of what is revoked say whose tokens, or which one, and of keys whose', () => {
    expect([subjects.revocations, subjects.keys]).toEqual(['chat.revoked.*.*', 'chat.key.*']);
    expect([subjects.personRevoked('a.b'), subjects.tokenRevoked('t.1'), subjects.keyOf('a.b')]).toEqual([
      ...['chat.revoked.person.a=2eb', 'chat.revoked.token.t=2e1', 'chat.key.a=2eb'],
    ]);
    expect(subjects.revokedBy(subjects.personRevoked('a.b'))).toEqual({ userId: 'a.b' });
    expect(subjects.revokedBy(subjects.tokenRevoked('t.1'))).toEqual({ jti: 't.1' });
    expect(subjects.revokedBy('chat.revoked.clan.3')).toEqual({});
  });

  it('of dead letters say which letter it is, and are read back', () => {
    expect(subjects.deadLetter('time.line', 3, 70)).toBe('chat.dead.time=2eline.3.70');
    const place = { projection: 'time.line', partition: 3, seq: 70 };
    expect(subjects.letterPlaceOf(subjects.deadLetter('time.line', 3, 70))).toEqual(place);
    expect([subjects.deadLetters(), subjects.deadLetters('stats')]).toEqual(['chat.dead.>', 'chat.dead.stats.>']);
  });
});

describe('a record', () => {
  it('is placed by its subject alone', () => {
    const placed = (subject: string) => recordOf(subjects.eventStem, subject, 5, 6, readHeaders(undefined), '{}');
    expect(placed('chat.ev.11.direct:1:2.chat')).toEqual({
      seq: 5,
      partition: 11,
      room: 'direct:1:2',
      kind: 'chat',
      id: '',
      type: '',
      version: 0,
      body: '{}',
      at: 6,
    });
    expect(placed('chat.ev.1.a.b.msg')).toMatchObject({ partition: 1, room: null, kind: 'msg' });
    for (const subject of ['chat.ev.11', 'chat.ev.11.msg', 'other.ev.1.global.msg', 'xchat.ev.1.global.msg']) {
      expect(placed(subject)).toMatchObject({ partition: -1, room: null });
    }
  });

  it('is read as it was written, by its headers and its body', () => {
    const event = message(clanRoom('3'), 'hi');
    const { record, text } = stored(event);
    expect(record).toMatchObject({ id: event.id, type: 'MessageCreated', version: 2 });
    expect(decodeRecord(record)).toEqual({ ...event, seq: 5 });
    expect(text).toBe(
      `NATS/1.0\r\nNats-Msg-Id: clan:3/${event.id}\r\nParley-Type: MessageCreated\r\nParley-Version: 2\r\n\r\n`,
    );
    expect(stored(event, 0).text).toContain('\r\nNats-Expected-Last-Subject-Sequence: 0\r\n\r\n');
    expect(stored(event, 12).text).toContain('\r\nNats-Expected-Last-Subject-Sequence: 12\r\n\r\n');
  });

  it('without a room is unreadable', () => {
    const { record } = stored(message(clanRoom('3'), 'hi'));
    expect(() => decodeRecord({ ...record, room: null })).toThrow(new UnreadableEvent('its subject names no room'));
  });

  it('of somebody else’s making is read as far as it says something', () => {
    const foreign = headers();
    foreign.append('Nats-Msg-Id', 'no slash');
    foreign.append('Parley-Version', 'one');
    foreign.append('Parley', 'no');
    const record = recordOf(subjects.eventStem, 'chat.ev.1.global.msg', 5, 6, readHeaders(foreign), '');
    expect(record).toMatchObject({ id: 'no slash', type: '', version: 0 });
    const more = headers();
    more.append('Parley-Version', '2');
    more.append('Their-Version', '7');
    expect(recordOf(subjects.eventStem, 'chat.ev.1.global.msg', 5, 6, readHeaders(more), '')).toMatchObject({
      version: 2,
    });
  });

  it('has an id that cannot break out of its header', () => {
    for (const id of ['msg.a\r\nX: 1', 'msg a', 'ä', '']) {
      const event = { ...message(clanRoom('3'), 'hi'), id };
      expect(() => eventHeaders(event, { stored: encodeEvent(event), keyId: null })).toThrow(`not an event id: ${id}`);
    }
  });
});

describe('what the log knows of people and chats', () => {
  const at = '2026-01-02T03:04:05.678Z';
  const fact = { room: userRoom('7'), at, userId: '7' };
  const key = nextKey();
  const opened: DomainEvent = {
    ...{ type: 'ChatCreated', room: directRoom('7', '8'), id: `chat.${key}`, at, by: '7', users: ['7', '8'] },
  };

  it('is the last event of its kind', async () => {
    const log = new MemoryLogServer().connect();
    const people = new People(log);
    expect([await people.membership('7'), await people.profile('7')]).toEqual([null, null]);
    expect(await people.sanctions('7')).toEqual([]);
    await log.append({ ...fact, type: 'MemberJoined', id: `member.${nextKey()}`, clanId: '3', leftClanId: null });
    await log.append({ ...fact, type: 'ProfileChanged', id: `profile.${nextKey()}`, name: 'Ada', avatar: null });
    expect([await people.membership('7'), await people.profile('7')]).toEqual([
      { clanId: '3' },
      { name: 'Ada', avatar: null },
    ]);
  });

  it('is a chat only where a chat was created, which is asked for once', async () => {
    const server = new MemoryLogServer();
    const log = server.connect();
    await log.append(message(clanRoom('3'), 'no chat'));
    await log.append(opened);
    server.store({ room: GLOBAL_ROOM, kind: 'chat', id: '', type: '', version: 0, body: 'not JSON' });
    const chats = new DirectChats(log);
    expect(await chats.byId(2)).toEqual({ ...opened, seq: 2 });
    for (const none of [0, 1, 3, 4]) expect(await chats.byId(none)).toBeNull();
    for (const userId of opened.users) expect(await chats.ofPerson(userId, 2)).toEqual({ ...opened, seq: 2 });
    expect([await chats.ofPerson('77', 2), await chats.ofPerson('7', 1)]).toEqual([null, null]);
    log.connection.lose();
    expect(await chats.byId(2)).toEqual({ ...opened, seq: 2 });
    await expect(chats.byId(1)).rejects.toThrow(LogUnavailable);
  });
});

it('what fails with the log may be tried again', () => {
  for (const error of [new LogUnavailable('away'), new OutcomeUnknown('?')])
    expect(error).toBeInstanceOf(RetryableError);
});
