import { clanRoom, directRoom, type DomainEvent, GLOBAL_ROOM, type Room, roomIds, userRoom } from '#domain';
import { dice } from './random-log.js';

// People with habits: a log in which nothing is out of order, and beside it what was meant by it, so that a test can count
// without asking the log.

export interface Said {
  readonly room: Room;
  readonly n: number;
  readonly by: string;
  /** ms since 1970. */
  readonly at: number;
}

export interface Habits {
  readonly events: readonly DomainEvent[];
  readonly said: readonly Said[];
  /** The reaction of each person to each message, by both. */
  readonly reactions: ReadonlyMap<string, { readonly emoji: string; readonly by: string }>;
  /** Who saw which direct chat up to which message, in the order of time. */
  readonly seen: readonly { readonly room: Room; readonly by: string; readonly n: number; readonly at: number }[];
  /** Who came to which clan (1), or went (-1). */
  readonly moves: readonly { readonly clan: string; readonly at: number; readonly change: 1 | -1 }[];
}

const EMOJIS = ['👍', '🎉', '😂', '🔥', '👀'];
const CLANS = ['3', 'the bold', 'foxes'];
const HOUR = 3_600_000;

export function habits(seed: number, days: number): Habits {
  const roll = dice(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor((roll(1_000) * roll(1_000) * list.length) / 1_000_000)]!;
  const people = Array.from({ length: 30 }, (_, i) => ({ id: `p${i}`, from: roll(days / 2), until: 5 + roll(days) }));
  const events: DomainEvent[] = [];
  const said: Said[] = [];
  const ids: string[] = [];
  const reactions = new Map<string, { emoji: string; by: string }>();
  const seen: { room: Room; by: string; n: number; at: number }[] = [];
  const moves: { clan: string; at: number; change: 1 | -1 }[] = [];
  const clanOf = new Map<string, string>();
  const counts = new Map<Room, number>();
  const seenTo = new Map<string, number>();
  let number = 0;
  const key = () => (++number).toString(16).padStart(24, '0');
  const iso = (at: number) => new Date(at).toISOString();

  const speak = (room: Room, by: string, at: number) => {
    const [messageId, n] = [key(), (counts.get(room) ?? 0) + 1];
    if (n === 1 && room.startsWith('direct:')) {
      const users = roomIds(room) as [string, string];
      events.push({ type: 'ChatCreated', room, id: `chat.${key()}`, at: iso(at), by, users });
    }
    counts.set(room, n);
    const sender = { id: by, name: `name of ${by}`, avatar: null };
    events.push({
      type: 'MessageCreated',
      room,
      id: `msg.${messageId}`,
      at: iso(at),
      messageId,
      sender,
      content: 'hello',
    });
    said.push({ room, n, by, at });
    ids.push(messageId);
  };
  const react = (by: string, at: number) => {
    const i = said.length - 1 - roll(Math.min(said.length, 20));
    const [{ room }, messageId, emoji] = [said[i]!, ids[i]!, pick(EMOJIS)];
    const of = { room, at: iso(at), messageId, userId: by };
    if (roll(6) === 0) {
      events.push({ type: 'ReactionRemoved', id: `react.${key()}`, ...of });
      reactions.delete(`${messageId} ${by}`);
    } else {
      events.push({ type: 'ReactionAdded', id: `react.${key()}`, ...of, userName: `name of ${by}`, emoji });
      reactions.set(`${messageId} ${by}`, { emoji, by });
    }
  };
  const look = (room: Room, by: string, at: number) => {
    const n = counts.get(room) ?? 0;
    if (n <= (seenTo.get(`${room} ${by}`) ?? 0)) return;
    seenTo.set(`${room} ${by}`, n);
    events.push({ type: 'MessagesSeen', room, id: `seen.${key()}`, at: iso(at), userId: by, n });
    seen.push({ room, by, n, at });
  };
  const move = (by: string, at: number) => {
    const [leftClanId, clanId] = [clanOf.get(by) ?? null, pick(CLANS)];
    const own = { room: userRoom(by), at: iso(at), userId: by };
    if (leftClanId !== null) moves.push({ clan: leftClanId, at, change: -1 });
    if (leftClanId === clanId) {
      events.push({ type: 'MemberLeft', id: `member.${key()}`, ...own, clanId });
      clanOf.delete(by);
      return;
    }
    events.push({ type: 'MemberJoined', id: `member.${key()}`, ...own, clanId, leftClanId });
    moves.push({ clan: clanId, at, change: 1 });
    clanOf.set(by, clanId);
  };

  let at = Date.parse('2026-01-05T00:00:00.000Z');
  const end = at + days * 24 * HOUR;
  for (; at < end; at += 1 + roll((at / HOUR) % 24 < 7 ? HOUR : HOUR / 6)) {
    const day = (at - end) / (24 * HOUR) + days;
    const there = people.filter(({ from, until }) => from <= day && day < from + until);
    if (there.length < 2) continue;
    const by = pick(there).id;
    const other = pick(there.filter(({ id }) => id !== by)).id;
    const what = roll(20);
    if (what < 9) speak(what < 3 ? GLOBAL_ROOM : clanRoom(clanOf.get(by) ?? '3'), by, at);
    else if (what < 13) speak(directRoom(by, other), by, at);
    else if (what < 16 && said.length > 0) react(by, at);
    else if (what < 19) look(directRoom(by, other), by, at);
    else if (roll(3) === 0) move(by, at);
    // Now and then somebody has a lot to say.
    if (roll(400) === 0) for (let i = 0; i < 40; i++) speak(GLOBAL_ROOM, by, (at += 1_000));
  }
  return { events, said, reactions, seen, moves };
}
