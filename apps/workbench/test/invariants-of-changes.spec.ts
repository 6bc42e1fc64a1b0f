import { describe, expect, it } from '@jest/globals';
import { ERASED_NAME, PARTITIONS } from '#domain';
import type { Evidence, LoggedEvent } from '../src/chaos/evidence.js';
import { everythingEnds, nothingAckedIsLost } from '../src/chaos/invariants/acknowledged.js';
import { hiddenFromWhoBlocks, unreadCounts } from '../src/chaos/invariants/chats.js';
import { holds } from '../src/chaos/invariants/finding.js';
import { knownAsShown, shownAsLogged } from '../src/chaos/invariants/shown.js';
import {
  blocked,
  change,
  chat,
  clan,
  command,
  deleted,
  edited,
  erased,
  history,
  idOf,
  message,
  muted,
  order,
  posted,
  reset,
  shown,
  stored,
  unblocked,
  unmuted,
  violations,
  whole,
} from './chaos-evidence.js';

// The invariants where messages are edited and deleted, and people blocked, muted and erased.

const given = (...commands: Parameters<typeof history>[1] & object): Evidence =>
  whole({ histories: [history([reset(1, 2, 3)], commands)] });

describe('I1, of changes', () => {
  it('finds an edit, a deletion, a block and its end that are not in the log', () => {
    const lost = (kind: 'edit' | 'delete' | 'block' | 'unblock', event: LoggedEvent) => {
      const room = kind.endsWith('block') ? chat : clan;
      const evidence = given(
        command(7, { kind, room, userId: room === chat ? '2' : '1', target: idOf(1), ackedAs: '' }),
      );
      expect(violations(nothingAckedIsLost, evidence)).toHaveLength(1);
      expect(violations(nothingAckedIsLost, { ...evidence, events: [...evidence.events, event] })).toEqual([]);
    };
    lost('edit', edited(7, idOf(1), 7));
    lost('delete', deleted(7, idOf(1), 7));
    lost('block', blocked(7, 7, '2'));
    lost('unblock', unblocked(7, 7));
  });

  it('finds a mute, its end and an erasure that are not in the log', () => {
    const mute = whole({ orders: [order('mute', 5)] });
    expect(violations(nothingAckedIsLost, mute)).toEqual(['mute of 1 in clan:3']);
    expect(violations(nothingAckedIsLost, { ...mute, events: [...mute.events, muted(5, 60)] })).toEqual([]);
    expect(violations(nothingAckedIsLost, { ...mute, events: [...mute.events, muted(5, 61)] })).toHaveLength(1);
    const unmute = whole({ orders: [order('unmute', 5)] });
    expect(violations(nothingAckedIsLost, unmute)).toEqual(['unmute of 1 in clan:3']);
    expect(violations(nothingAckedIsLost, { ...unmute, events: [...unmute.events, unmuted(5)] })).toEqual([]);
    expect(violations(nothingAckedIsLost, { ...unmute, events: [...unmute.events, unmuted(4)] })).toHaveLength(1);
    const isOver = whole({ orders: [order('unmute', 60)] });
    expect(violations(nothingAckedIsLost, isOver)).toEqual([]);
    const erase = whole({ orders: [order('erase', 5)] });
    expect(violations(nothingAckedIsLost, erase)).toEqual(['erase of 1']);
    expect(violations(nothingAckedIsLost, { ...erase, events: [...erase.events, ...erased(5)] })).toEqual([]);
    const half = erased(5, '1.key', PARTITIONS - 1);
    expect(violations(nothingAckedIsLost, { ...erase, events: [...erase.events, ...half] })).toHaveLength(1);
    const before = [...erased(3), ...erase.events];
    expect(violations(nothingAckedIsLost, { ...erase, events: before })).toHaveLength(1);
  });

  it('I10 finds an order without an end, and lets a mute be refused that is over', () => {
    const refused = { isAcked: false, refused: '400' };
    expect(violations(everythingEnds, whole({ orders: [order('mute', 5, { isAcked: false })] }))).toEqual([
      'mute of 1 in clan:3 has no end',
    ]);
    expect(violations(everythingEnds, whole({ orders: [order('mute', 5, refused)] }))).toHaveLength(1);
    expect(violations(everythingEnds, whole({ orders: [order('mute', 60, refused)] }))).toEqual([]);
    expect(
      violations(everythingEnds, whole({ orders: [order('erase', 5, { isAcked: false, refused: 'no answer' })] })),
    ).toEqual(['erase of 1 was refused: no answer']);
  });
});

