import fc from 'fast-check';
import {
  banPerson,
  blockPerson,
  type ChatCreated,
  changeSlowMode,
  clanRoom,
  commandKey,
  directRoom,
  type DomainEvent,
  encodeEvent,
  GLOBAL_ROOM,
  kindOf,
  mutePerson,
  partitionOf,
  partitionRoom,
  type Room,
  unbanPerson,
  unblockPerson,
  unmutePerson,
  userRoom,
} from '#domain';
import type { LogRecord } from '#event-store';

// Logs in which people open chats, post (some twice, some where they may not), reply, react, edit, see, block each other,
// join, leave, are renamed, moderated and erased.

export const CHAT = directRoom('1', '2');
export const OTHER_CHAT = directRoom('1', '3');
export const ROOMS: readonly Room[] = [GLOBAL_ROOM, clanRoom('3'), CHAT, OTHER_CHAT];

const room = fc.constantFrom(...ROOMS);
const userId = fc.constantFrom('1', '2', '3');
const at = fc.integer({ min: 0, max: 3 * 86_400_000 }).map((ms) => new Date(Date.UTC(2026, 0, 5) + ms).toISOString());
/** Few, so that they meet. */
const number = fc.nat(12);
const keyOf = (of: Room, n: number) => commandKey('test', of, String(n));

const posted = fc
  .record({
    ...{ room, userId, at, number, isNamed: fc.boolean(), feeling: fc.constantFrom(undefined, 'happy') },
    ...{ replied: number, isReply: fc.boolean(), isElsewhere: fc.nat(9).map((n) => n === 0) },
  })
  .map(({ room, userId, at, number, isNamed, feeling, replied, isReply, isElsewhere }): DomainEvent => {
    const messageId = isNamed ? keyOf(room, number) : commandKey(userId, room, `${at} ${number}`);
    return {
      ...{ type: 'MessageCreated', room, id: `msg.${messageId}`, at, messageId },
      ...{ sender: { id: userId, name: `user ${userId}`, avatar: null }, content: `at ${at}` },
      ...(feeling !== undefined && { feeling }),
      ...(isNamed && { clientId: String(number) }),
      ...(isReply && { replyTo: keyOf(isElsewhere ? OTHER_CHAT : room, replied) }),
    };
  });

const reacted = fc
  .record({ room, userId, at, number, emoji: fc.constantFrom('👍', '🫡', null) })
  .map(({ room, userId, at, number, emoji }): DomainEvent => {
    const fact = { room, at, id: `react.${commandKey(userId, room, at)}`, messageId: keyOf(room, number), userId };
    if (emoji === null) return { type: 'ReactionRemoved', ...fact };
    return { type: 'ReactionAdded', ...fact, userName: `user ${userId}`, emoji };
  });

const edited = fc
  .record({ room, userId, at, number, content: fc.constantFrom('another', 'a third', null) })
  .map(({ room, userId, at, number, content }): DomainEvent => {
    const fact = { room, at, id: `edit.${commandKey(userId, room, at)}`, messageId: keyOf(room, number), userId };
    return content === null
      ? { type: 'MessageDeleted', ...fact, senderId: '1' }
      : { type: 'MessageEdited', ...fact, content };
  });

const seen = fc
  .record({
    room: fc.constantFrom(CHAT, OTHER_CHAT, CHAT, GLOBAL_ROOM),
    userId,
    at,
    n: fc.integer({ min: 1, max: 15 }),
  })
  .map(({ room, userId, at, n }): DomainEvent => ({
    type: 'MessagesSeen',
    room,
    id: `seen.${commandKey(userId, room, at)}`,
    at,
    userId,
    n,
  }));

const opened = fc
  .record({ room: fc.constantFrom(CHAT, OTHER_CHAT, CHAT, OTHER_CHAT, GLOBAL_ROOM), at })
  .map(({ room, at }): DomainEvent => ({
    ...{ type: 'ChatCreated', room, id: `chat.${commandKey('1', room, at)}`, at, by: '1' },
    users: room === OTHER_CHAT ? ['1', '3'] : ['1', '2'],
  }));

