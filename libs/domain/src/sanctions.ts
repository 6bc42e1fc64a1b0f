import { type Static, type TUnsafe, Type } from '@sinclair/typebox';
import { type Decision, decided, refused, type Refused } from './decision.js';
import { type CommandContext, defineEvent, eventFields, type EventOf, idOf } from './event.js';
import { type Room, userRoom } from './ids.js';
import { personalTexts } from './personal.js';

// What is held against a person in rooms: they may not speak (a mute), or not be there at all (a ban). The last
// `sanction` event of a person's room is the whole state.

/** So many are held against one person at the same time, at most: each event says them all. */
export const MAX_SANCTIONS = 100;
/** So many with what a moderator adds: the moderators of all clans together leave the application some to add. */
export const MAX_SANCTIONS_BY_MODERATORS = 80;
export const MAX_REASON_LENGTH = 500;

const time = (description: string) =>
  Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$', description });

/** A room that has moderators: the global one, or a clan's. */
const ModeratedRoom = Type.String({
  pattern: '^(?:global|clan:[\\w=-]+)$',
  description: 'The room that it holds in.',
}) as unknown as TUnsafe<Room>;

export const Sanction = Type.Object(
  {
    kind: Type.Union([Type.Literal('mute'), Type.Literal('ban')]),
    room: ModeratedRoom,
    since: time('When it was decided.'),
    until: Type.Union([time('When a mute ends.'), Type.Null()], { description: 'Null for a ban: until it is lifted.' }),
    by: idOf('Who decided it.'),
  },
  { additionalProperties: false },
);
export type Sanction = Static<typeof Sanction>;

export type SanctionKind = Sanction['kind'];

const sanctionFields = {
  ...eventFields,
  userId: idOf('Whom it concerns.'),
  inRoom: ModeratedRoom,
  by: idOf("Who decided it: a moderator, or the id in the application's own token."),
  sanctions: Type.Array(Sanction, {
    maxItems: MAX_SANCTIONS,
    description: 'All that is held against them from then on, in every room.',
  }),
};

const reason = Type.Optional(Type.String({ minLength: 1, description: 'Why, in the words of who decided it.' }));

/** What is said of a person is taken away with what they said. */
const reasonText = personalTexts('userId', { reason: undefined });

export const PersonMutedV1 = defineEvent(
  'PersonMuted',
  1,
  'sanction',
  Type.Object(
    { ...sanctionFields, until: time('When they may speak again.'), reason },
    { additionalProperties: false, description: 'A person may not speak in a room for a time.' },
  ),
  reasonText,
);
export type PersonMuted = EventOf<typeof PersonMutedV1>;

export const PersonUnmutedV1 = defineEvent(
  'PersonUnmuted',
  1,
  'sanction',
  Type.Object(sanctionFields, {
    additionalProperties: false,
    description: 'A person may speak in a room again before their mute was over.',
  }),
);
export type PersonUnmuted = EventOf<typeof PersonUnmutedV1>;

export const PersonBannedV1 = defineEvent(
  'PersonBanned',
  1,
  'sanction',
  Type.Object(
    { ...sanctionFields, reason },
    { additionalProperties: false, description: 'A person neither hears a room nor speaks in it any more.' },
  ),
  reasonText,
);
export type PersonBanned = EventOf<typeof PersonBannedV1>;

export const PersonUnbannedV1 = defineEvent(
  'PersonUnbanned',
  1,
  'sanction',
  Type.Object(sanctionFields, { additionalProperties: false, description: 'A person may be in a room again.' }),
);
export type PersonUnbanned = EventOf<typeof PersonUnbannedV1>;

export type SanctionEvent = PersonMuted | PersonUnmuted | PersonBanned | PersonUnbanned;

/** What is held against a person; a mute that is over may still be among it. */
export type SanctionsState = readonly Sanction[];

export const evolveSanctions = (_: SanctionsState, event: SanctionEvent): SanctionsState => event.sanctions;

/** Those that still hold. @param at ISO 8601 in UTC with milliseconds */
export const sanctionsAt = (state: SanctionsState, at: string): SanctionsState =>
  state.filter(({ until }) => until === null || until > at);

export const isBanned = (state: SanctionsState, room: Room): boolean =>
  state.some((sanction) => sanction.kind === 'ban' && sanction.room === room);

/** Why somebody may not be in a room, or null. */
export const refusedIfBanned = (state: SanctionsState, room: Room): Refused | null =>
  isBanned(state, room) ? refused('banned', 'you are banned from this room') : null;