describe('I5 and I7, of blocks', () => {
  const events = [posted(1, chat), blocked(2, 2, '2'), posted(3, chat), unblocked(4, 4), posted(5, chat)];
  const commands = [1, 3, 5].map((n) => command(n, { room: chat }));
  const unread = (count: number, isBlocked = false) =>
    whole({
      ...{ events, rooms: new Map([[chat, []]]) },
      chats: [
        { room: chat, userId: '1', unread: 0, isBlocked: false },
        { room: chat, userId: '2', unread: count, isBlocked },
      ],
    });
  const sender = history([], commands);
  const blocker = (text: string) =>
    history([{ what: 'message', room: chat, message: shown(3, { text }, chat) }], [], { client: 'bob', userId: '2' });

  it('counts what is said behind a block for nothing, and finds a block that the list does not show', () => {
    expect(violations(unreadCounts, unread(2))).toEqual([]);
    expect(violations(unreadCounts, unread(3))).toHaveLength(1);
    expect(violations(unreadCounts, unread(2, true))).toEqual([
      '2 does not block direct:1:2, and the list says otherwise',
    ]);
  });

  it('finds a text that was told to who blocks its sender, by whatever way', () => {
    const of = (...histories: Evidence['histories']) => violations(hiddenFromWhoBlocks, whole({ events, histories }));
    expect(of(sender, blocker(''))).toEqual([]);
    expect(of(sender, blocker('said c3'))).toEqual(['bob was told said c3, whose sender they block']);
    expect(of(sender, { ...blocker(''), listed: new Set(['said c3']) })).toHaveLength(1);
    expect(of(sender, { ...blocker(''), told: [{ what: 'reset', room: chat, messages: [shown(3)] }] })).toHaveLength(1);
    expect(of(sender, { ...blocker('said c3'), userId: '1' })).toEqual([]);
    expect(of(sender, blocker('said c1'))).toEqual([]);
    expect(of(sender, blocker('said c5'))).toEqual([]);
    expect(holds(hiddenFromWhoBlocks(whole({ events, histories: [sender] })))).toBe(true);
    expect(holds(hiddenFromWhoBlocks(whole({ events: [posted(1, chat)], histories: [sender] })))).toBe(false);
  });

  it('finds one that was edited behind the block, and stays hidden', () => {
    const later = [posted(1, chat), blocked(2, 2, '2'), edited(3, idOf(1, chat), 3, chat)];
    const edits = history([], [command(1, { room: chat }), command(3, { room: chat, kind: 'edit' })]);
    const of = (text: string) =>
      violations(hiddenFromWhoBlocks, whole({ events: later, histories: [edits, blocker(text)] }));
    expect(of('said c3')).toHaveLength(1);
    expect(of('said c1')).toEqual([]);
  });
});

