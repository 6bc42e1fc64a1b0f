import { describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom, type RecordedEvent } from '#domain';
import type { Command, Evidence, History, Told } from '../src/chaos/evidence.js';
import {
  everythingEnds,
  holds,
  invariants,
  nothingAckedIsLost,
  nothingBegunAnew,
  oncePerCommand,
  oneOrder,
  unreadCounts,
} from '../src/chaos/invariants.js';

// What the chaos run checks by: each invariant finds what violates it, and nothing in what holds.

const clan = clanRoom('3');
const chat = directRoom('1', '2');
const at = '2026-01-02T03:04:05.678Z';

const command = (n: number, changes: Partial<Command> = {}): Command => ({
  ...{ commandId: `c${n}`, userId: '1', kind: 'message', room: clan, content: `said c${n}`, knownN: 0 },
  ...{ ackedAs: `m${n}`, refused: null },
  ...changes,
});
const posted = (n: number, room = clan, userId = '1'): RecordedEvent => ({
  ...{ type: 'MessageCreated', room, id: `msg.m${n}`, at, messageId: `m${n}`, content: `said c${n}`, seq: n },
  sender: { id: userId, name: userId, avatar: null },
});
const seen = (n: number, userId = '2'): RecordedEvent => ({
  ...{ type: 'MessagesSeen', room: chat, id: 'seen.1', at, userId, n, seq: 100 + n },
});
const message = (n: number, id = `m${n}`): Told => ({ what: 'message', room: clan, n, id });
const reset = (...ns: number[]): Told => ({ what: 'reset', room: clan, messages: ns.map((n) => ({ n, id: `m${n}` })) });
const history = (told: Told[], commands: Command[] = []): History => ({ client: 'ada', told, commands });

/** Three messages, said by one and told to another, who came after the first. */
const whole = (changes: Partial<Evidence> = {}): Evidence => ({
  histories: [
    history(
      [reset(1), message(2), message(3)],
      [1, 2, 3].map((n) => command(n)),
    ),
  ],
  events: [posted(1), posted(2), posted(3)],
  rooms: new Map([[clan, [1, 2, 3].map((n) => ({ n, id: `m${n}`, content: `said c${n}` }))]]),
  chats: [],
  repeated: [{ command: command(1), ackedAs: 'm1' }],
  ...changes,
});
const told = (...all: Told[]): Evidence =>
  whole({
    histories: [
      history(
        all,
        [1, 2, 3].map((n) => command(n)),
      ),
    ],
  });
const given = (...commands: Command[]): Evidence => whole({ histories: [history([reset(1, 2, 3)], commands)] });
const violations = (check: (evidence: Evidence) => { violations: readonly string[] }, evidence: Evidence) =>
  check(evidence).violations;

describe('the invariants', () => {
  it('hold where everything is as it must be', () => {
    const { rooms } = whole();
    const withChat = whole({
      rooms: new Map([...rooms, [chat, []]]),
      chats: ['1', '2'].map((userId) => ({ room: chat, userId, unread: 0 })),
    });
    expect(invariants.map((check) => check(withChat).violations)).toEqual(invariants.map(() => []));
    expect(invariants.map((check) => holds(check(withChat)))).toEqual(invariants.map(() => true));
    const nothing = { histories: [], events: [], rooms: new Map(), chats: [], repeated: [] };
    expect(invariants.map((check) => holds(check(nothing)))).toEqual(invariants.map(() => false));
    expect(invariants.map((check) => check(whole()).name)).toEqual(['I1', 'I2', 'I3', 'I5', 'I6', 'I10']);
  });

  it('I1 finds what was acknowledged and is not there', () => {
    expect(violations(nothingAckedIsLost, whole({ events: [posted(1), posted(2)] }))).toEqual([
      'message c3 of 1 in clan:3',
    ]);
    const { rooms } = whole();
    const shorter = new Map([[clan, rooms.get(clan)!.slice(0, 2)]]);
    expect(violations(nothingAckedIsLost, whole({ rooms: shorter }))).toHaveLength(1);
    expect(violations(nothingAckedIsLost, given(command(4, { kind: 'reaction', content: null })))).toHaveLength(1);
    const marked = command(5, { kind: 'seen', room: chat, userId: '2', content: null, ackedAs: '', knownN: 2 });
    expect(violations(nothingAckedIsLost, { ...given(marked), events: [seen(1)] })).toHaveLength(1);
    expect(violations(nothingAckedIsLost, { ...given(marked), events: [seen(2)] })).toEqual([]);
    expect(violations(nothingAckedIsLost, given(command(9, { ackedAs: null })))).toEqual([]);
  });

  it('I2 finds a command that made two messages, a message of nobody’s, and one that was told twice', () => {
    const twice = new Map([[clan, [1, 2].map((n) => ({ n, id: `m${n}`, content: 'said c1' }))]]);
    expect(violations(oncePerCommand, whole({ rooms: twice }))).toEqual(['said c1 is message 1 and 2 of clan:3']);
    expect(violations(oncePerCommand, given(command(1), command(2)))).toEqual([
      'nobody said said c3, message 3 of clan:3',
    ]);
    expect(violations(oncePerCommand, told(reset(1), message(2), message(2), message(3)))).toHaveLength(1);
    expect(violations(oncePerCommand, told(reset(1, 2), message(2), message(3)))).toHaveLength(1);
    expect(violations(oncePerCommand, told(message(2), reset(1), message(2), message(3)))).toEqual([]);
  });

  it('I3 finds a hole, another order, another message, and an end that is missing', () => {
    expect(violations(oneOrder, told(reset(1), message(3)))).toEqual(['ada in clan:3: message 3 came after 1']);
    expect(violations(oneOrder, told(reset(), message(2), message(1), message(3)))).toHaveLength(2);
    expect(violations(oneOrder, told(reset(1), message(2, 'another'), message(3)))).toEqual([
      'ada in clan:3: message 2 is another, and m2 in the read model',
    ]);
    expect(violations(oneOrder, told(reset(1), message(2)))).toEqual(['ada in clan:3: told up to 2 of 3']);
    expect(violations(oneOrder, whole({ events: [posted(2), posted(1), posted(3)] }))).toEqual([
      'clan:3 is in another order than in the log',
    ]);
  });

  it('I5 finds a count that is not what the log says', () => {
    const events = [posted(1, chat), posted(2, chat), posted(2, chat), posted(3, chat, '2'), seen(1)];
    const chats = (unread: number) =>
      whole({
        ...{ events, rooms: new Map([[chat, []]]) },
        chats: [
          { room: chat, userId: '1', unread: 1 },
          { room: chat, userId: '2', unread },
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
    expect(violations(everythingEnds, whole({ repeated: [{ command: command(1), ackedAs: 'm9' }] }))).toHaveLength(1);
  });
});