const ofPerson = fc
  .record({
    of: userId,
    at,
    what: fc.constantFrom('join', 'move', 'leave', 'rename'),
    clanId: fc.constantFrom('3', '4'),
    isElsewhere: fc.constantFrom(false, false, false, true),
  })
  .map(({ of, at, what, clanId, isElsewhere }): DomainEvent => {
    const key = commandKey(of, userRoom(of), at);
    const fact = { room: isElsewhere ? GLOBAL_ROOM : userRoom(of), at, userId: of };
    if (what === 'rename')
      return {
        type: 'ProfileChanged',
        ...fact,
        id: `profile.${key}`,
        name: `at ${at}`,
        avatar: clanId === '3' ? null : '{}',
      };
    if (what === 'leave') return { type: 'MemberLeft', ...fact, id: `member.${key}`, clanId };
    return { type: 'MemberJoined', ...fact, id: `member.${key}`, clanId, leftClanId: what === 'move' ? '9' : null };
  });

const moderated = fc
  .record({
    of: userId,
    at,
    room,
    what: fc.constantFrom('mute', 'unmute', 'ban', 'unban', 'slow'),
    isElsewhere: fc.nat(3),
  })
  .map(({ of, at, room, what, isElsewhere }): DomainEvent => {
    const command = {
      key: commandKey(of, room, at),
      at,
      userId: of,
      room: clanRoom('3'),
      by: '9',
      seconds: isElsewhere,
    };
    const until = '2027-01-01T00:00:00.000Z';
    const held = [
      { kind: 'mute', room: clanRoom('3'), since: at, until, by: '9' },
      { kind: 'ban', room: clanRoom('3'), since: at, until: null, by: '9' },
    ] as const;
    const decisions = {
      mute: () => mutePerson({ ...command, until, reason: 'spam' }, []),
      unmute: () => unmutePerson(command, held),
      ban: () => banPerson(command, []),
      unban: () => unbanPerson(command, held),
      slow: () => changeSlowMode({ ...command, room }, -1),
    };
    const { event } = decisions[what]() as { readonly event: DomainEvent };
    return isElsewhere === 0 && what !== 'slow' ? { ...event, room } : event;
  });

const blocked = fc
  .record({
    ...{ room: fc.constantFrom(CHAT, OTHER_CHAT, CHAT, GLOBAL_ROOM), userId, at },
    ...{ isOver: fc.boolean(), isOtherToo: fc.boolean() },
  })
  .map(({ room, userId: by, at, isOver, isOtherToo }): DomainEvent => {
    const users = room === OTHER_CHAT ? (['1', '3'] as const) : (['1', '2'] as const);
    const command = { key: commandKey(by, room, at), at, by };
    const others = users.filter((userId) => isOtherToo && userId !== by);
    const chat: ChatCreated = { ...{ type: 'ChatCreated', room, id: '', at, by }, users: [...users] };
    const decision = isOver
      ? unblockPerson(command, { chat, blockers: [by, ...others] })
      : blockPerson(command, { chat, blockers: others });
    if ('event' in decision) return decision.event!;
    // By somebody who is not in the chat.
    return { type: 'PersonBlocked', room, id: `block.${command.key}`, at, by, blockers: [by] };
  });

const erased = fc
  .record({ room, of: userId, at, isElsewhere: fc.constantFrom(false, false, false, true) })
  .map(({ room, of, at, isElsewhere }): DomainEvent => ({
    ...{ type: 'UserErased', id: `erase.${commandKey(of, room, at)}`, at, userId: of, keyId: null },
    room: isElsewhere ? userRoom(of) : partitionRoom(partitionOf(room)),
  }));

const anyEvent = fc.oneof(
  { arbitrary: posted, weight: 6 },
  { arbitrary: reacted, weight: 4 },
  { arbitrary: edited, weight: 3 },
  { arbitrary: seen, weight: 3 },
  { arbitrary: opened, weight: 2 },
  { arbitrary: ofPerson, weight: 1 },
  { arbitrary: moderated, weight: 1 },
  { arbitrary: blocked, weight: 2 },
  { arbitrary: erased, weight: 1 },
);

/** The events as the log has them, at 1, 2, 3 …; those that are not readable are of a version to come. */
export const recorded = (
  events: readonly { readonly event: DomainEvent; readonly isReadable: boolean }[],
): LogRecord[] =>
  events.map(({ event, isReadable }, i) => {
    const { type, version, body, room } = encodeEvent(event);
    const of = { partition: partitionOf(room), room, kind: kindOf(event.type), id: event.id, at: 0 };
    return { seq: i + 1, ...of, type, version: isReadable ? version : version + 1, body };
  });

export const anyLog: fc.Arbitrary<LogRecord[]> = fc
  .array(fc.record({ event: anyEvent, isReadable: fc.nat(30).map((n) => n > 0) }), { maxLength: 80, size: 'max' })
  .map(recorded);
