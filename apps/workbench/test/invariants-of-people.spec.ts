import { describe, expect, it } from '@jest/globals';
import { ERASED_NAME, partitionOf, partitionRoom } from '#domain';
import type { Evidence, LoggedEvent } from '../src/chaos/evidence.js';
import { holds } from '../src/chaos/invariants/finding.js';
import { erasedTexts, mutedAreNotHeard, nothingOfTheErased } from '../src/chaos/invariants/moderated.js';
import {
  chat,
  clan,
  command,
  deleted,
  edited,
  erased,
  history,
  idOf,
  logged,
  muted,
  order,
  posted,
  stored,
  unmuted,
  whole,
  violations,
} from './chaos-evidence.js';

// The invariants about people: who was erased, and who is muted.

describe('I13, of erasures', () => {
  const events = [
    posted(1),
    logged(2, clan, 'react.1', { type: 'ReactionAdded', messageId: idOf(1), userId: '1', emoji: '👍' }),
    ...erased(3),
    posted(4),
  ];
  const room = (userName: string) =>
    new Map([[clan, [stored(1, { text: '', reactions: [{ userId: '1', userName }] }), stored(4, { n: 2 })]]]);
  const after = (changes: Partial<Evidence> = {}) =>
    whole({ events, rooms: room(ERASED_NAME), histories: [history([], [command(1), command(4)])], ...changes });

  it('finds a text, a name, and an erasure that is not carried out', () => {
    expect(nothingOfTheErased(after())).toMatchObject({ count: 1, violations: [] });
    expect(holds(nothingOfTheErased(whole()))).toBe(false);
    expect(violations(nothingOfTheErased, after({ traces: ['timeline-1 messages clan:3:1: said c1'] }))).toHaveLength(
      1,
    );
    expect(violations(nothingOfTheErased, after({ unfinished: ['1'] }))).toHaveLength(1);
    expect(violations(nothingOfTheErased, after({ rooms: room('Name of 1') }))).toEqual([
      'Name of 1, who was erased, is named at message 1 of clan:3',
    ]);
    const again = logged(5, clan, 'react.2', { type: 'ReactionAdded', messageId: idOf(1), userId: '1', emoji: '🎉' });
    expect(violations(nothingOfTheErased, after({ events: [...events, again], rooms: room('Name of 1') }))).toEqual([]);
  });

  it('looks for the texts from before it, and for those of nobody else', () => {
    expect(erasedTexts(after())).toEqual(['said c1']);
    const elsewhere = events.filter(({ room: of }) => of !== partitionRoom(partitionOf(clan)));
    expect(erasedTexts(after({ events: elsewhere }))).toEqual([]);
    const sealed = [posted(1), ...erased(3), posted(4, clan, '1', { sealedWith: '1.key' })];
    expect(erasedTexts(after({ events: sealed }))).toEqual(['said c1', 'said c4']);
  });
});

describe('I14, of mutes', () => {
  const orders = [order('mute', 1), order('unmute', 30)];
  const refused = command(20, { ackedAs: null, refused: 'muted' });
  const of = (events: LoggedEvent[], commands = [refused], asked = orders) =>
    mutedAreNotHeard(whole({ events, orders: asked, histories: [history([], commands)] }));

  it('finds what was said by who is muted, after everybody has heard of it', () => {
    const mute = [muted(1, 60), unmuted(30)];
    expect(of(mute)).toMatchObject({ count: 1, violations: [] });
    expect(of([...mute, posted(20)]).violations).toEqual([`1 was muted in clan:3, and msg.${idOf(20)} is in the log`]);
    expect(of([...mute, edited(20, idOf(1), 20)]).violations).toHaveLength(1);
    expect(of([...mute, deleted(20, idOf(1), 20)]).violations).toEqual([]);
    expect(of([...mute, posted(20, chat), posted(20, clan, '2'), posted(5), posted(31)]).violations).toEqual([]);
    expect(of([muted(1, 60), posted(59), posted(61)]).violations).toHaveLength(1);
    // Nobody was told that it holds.
    expect(of([...mute, posted(20)], [refused], []).violations).toEqual([]);
  });

  it('finds what was refused of who is not muted', () => {
    expect(of([]).violations).toEqual(['message c20 of 1 in clan:3 was refused, and not muted']);
    const at = (n: number) => of([muted(10, 60), unmuted(30)], [command(n, { ackedAs: null, refused: 'muted' })]);
    expect(at(9).violations).toHaveLength(1);
    expect(at(34).violations).toEqual([]);
    expect(at(36).violations).toHaveLength(1);
    expect(holds(of([muted(1, 60)], []))).toBe(false);
  });
});
