import { describe, expect, it } from '@jest/globals';
import { type DomainEvent, GLOBAL_ROOM } from '#domain';
import { decodeRecord, type LogRecord } from '#event-store';
import type { MessageDocument } from '../src/index.js';
import { Texts } from '../src/room-then/texts-then.js';
import { edited, key, posted, reacted, recorded } from './folded-timeline.js';

/** What is taken is of events as they are read, and of records that say why a text is not there. */
function taken(events: readonly DomainEvent[], gone: readonly Partial<LogRecord>[] = [], texts = Texts.ofNothing()) {
  for (const [i, record] of recorded(events).entries()) texts.take(decodeRecord(record), { ...record, ...gone[i] });
  return texts;
}
const stored = [{ messageId: key('one'), n: 1 }] as MessageDocument[];
const said = posted(GLOBAL_ROOM, 'one');
const sealed = { texts: null };

describe('the texts of a room', () => {
  it('are what a message said first, also where it is stored again', () => {
    const texts = taken([said, { ...said, content: 'again' } as DomainEvent, edited(GLOBAL_ROOM, 'one', 'two')]);
    expect(texts.saidSeq(key('one'))).toBe(1);
    expect(texts.changesOf(stored)).toMatchObject([{ before: 'one', after: 'two' }]);
    expect(taken([said, said], [sealed]).goneOf(key('one'))).toBe('sealed');
  });

  it('are there again after a change that can be read', () => {
    const texts = taken([said, edited(GLOBAL_ROOM, 'one', 'two')], [sealed]);
    expect(texts.goneOf(key('one'))).toBeNull();
    expect(texts.changesOf(stored)).toMatchObject([{ before: null, after: 'two' }]);
    const react = reacted(GLOBAL_ROOM, 'one', '2', '👍');
    expect(taken([react, react], [{ erased: true }]).goneOfReaction(key('one'), '2')).toBeNull();
  });

  it('do not change once they were taken back', () => {
    const texts = taken([said, edited(GLOBAL_ROOM, 'one', null), edited(GLOBAL_ROOM, 'one', 'two')], [{}, {}, sealed]);
    expect(texts.changesOf(stored)).toMatchObject([{ type: 'deleted', before: 'one', after: null }]);
    expect(texts.goneOf(key('one'))).toBeNull();
  });

  it('of a moment stay as they were', () => {
    const texts = taken([said]);
    const then = texts.copy();
    taken([edited(GLOBAL_ROOM, 'one', 'two')], [sealed], texts);
    expect([then.goneOf(key('one')), texts.goneOf(key('one'))]).toEqual([null, 'sealed']);
  });
});
