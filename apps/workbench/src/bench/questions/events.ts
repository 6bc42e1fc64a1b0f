import { clanRoom, directRoom, type DomainEvent, GLOBAL_ROOM, type Room, roomIds, userRoom } from '#domain';

const CHATS = 500;
const CLANS = 50;
const PEOPLE = 2_000;
const EMOJIS = ['👍', '😂', '🎉', '🔥', '👀'];

/** A number from 0 up to a bound, the same for the same `seq` and `salt`. */
function draw(seq: number, salt: number, below: number): number {
  let x = Math.imul(seq ^ (salt * 0x9e3779b1), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) % below;
}

const chatOf = (seq: number): Room => {
  const chat = draw(seq, 1, CHATS);
  return directRoom(String(chat), String(1_000 + chat));
};

function roomOf(seq: number): Room {
  const kind = draw(seq, 2, 10);
  return kind < 3 ? GLOBAL_ROOM : kind < 8 ? clanRoom(String(draw(seq, 3, CLANS))) : chatOf(seq);
}

const idOf = (seq: number): string => seq.toString(16).padStart(24, '0');

/** What event number `seq` is: chats are opened at first; of ten of the others six are messages. */
export function eventAt(seq: number, at: string): DomainEvent {
  const [key, person] = [idOf(seq), String(draw(seq, 4, PEOPLE))];
  if (seq <= CHATS) {
    const users = [String(seq - 1), String(1_000 + seq - 1)] as const;
    const room = directRoom(...users);
    return { type: 'ChatCreated', room, id: `chat.${key}`, at, by: users[0], users: roomIds(room) as [string, string] };
  }
  const place = seq % 10;
  if (place < 6) {
    const room = roomOf(seq);
    const id = room.startsWith('direct:') ? roomIds(room)[draw(seq, 5, 2)]! : person;
    const said = { messageId: key, content: `what was said as event number ${seq}, in some more words` };
    const sender = { id, name: `name of ${id}`, avatar: null };
    const again = seq % 3 === 0 ? { clientId: `c${seq}` } : {};
    return { type: 'MessageCreated', room, id: `msg.${key}`, at, ...said, sender, ...again };
  }
  // Of one of the messages before it.
  const target = seq - place - 10 * draw(seq, 6, 5) + draw(seq, 7, 6);
  const of = { room: roomOf(target), at, messageId: idOf(target), userId: person };
  if (place === 6 || (place === 7 && seq % 20 === 7)) {
    const emoji = EMOJIS[Math.min(draw(seq, 8, 5), draw(seq, 9, 5))]!;
    return { type: 'ReactionAdded', id: `react.${key}`, ...of, userName: `name of ${person}`, emoji };
  }
  if (place === 7) return { type: 'MessageEdited', id: `edit.${key}`, ...of, content: `edited by event ${seq}` };
  if (place === 8) {
    const room = chatOf(seq);
    const userId = roomIds(room)[draw(seq, 5, 2)]!;
    return { type: 'MessagesSeen', room, id: `seen.${key}`, at, userId, n: 1 + Math.floor((seq * 0.12) / CHATS) };
  }
  if (seq % 40 === 9) return { type: 'MessageDeleted', id: `delete.${key}`, ...of, senderId: person };
  const own = { room: userRoom(person), at, userId: person };
  const clanId = String(draw(seq, 3, CLANS));
  if (seq % 20 === 9) return { type: 'MemberLeft', id: `member.${key}`, ...own, clanId };
  return { type: 'MemberJoined', id: `member.${key}`, ...own, clanId, leftClanId: null };
}
