import { describe, expect, it } from '@jest/globals';
import { type Evidence } from '../src/chaos/evidence.js';
import { invariants } from '../src/chaos/invariants/all.js';
import { everythingEnds, nothingAckedIsLost } from '../src/chaos/invariants/acknowledged.js';
import { unreadCounts } from '../src/chaos/invariants/chats.js';
import { holds } from '../src/chaos/invariants/finding.js';
import { foldOfTheLog } from '../src/chaos/invariants/shown.js';
import { nothingBegunAnew, oncePerCommand, oneOrder } from '../src/chaos/invariants/told.js';
import {
  change,
  chat,
  clan,
  command,
  deleted,
  history,
  idOf,
  message,
  posted,
  reset,
  seen,
  stored,
  violations,
  whole,
} from './chaos-evidence.js';

// What the chaos run checks by: each invariant finds what violates it, and nothing in what holds.

const told = (...all: Parameters<typeof history>[0]): Evidence =>
  whole({
    histories: [
      history(
        all,
        [1, 2, 3].map((n) => command(n)),
      ),
    ],
  });
const given = (...commands: Parameters<typeof history>[1] & object): Evidence =>
  whole({ histories: [history([reset(1, 2, 3)], commands)] });

describe('the invariants', () => {
  it('have a name each, and know nothing of nothing', () => {
    const nothing: Evidence = {
      ...{ histories: [], orders: [], events: [], rooms: new Map(), chats: [], listed: [] },
      ...{ verified: [], repeated: [], traces: [], unfinished: [] },
    };
    expect(invariants.map((check) => holds(check(nothing)))).toEqual(invariants.map(() => false));
    expect(invariants.map((check) => check(whole()).violations)).toEqual(invariants.map(() => []));
    expect(invariants.map((check) => check(whole()).name).join(' ')).toBe('I1 I2 I3 I4 I5 I6 I7 I10 I11 I12 I13 I14');
  });

  it('I1 finds what was acknowledged and is not there', () => {
    expect(violations(nothingAckedIsLost, whole({ events: [posted(1), posted(2)] }))).toEqual([
      'message c3 of 1 in clan:3',
    ]);
    const shorter = new Map([[clan, [stored(1), stored(2)]]]);
    expect(violations(nothingAckedIsLost, whole({ rooms: shorter }))).toHaveLength(1);
    expect(violations(nothingAckedIsLost, given(command(1, { ackedAs: idOf(2) })))).toHaveLength(1);
    expect(violations(nothingAckedIsLost, given(command(4, { kind: 'reaction', target: idOf(1) })))).toHaveLength(1);
    const marked = command(5, { kind: 'seen', room: chat, userId: '2', ackedAs: '', knownN: 2 });
    expect(violations(nothingAckedIsLost, { ...given(marked), events: [seen(1)] })).toHaveLength(1);
    expect(violations(nothingAckedIsLost, { ...given(marked), events: [seen(2)] })).toEqual([]);
    expect(violations(nothingAckedIsLost, given(command(9, { ackedAs: null })))).toEqual([]);
  });

  it('I2 finds a command that made two messages, a message of nobody’s, and one that was told twice', () => {
    const twice = new Map([[clan, [stored(1), stored(2, { text: 'said c1' })]]]);
    expect(violations(oncePerCommand, whole({ rooms: twice }))).toEqual(['said c1 is message 1 and 2 of clan:3']);
    expect(violations(oncePerCommand, given(command(1), command(2)))).toEqual([
      'nobody said said c3, message 3 of clan:3',
    ]);
    expect(violations(oncePerCommand, told(reset(1), message(2), message(2), message(3)))).toHaveLength(1);
    expect(violations(oncePerCommand, told(reset(1, 2), message(2), message(3)))).toHaveLength(1);
    expect(violations(oncePerCommand, told(message(2), reset(1), message(2), message(3)))).toEqual([]);
    expect(violations(oncePerCommand, told(reset(1), change(2), message(2), message(3)))).toHaveLength(1);
    expect(violations(oncePerCommand, told(reset(1), message(2), change(2), message(3)))).toEqual([]);
    const silent = new Map([[clan, [stored(1, { text: '' }), stored(2, { text: '' })]]]);
    expect(violations(oncePerCommand, whole({ rooms: silent }))).toEqual([]);
  });

  it('I3 finds a hole, another order, another message, and an end that is missing', () => {
    expect(violations(oneOrder, told(reset(1), message(3)))).toEqual(['ada in clan:3: message 3 came after 1']);
    expect(violations(oneOrder, told(reset(), message(2), message(1), message(3)))).toHaveLength(2);
    expect(violations(oneOrder, told(reset(1), message(2, { id: 'another' }), message(3)))).toEqual([
      `ada in clan:3: message 2 is another, and ${idOf(2)} in the read model`,
    ]);
    expect(violations(oneOrder, told(reset(1), message(2)))).toEqual(['ada in clan:3: told up to 2 of 3']);
    expect(violations(oneOrder, whole({ events: [posted(2), posted(1), posted(3)] }))).toEqual([
      'clan:3 is in another order than in the log',
    ]);
  });

  it('I3 takes a change of what was not told before for its place, and of what was for none', () => {
    expect(violations(oneOrder, told(reset(1), change(2), change(1), message(3), change(2)))).toEqual([]);
    expect(violations(oneOrder, told(reset(1), message(2), change(3)))).toEqual([]);
    expect(violations(oneOrder, told(reset(1), change(3)))).toEqual(['ada in clan:3: message 3 came after 1']);
    expect(violations(oneOrder, told(change(2), message(3)))).toEqual([]);
  });

  it('I4 finds what verify finds', () => {
    const differences = ['outdated messages clan:3:1'];
    const verified = [{ projection: 'timeline-1', documents: 3, differences }];
    expect(violations(foldOfTheLog, whole({ verified }))).toEqual(['timeline-1: outdated messages clan:3:1']);
    expect(holds(foldOfTheLog(whole()))).toBe(true);
  });

  it('I5 finds a count that is not what the log says', () => {
    const events = [posted(1, chat), posted(2, chat), posted(2, chat), posted(3, chat, '2'), seen(1)];
    const chats = (unread: number) =>
      whole({
        ...{ events, rooms: new Map([[chat, []]]) },
        chats: [
          { room: chat, userId: '1', unread: 1, isBlocked: false },
          { room: chat, userId: '2', unread, isBlocked: false },
        ],
      });
    expect(violations(unreadCounts, chats(1))).toEqual([]);
    expect(violations(unreadCounts, chats(2))).toEqual(['2 has 2 unread in direct:1:2, and 1 by the log']);
    expect(violations(unreadCounts, { ...chats(1), chats: [] })).toHaveLength(2);
  });

  it('I6 finds a room that was begun anew', () => {
    expect(violations(nothingBegunAnew, told(reset(1), message(2), reset(1, 2, 3)))).toHaveLength(1);
  });

  it('I10 finds what was refused, has no end, or is another message the second time', () => {
    expect(violations(everythingEnds, given(command(1, { ackedAs: null })))).toEqual([
      'message c1 of 1 in clan:3 has no end',
    ]);
    expect(violations(everythingEnds, given(command(1, { refused: 'no' })))).toHaveLength(1);
    expect(violations(everythingEnds, given(command(4, { refused: 'muted' })))).toEqual([]);
    expect(violations(everythingEnds, given(command(1, { refused: 'muted' })))).toEqual([
      'message c1 of 1 in clan:3 was refused: muted, and is in the log',
    ]);
    expect(violations(everythingEnds, whole({ repeated: [{ command: command(1), ackedAs: 'm9' }] }))).toHaveLength(1);
    const late = given(command(4, { kind: 'edit', target: idOf(1), ackedAs: null, refused: 'deleted' }));
    expect(violations(everythingEnds, late)).toEqual(['edit c4 of 1 in clan:3 was refused: deleted']);
    expect(violations(everythingEnds, { ...late, events: [posted(1), deleted(2, idOf(1), 9)] })).toEqual([]);
  });
});
