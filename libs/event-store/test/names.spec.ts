import { describe, expect, it } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM, partitionOf, userRoom } from '#domain';
import { recordOf } from '../src/log-record.js';
import { RecentlyUsed } from '../src/recently-used.js';
import { Subjects } from '../src/subjects.js';

const subjects = new Subjects('chat');

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
    expect(() => new Subjects('a.b')).toThrow(RangeError);
    expect(() => new Subjects('')).toThrow(RangeError);
  });
});

describe('a record', () => {
  it('is placed by its subject alone', () => {
    const placed = (subject: string) => recordOf(subjects.eventStem, subject, 5, 6, undefined, '{}');
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
    for (const subject of ['chat.ev.11', 'chat.ev.11.msg', 'other.ev.1.global.msg', 'chat.ev.1.a.b.msg']) {
      expect(placed(subject).room).toBeNull();
    }
  });
});

describe('what was used recently', () => {
  it('is kept, the rest is let go', () => {
    const kept = new RecentlyUsed<number, string>(3);
    for (const key of [1, 2, 3]) kept.set(key, String(key));
    kept.get(1);
    kept.set(4, '4');
    expect([1, 2, 3, 4].map((key) => kept.get(key))).toEqual(['1', undefined, '3', '4']);
    expect(kept.size).toBe(3);
  });
});
