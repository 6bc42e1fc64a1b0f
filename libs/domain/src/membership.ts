import { Type } from '@sinclair/typebox';
import { type Decision, decided } from './decision.js';
import { type CommandContext, defineEvent, eventFields, type EventOf, Id, idOf } from './event.js';
import { userRoom } from './ids.js';

// Who is in which clan: a person is in one at most. The last `member` event of a person's room is the whole state.

export const MemberJoinedV1 = defineEvent(
  'MemberJoined',
  1,
  'member',
  Type.Object(
    {
      ...eventFields,
      userId: Id,
      clanId: idOf('The clan they are in from now on.'),
      leftClanId: Type.Union([Id, Type.Null()], { description: 'The clan they were in until now.' }),
    },
    {
      additionalProperties: false,
      description: 'A person is in a clan from now on, and no longer in the one before where they moved.',
    },
  ),
);
export type MemberJoined = EventOf<typeof MemberJoinedV1>;

export const MemberLeftV1 = defineEvent(
  'MemberLeft',
  1,
  'member',
  Type.Object(
    { ...eventFields, userId: Id, clanId: idOf('The clan they were in.') },
    { additionalProperties: false, description: 'A person is in no clan from now on.' },
  ),
);
export type MemberLeft = EventOf<typeof MemberLeftV1>;

export type MembershipEvent = MemberJoined | MemberLeft;

/** `clanId` is null for a person known to be in no clan; a state of null, that the log knows nothing of them yet. */
export type MembershipState = { readonly clanId: string | null } | null;

export const evolveMembership = (_: MembershipState, event: MembershipEvent): MembershipState => ({
  clanId: event.type === 'MemberJoined' ? event.clanId : null,
});

export interface ChangeMembership extends CommandContext {
  readonly userId: string;
  readonly clanId: string;
}

/** Puts a person into a clan, moving them out of the one they were in. */
export function joinClan(command: ChangeMembership, state: MembershipState): Decision<MembershipEvent> {
  if (state?.clanId === command.clanId) return decided<MembershipEvent>(null);
  return decided<MembershipEvent>({
    type: 'MemberJoined',
    room: userRoom(command.userId),
    id: `member.${command.key}`,
    at: command.at,
    userId: command.userId,
    clanId: command.clanId,
    leftClanId: state?.clanId ?? null,
  });
}

/** Takes a person out of a clan; nothing to do where they are not in it. */
export function leaveClan(command: ChangeMembership, state: MembershipState): Decision<MembershipEvent> {
  if (state !== null && state.clanId !== command.clanId) return decided<MembershipEvent>(null);
  return decided<MembershipEvent>({
    type: 'MemberLeft',
    room: userRoom(command.userId),
    id: `member.${command.key}`,
    at: command.at,
    userId: command.userId,
    clanId: command.clanId,
  });
}
