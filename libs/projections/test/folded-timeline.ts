import { commandKey, directRoom, type DomainEvent, encodeEvent, GLOBAL_ROOM, partitionOf, type Room } from '#domain';
import type { LogRecord } from '#event-store';
import { type DocumentStore, memoryReadModels } from '#read-models';
import { type RoomChange, Timeline, timeline, timelineCollections } from '../src/index.js';
import { foldRound, type FoldedRound } from '../src/engine/round.js';

export const at = '2026-01-02T03:04:05.678Z';
export const chat = directRoom('1', '2');
/** The id of a message by its name. */
export const key = (name: string) => commandKey('test', GLOBAL_ROOM, name);

export const posted = (room: Room, name: string, sender = '1', clientId?: string): DomainEvent => ({
  type: 'MessageCreated',
  room,
  id: `msg.${key(name)}`,
  at,
  messageId: key(name),
  sender: { id: sender, name: `user ${sender}`, avatar: null },
  content: name,
  ...(clientId !== undefined && { clientId }),
});

/** The event as a reply. */
export const replied = (to: string, event: DomainEvent): DomainEvent => ({ ...event, replyTo: key(to) }) as DomainEvent;
/** With no emoji the reaction is taken back. */
export const reacted = (room: Room, name: string, userId: string, emoji: string): DomainEvent => {
  const fact = { room, id: `react.${key(name + userId + emoji)}`, at, messageId: key(name), userId };
  return emoji === ''
    ? { type: 'ReactionRemoved', ...fact }
    : { type: 'ReactionAdded', ...fact, userName: userId, emoji };
};
/** With null it is taken back. */
export const edited = (room: Room, name: string, content: string | null): DomainEvent => {
  const fact = { room, id: `edit.${key(`${name} ${content}`)}`, at, messageId: key(name), userId: '1' };
  return content === null
    ? { type: 'MessageDeleted', ...fact, senderId: fact.userId }
    : { type: 'MessageEdited', ...fact, content };
};
export const opened = (): DomainEvent => ({
  type: 'ChatCreated',
  room: chat,
  id: `chat.${key('chat')}`,
  at,
  by: '1',
  users: ['1', '2'],
});
export const seen = (userId: string, n: number): DomainEvent => ({
  type: 'MessagesSeen',
  room: chat,
  id: `seen.${key(`${userId}${n}`)}`,
  at,
  userId,
  n,
});

/** The events as the log has them, at 1, 2, 3 … */
export const recorded = (events: readonly DomainEvent[]): LogRecord[] =>
  events.map((event, i) => {
    const { type, version, body, room } = encodeEvent(event);
    const kind = event.id.split('.')[0]!;
    return { seq: i + 1, partition: partitionOf(room), room, kind, id: event.id, type, version, body, at: 0 };
  });

/** A timeline that has folded nothing yet. */
export async function open(): Promise<{ store: DocumentStore; queries: Timeline }> {
  const store = memoryReadModels().projection('timeline', 1);
  await store.setUp(timelineCollections);
  return { store, queries: new Timeline(store) };
}

export async function write(store: DocumentStore, round: FoldedRound<RoomChange>): Promise<void> {
  for (const [collection, writes] of round.writes) await store.write(collection, writes);
}

/** The timeline that has folded these events, and the round in which it did. */
export async function foldAll(events: readonly DomainEvent[]) {
  const opened = await open();
  const round = await foldRound(timeline, opened.store, new Map(), recorded(events));
  await write(opened.store, round);
  return { ...opened, round };
}
