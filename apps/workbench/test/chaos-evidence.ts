import { clanRoom, commandKey, directRoom, partitionRoom, PARTITIONS, type Room, userRoom } from '#domain';
import type {
  Command,
  Evidence,
  History,
  LoggedEvent,
  Order,
  Shown,
  StoredMessage,
  Told,
} from '../src/chaos/evidence.js';

// Evidence as a run of chaos gathers it, small, and whole unless a spec changes it.

export const clan = clanRoom('3');
export const chat = directRoom('1', '2');
/** The time of message `n`, which is said in the log at `seq` n as well. */
export const timeOf = (n: number): number => Date.parse('2026-01-02T03:00:00.000Z') + n * 1_000;
const at = (n: number): string => new Date(timeOf(n)).toISOString();

/** The id of what command `n` of a person makes in a room. */
export const idOf = (n: number, room = clan, userId = '1'): string => commandKey(userId, room, `c${n}`);

export const command = (n: number, changes: Partial<Command> = {}): Command => {
  const { userId = '1', room = clan, kind = 'message' } = changes;
  const isText = kind === 'message' || kind === 'edit';
  return {
    ...{ commandId: `c${n}`, userId, kind, room, content: isText ? `said c${n}` : null, target: null, knownN: 0 },
    ...{ givenAt: timeOf(n), endedAt: timeOf(n) + 100, refused: null },
    ackedAs: idOf(n, room, userId),
    ...changes,
  };
};

export const order = (kind: Order['kind'], n: number, changes: Partial<Order> = {}): Order => ({
  ...{ kind, userId: '1', room: kind === 'erase' ? null : clan, until: kind === 'erase' ? null : timeOf(60) },
  ...{ givenAt: timeOf(n) - 10, endedAt: timeOf(n) + 10, isAcked: true, refused: null },
  ...changes,
});

type Fields = Record<string, unknown> & { readonly type: LoggedEvent['type'] };

/** An event of the log at `seq`, a second after the one before. */
export const logged = (seq: number, room: Room, id: string, fields: Fields): LoggedEvent =>
  ({ room, id, at: at(seq), seq, ...fields }) as unknown as LoggedEvent;

export const posted = (n: number, room = clan, userId = '1', changes: object = {}): LoggedEvent =>
  logged(n, room, `msg.${idOf(n, room, userId)}`, {
    ...{ type: 'MessageCreated', messageId: idOf(n, room, userId), content: `said c${n}` },
    ...{ sender: { id: userId, name: `Name of ${userId}`, avatar: null } },
    ...changes,
  });

export const edited = (seq: number, messageId: string, n: number, room = clan, userId = '1'): LoggedEvent =>
  logged(seq, room, `edit.${idOf(n, room, userId)}`, {
    type: 'MessageEdited',
    messageId,
    userId,
    content: `said c${n}`,
  });

export const deleted = (seq: number, messageId: string, n: number, room = clan, userId = '1'): LoggedEvent =>
  logged(seq, room, `delete.${idOf(n, room, userId)}`, { type: 'MessageDeleted', messageId, userId, senderId: userId });

export const seen = (n: number, userId = '2'): LoggedEvent =>
  logged(100 + n, chat, 'seen.1', { type: 'MessagesSeen', userId, n });

export const blocked = (seq: number, n: number, ...blockers: string[]): LoggedEvent =>
  logged(seq, chat, `block.${idOf(n, chat, '2')}`, { type: 'PersonBlocked', by: '2', blockers });

export const unblocked = (seq: number, n: number): LoggedEvent =>
  logged(seq, chat, `unblock.${idOf(n, chat, '2')}`, { type: 'PersonUnblocked', by: '2', blockers: [] });

/** An erasure of person 1 at `seq`: the fence, then each partition. */
export const erased = (seq: number, keyId: string | null = '1.key', partitions = PARTITIONS): LoggedEvent[] => [
  logged(seq, userRoom('1'), 'erase.1', { type: 'UserErased', userId: '1', keyId }),
  ...Array.from({ length: partitions }, (_, partition) =>
    logged(seq, partitionRoom(partition), 'erase.1', { type: 'UserErased', userId: '1', keyId }),
  ),
];

export const muted = (seq: number, until: number): LoggedEvent =>
  logged(seq, userRoom('1'), `mute.${seq}`, {
    ...{ type: 'PersonMuted', userId: '1', inRoom: clan, until: new Date(timeOf(until)).toISOString() },
  });
export const unmuted = (seq: number): LoggedEvent =>
  logged(seq, userRoom('1'), `unmute.${seq}`, { type: 'PersonUnmuted', userId: '1', inRoom: clan });

export const shown = (n: number, changes: Partial<Shown> = {}, room = clan, userId = '1'): Shown => ({
  ...{ n, id: idOf(n, room, userId), text: `said c${n}`, isDeleted: false },
  ...changes,
});

export const stored = (n: number, changes: Partial<StoredMessage> = {}, room = clan, userId = '1'): StoredMessage => ({
  ...shown(n, {}, room, userId),
  ...{ senderName: `Name of ${userId}`, hiddenFrom: null, reactions: [] },
  ...changes,
});

export const message = (n: number, changes: Partial<Shown> = {}): Told => ({
  ...{ what: 'message', room: clan, message: shown(n, changes) },
});
export const change = (n: number, changes: Partial<Shown> = {}): Told => ({
  ...{ what: 'change', room: clan, message: shown(n, changes) },
});
export const reset = (...ns: number[]): Told => ({ what: 'reset', room: clan, messages: ns.map((n) => shown(n)) });

export const history = (told: Told[], commands: Command[] = [], changes: Partial<History> = {}): History => ({
  ...{ client: 'ada', userId: '1', told, listed: new Set<string>(), commands },
  ...changes,
});

/** Three messages, said by one and told to another, who came after the first. */
export const whole = (changes: Partial<Evidence> = {}): Evidence => ({
  histories: [
    history(
      [reset(1), message(2), message(3)],
      [1, 2, 3].map((n) => command(n)),
    ),
  ],
  orders: [],
  events: [posted(1), posted(2), posted(3)],
  rooms: new Map([[clan, [1, 2, 3].map((n) => stored(n))]]),
  chats: [],
  listed: [{ room: clan, userId: null, messages: [1, 2, 3].map((n) => shown(n)) }],
  verified: [{ projection: 'timeline-1', documents: 3, differences: [] }],
  repeated: [{ command: command(1), ackedAs: idOf(1) }],
  traces: [],
  unfinished: [],
  ...changes,
});

export const violations = (
  check: (evidence: Evidence) => { violations: readonly string[] },
  evidence: Evidence,
): readonly string[] => check(evidence).violations;
