import { describe, expect, it } from '@jest/globals';
import { type DomainEvent, GLOBAL_ROOM, type Room, userRoom } from '#domain';
import { type MessageDocument, placeId, timeline, UnfoldableEvent, type View } from '../src/index.js';
import { at, chat, foldAll, key, opened, posted, reacted, replied, seen } from './folded-timeline.js';

describe('the timeline', () => {
  const member = { id: `member.${key('member')}`, at, userId: '1', clanId: '3' };
  const profile = { id: `profile.${key('profile')}`, at, userId: '1', name: 'Ada', avatar: null };
  const personal = (room: Room): DomainEvent[] => [
    { type: 'MemberJoined', room, ...member, leftClanId: null },
    { type: 'MemberLeft', room, ...member },
    { type: 'ProfileChanged', room, ...profile },
  ];
  const nowhere: View = { get: () => null, find: () => null };

  it('reads for an event the head of its room, and the message that it is about', () => {
    const needs = (event: DomainEvent) => timeline.needs({ ...event, seq: 1 });
    const head = { collection: 'heads', id: GLOBAL_ROOM };
    const byId = { collection: 'messages', value: key('a') };
    expect(needs(posted(GLOBAL_ROOM, 'a'))).toEqual([head]);
    expect(needs(posted(GLOBAL_ROOM, 'a', '1', 'id 1'))).toEqual([head, byId]);
    const repliedTo = { collection: 'messages', value: key('b') };
    expect(needs(replied('b', posted(GLOBAL_ROOM, 'a')))).toEqual([head, repliedTo]);
    expect(needs(replied('b', posted(GLOBAL_ROOM, 'a', '1', 'id 1')))).toEqual([head, byId, repliedTo]);
    for (const emoji of ['👍', '']) expect(needs(reacted(GLOBAL_ROOM, 'a', '1', emoji))).toEqual([head, byId]);
    const ofChat = { collection: 'heads', id: chat };
    expect(needs(opened())).toEqual([ofChat]);
    expect(needs(seen('1', 3))).toEqual([ofChat, { collection: 'messages', id: placeId(chat, 3) }]);
    for (const event of personal(GLOBAL_ROOM)) expect(needs(event)).toEqual([head]);
    for (const event of personal(userRoom('1'))) expect(needs(event)).toEqual([]);
  });

  it.each([...personal(GLOBAL_ROOM), { ...opened(), room: GLOBAL_ROOM }])('does not fold $type in a room', (event) => {
    const fold = () => timeline.fold(nowhere, { ...event, seq: 1 });
    expect(fold).toThrow(UnfoldableEvent);
    expect(fold).toThrow(`${event.type} in the room global`);
  });

  it('does not fold what was seen where there is no chat', () => {
    const fold = () => timeline.fold(nowhere, { ...seen('1', 1), seq: 1 });
    expect(fold).toThrow(UnfoldableEvent);
    expect(fold).toThrow(`MessagesSeen in ${chat}, where there is no chat`);
  });

  it('makes nothing of what concerns one person', () => {
    for (const event of personal(userRoom('1'))) {
      expect(timeline.fold(nowhere, { ...event, seq: 1 })).toEqual({ documents: [], change: null });
    }
  });

  it('makes a dead letter of what was seen of a message that is lost', async () => {
    const { round } = await foldAll([opened(), posted(chat, 'a', '1'), posted(chat, 'b', '1')]);
    const view: View = {
      get: (collection) => (collection === 'heads' ? round.heads.get(chat)!.document : null),
      find: () => null,
    };
    const fold = (n: number) => timeline.fold(view, { ...seen('2', n), seq: 4 });
    expect(() => fold(1)).toThrow(UnfoldableEvent);
    expect(fold(2).documents).toHaveLength(4);
  });

  it('tells a message that took a reaction before a crash as it is', async () => {
    const { store, round } = await foldAll([posted(GLOBAL_ROOM, 'a'), reacted(GLOBAL_ROOM, 'a', '1', '👍')]);
    const [taken] = await store.get<MessageDocument>('messages', [placeId(GLOBAL_ROOM, 1)]);
    const head = { ...round.heads.get(GLOBAL_ROOM)!.document, seq: 0, rev: 1 };
    const view: View = { get: (collection) => (collection === 'heads' ? head : null), find: () => taken! };
    for (const seq of [1, 2]) {
      const { change } = timeline.fold(view, { ...reacted(GLOBAL_ROOM, 'a', '9', '🫡'), seq });
      expect(change).toEqual({ room: GLOBAL_ROOM, rev: 2, kind: 'reaction', message: taken });
    }
  });
});