describe('I11 and I12, of what is shown', () => {
  const events = [
    posted(1),
    posted(2),
    posted(3),
    edited(4, idOf(1), 4),
    edited(5, idOf(1), 5),
    deleted(6, idOf(2), 6),
  ];
  const now = [shown(1, { text: 'said c5' }), shown(2, { text: '', isDeleted: true }), shown(3)];
  const changed = (changes: Partial<Evidence> = {}) =>
    whole({
      events,
      rooms: new Map([[clan, now.map((each) => stored(each.n, each))]]),
      listed: [{ room: clan, userId: null, messages: now }],
      histories: [history([reset(1), message(2), message(3), change(1, now[0]), change(2, now[1])])],
      ...changes,
    });
  const readModel = (n: number, changes: Parameters<typeof stored>[1]) =>
    changed({ rooms: new Map([[clan, now.map((each) => stored(each.n, { ...each, ...(each.n === n && changes) }))]]) });
  const over = (messages: typeof now, userId: string | null = null) =>
    changed({ listed: [{ room: clan, userId, messages }] });

  it('hold where the last edit is shown, and what was deleted is not', () => {
    expect(shownAsLogged(changed())).toMatchObject({ count: 2, violations: [] });
    expect(knownAsShown(changed())).toMatchObject({ count: 2, violations: [] });
    expect([shownAsLogged, knownAsShown].map((check) => holds(check(whole())))).toEqual([false, false]);
  });

  it('I11 finds an older edit, a deletion that is not shown, and a message that is missing', () => {
    expect(violations(shownAsLogged, readModel(1, { text: 'said c4' }))).toEqual([
      'message 1 of clan:3 is "said c4", by the log "said c5"',
    ]);
    expect(violations(shownAsLogged, readModel(2, { isDeleted: false }))).toHaveLength(1);
    expect(violations(shownAsLogged, readModel(2, { text: 'said c2' }))).toHaveLength(1);
    expect(violations(shownAsLogged, readModel(3, { hiddenFrom: '2' }))).toHaveLength(1);
    expect(violations(shownAsLogged, readModel(3, { senderName: ERASED_NAME }))).toHaveLength(1);
    expect(violations(shownAsLogged, readModel(3, { id: 'another' }))).toHaveLength(1);
    expect(violations(shownAsLogged, over([now[0]!, shown(2), now[2]!]))).toEqual([
      'everybody is shown "said c2" as message 2 of clan:3, not deleted',
    ]);
    expect(violations(shownAsLogged, over(now.slice(0, 2), '7'))).toEqual([
      '7 is shown 2 of 3 messages of clan:3',
      '7 is shown nothing as message 3 of clan:3, not "said c3"',
    ]);
    expect(violations(shownAsLogged, { ...changed(), events: events.filter(({ seq }) => seq !== 3) })).toContain(
      'message 3 of clan:3 is not in the log',
    );
  });

  it('I11 finds what is hidden and shown, and what is not and hidden', () => {
    const of = (hiddenFrom: string | null, text: string) =>
      violations(
        shownAsLogged,
        whole({
          events: [blocked(1, 9, '2'), posted(2, chat)],
          rooms: new Map([[chat, [stored(2, { n: 1, hiddenFrom }, chat)]]]),
          listed: [
            { room: chat, userId: '1', messages: [shown(2, { n: 1 }, chat)] },
            { room: chat, userId: '2', messages: [shown(2, { n: 1, text, isDeleted: text === '' }, chat)] },
          ],
        }),
      );
    expect(of('2', '')).toEqual([]);
    expect(of('2', 'said c2')).toHaveLength(1);
    expect(of(null, '')).toHaveLength(1);
  });

  it('I11 finds a text and a name of somebody who was erased, also where their key came too late', () => {
    const of = (late: LoggedEvent, changes: Parameters<typeof stored>[1]) =>
      violations(
        shownAsLogged,
        whole({
          ...{ events: [posted(1), ...erased(2), late], listed: [] },
          rooms: new Map([
            [
              clan,
              [
                stored(1, { text: '', senderName: ERASED_NAME }),
                stored(3, { n: 2, text: '', senderName: ERASED_NAME, ...changes }),
              ],
            ],
          ]),
        }),
      );
    const withOldKey = posted(3, clan, '1', { sealedWith: '1.key' });
    expect(of(withOldKey, {})).toEqual([]);
    expect(of(withOldKey, { text: 'said c3' })).toHaveLength(1);
    expect(of(withOldKey, { senderName: 'Name of 1' })).toHaveLength(1);
    const withNewKey = posted(3, clan, '1', { sealedWith: '1.another' });
    expect(of(withNewKey, { text: 'said c3', senderName: 'Name of 1' })).toEqual([]);
    expect(of(withNewKey, {})).toHaveLength(2);
  });

  it('I12 finds a client that knows something else than is shown', () => {
    const of = (...told: Parameters<typeof history>[0]) =>
      violations(knownAsShown, changed({ histories: [history(told)] }));
    expect(of(reset(1), message(2), message(3), change(2, now[1]))).toEqual([
      'ada knows message 1 of clan:3 as "said c1", the history as "said c5"',
    ]);
    expect(of(reset(3), change(2))).toHaveLength(1);
    expect(of(reset(3), message(4))).toEqual(['ada knows message 4 of clan:3 as "said c4", the history as nothing']);
    expect(of(change(1), { what: 'reset', room: clan, messages: now })).toEqual([]);
  });
});