/** Why somebody may not speak in a room at a moment, or null. */
export function refusedIfSilenced(state: SanctionsState, room: Room, at: string): Refused | null {
  const banned = refusedIfBanned(state, room);
  if (banned) return banned;
  const mute = sanctionsAt(state, at).find((sanction) => sanction.kind === 'mute' && sanction.room === room);
  if (!mute?.until) return null;
  const { until } = mute;
  const { refusal } = refused('muted', `you may not speak in this room until ${until}`);
  return { refusal: { ...refusal, until } };
}

/** A decision about one person in one room. */
export interface SanctionCommand extends CommandContext {
  readonly userId: string;
  readonly room: Room;
  readonly by: string;
  /** Not the application's: see {@link MAX_SANCTIONS_BY_MODERATORS}. */
  readonly isModerator?: boolean;
}

export interface MutePerson extends SanctionCommand {
  /** ISO 8601 in UTC with milliseconds: absolute, so that the same command twice comes to the same. */
  readonly until: string;
  readonly reason?: string;
}

export interface BanPerson extends SanctionCommand {
  readonly reason?: string;
}

/** Keeps somebody from speaking in a room until a moment; another moment takes the place of the one before. */
export function mutePerson(command: MutePerson, state: SanctionsState): Decision<PersonMuted> {
  const { at, until, reason } = command;
  if (until <= at) return refused('invalid', 'until must be a moment to come', 'until');
  const held = heldOf('mute', command, state);
  if (held?.until === until) return decided<PersonMuted>(null);
  const sanctions = withSanction('mute', command, state, until);
  if ('refusal' in sanctions) return sanctions;
  const fact = factOf('mute', command, sanctions);
  return decided<PersonMuted>({ type: 'PersonMuted', ...fact, until, ...(reason !== undefined && { reason }) });
}

/** Lets somebody speak in a room again; nothing to do where they may. */
export function unmutePerson(command: SanctionCommand, state: SanctionsState): Decision<PersonUnmuted> {
  if (!heldOf('mute', command, state)) return decided<PersonUnmuted>(null);
  const fact = factOf('unmute', command, withoutSanction('mute', command, state));
  return decided<PersonUnmuted>({ type: 'PersonUnmuted', ...fact });
}

/** Keeps somebody out of a room until that is taken back. */
export function banPerson(command: BanPerson, state: SanctionsState): Decision<PersonBanned> {
  if (heldOf('ban', command, state)) return decided<PersonBanned>(null);
  const { reason } = command;
  const sanctions = withSanction('ban', command, state, null);
  if ('refusal' in sanctions) return sanctions;
  const fact = factOf('ban', command, sanctions);
  return decided<PersonBanned>({ type: 'PersonBanned', ...fact, ...(reason !== undefined && { reason }) });
}

/** Lets somebody into a room again; nothing to do where they may be there. */
export function unbanPerson(command: SanctionCommand, state: SanctionsState): Decision<PersonUnbanned> {
  if (!heldOf('ban', command, state)) return decided<PersonUnbanned>(null);
  const fact = factOf('unban', command, withoutSanction('ban', command, state));
  return decided<PersonUnbanned>({ type: 'PersonUnbanned', ...fact });
}

const heldOf = (kind: SanctionKind, { room, at }: SanctionCommand, state: SanctionsState): Sanction | undefined =>
  sanctionsAt(state, at).find((sanction) => sanction.kind === kind && sanction.room === room);

/** What is over drops out with every decision. */
const withoutSanction = (kind: SanctionKind, { room, at }: SanctionCommand, state: SanctionsState): Sanction[] =>
  sanctionsAt(state, at).filter((sanction) => sanction.kind !== kind || sanction.room !== room);

function withSanction(
  kind: SanctionKind,
  command: SanctionCommand,
  state: SanctionsState,
  until: string | null,
): Sanction[] | Refused {
  const { room, at, by, isModerator } = command;
  const others = withoutSanction(kind, command, state);
  const most = isModerator ? MAX_SANCTIONS_BY_MODERATORS : MAX_SANCTIONS;
  if (others.length >= most && !heldOf(kind, command, state)) {
    return refused('invalid', `no more than ${most} can be held against one person: lift others`, 'user_id');
  }
  return [...others, { kind, room, since: at, until, by }];
}

const factOf = (
  what: 'mute' | 'unmute' | 'ban' | 'unban',
  { key, at, userId, room, by }: SanctionCommand,
  sanctions: Sanction[],
) => ({ room: userRoom(userId), id: `${what}.${key}`, at, userId, inRoom: room, by, sanctions });
