import { createHash } from 'node:crypto';
import {
  clanRoom,
  directRoom,
  type DomainEvent,
  erasedInPartitions,
  GLOBAL_ROOM,
  type MessageCreated,
  type Room,
  roomIds,
  userRoom,
} from '#domain';

// A log in which everything happens, and much that a fold leaves alone: what is of no message, comes too late, is sent
// again, is of somebody else.

export const PEOPLE = ['1', '2', 'a b', 'ü:4', '5'];
export const ROOMS: readonly Room[] = [
  GLOBAL_ROOM,
  clanRoom('3'),
  clanRoom('the bold'),
  directRoom('1', '2'),
  directRoom('a b', 'ü:4'),
  directRoom('2', '5'),
];
const EMOJIS = ['👍', '🎉', '👨‍👩‍👧'];

/** Numbers from 0 up to a bound, the same for the same seed. */
export function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** @param erases whether people are erased, as in a log that is not encrypted */
export function* randomLog(seed: number, count: number, erases: boolean): Generator<DomainEvent, void> {
  const roll = dice(seed);
  const pick = <T>(list: readonly T[]): T => list[roll(list.length)]!;
  const said: MessageCreated[] = [];
  let time = Date.parse('2026-01-02T03:04:05.678Z');
  for (let i = 0; i < count; i++) {
    const key = createHash('sha256').update(`${seed} ${i}`).digest('hex').slice(0, 24);
    time += roll(7_200_000);
    const at = new Date(time).toISOString();
    const userId = pick(PEOPLE);
    const room = pick(ROOMS);
    const own = { room: userRoom(userId), at, userId };
    const message = said.length === 0 ? null : pick(said.slice(-25));
    // Now and then of a message that there never was, or under the name of another room.
    const of = {
      room: message && roll(15) > 0 ? message.room : room,
      ...{ at, userId, messageId: message && roll(12) > 0 ? message.messageId : key },
    };
    switch (roll(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: {
        const isDirect = room.startsWith('direct:');
        const senderId = isDirect && roll(15) > 0 ? pick(roomIds(room)) : userId;
        const event: MessageCreated = {
          ...{ type: 'MessageCreated', room, id: `msg.${key}`, at, messageId: key, content: `text ${i}` },
          sender: { id: senderId, name: `name ${i} of ${senderId}`, avatar: null },
          ...(roll(3) === 0 && { feeling: `feeling ${i}` }),
          ...(roll(2) === 0 && { clientId: `client ${i}` }),
          ...(message && roll(4) === 0 && { replyTo: message.messageId }),
        };
        said.push(event);
        yield event;
        break;
      }
      case 5: {
        // Sent again; one without an id of its client's cannot be.
        if (message?.clientId !== undefined) yield { ...message, id: `msg.${key}`, at, content: `again ${i}` };
        break;
      }
      case 6:
      case 7:
      case 8:
        yield { type: 'ReactionAdded', id: `react.${key}`, ...of, userName: `name ${i}`, emoji: pick(EMOJIS) };
        break;
      case 9:
        yield { type: 'ReactionRemoved', id: `react.${key}`, ...of };
        break;
      case 10:
      case 11: {
        // By who said it, as a rule: the text is sealed with the key of whoever changed it.
        const editor = message?.sender.id ?? userId;
        yield { type: 'MessageEdited', id: `edit.${key}`, ...of, userId: editor, content: `edited ${i}` };
        break;
      }
      case 12:
        if (roll(3) === 0)
          yield { type: 'MessageDeleted', id: `delete.${key}`, ...of, senderId: message?.sender.id ?? userId };
        break;
      case 13: {
        const direct = pick(ROOMS.slice(3));
        const [one, other] = roomIds(direct) as [string, string];
        if (roll(3) === 0)
          yield { type: 'ChatCreated', room: direct, id: `chat.${key}`, at, by: one, users: [one, other] };
        else {
          const seer = roll(12) > 0 ? pick([one, other]) : userId;
          yield { type: 'MessagesSeen', room: direct, id: `seen.${key}`, at, userId: seer, n: 1 + roll(20) };
        }
        break;
      }
      case 14:
        if (roll(2) === 0)
          yield { type: 'ProfileChanged', id: `profile.${key}`, ...own, name: `name ${i}`, avatar: null };
        else if (roll(3) > 0)
          yield {
            type: 'MemberJoined',
            id: `member.${key}`,
            ...own,
            clanId: pick(['3', 'the bold']),
            leftClanId: null,
          };
        else yield { type: 'MemberLeft', id: `member.${key}`, ...own, clanId: '3' };
        break;
      case 15: {
        if (!erases || roll(6) > 0) break;
        const fence = { ...{ type: 'UserErased' as const, id: `erase.${key}` }, ...own, keyId: null };
        yield fence;
        // What is said meanwhile is in some partitions before it, and in others behind.
        yield* erasedInPartitions(fence);
      }
    }
  }
}
