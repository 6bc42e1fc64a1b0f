import { Type } from '@sinclair/typebox';
import { type Decision, decided } from './decision.js';
import { type CommandContext, defineEvent, eventFields, type EventOf, Id, Person } from './event.js';
import { userRoom } from './ids.js';
import { ERASED_NAME, personalTexts } from './personal.js';

// What a person is called. The last `profile` event of a person's room is the whole state.

const profileChanged = Type.Object(
  { ...eventFields, userId: Id, name: Person.properties.name, avatar: Person.properties.avatar },
  { additionalProperties: false, description: 'What a person is called and looks like from now on.' },
);

export const ProfileChangedV1 = defineEvent('ProfileChanged', 1, 'profile', profileChanged);

export const ProfileChangedV2 = defineEvent(
  'ProfileChanged',
  2,
  'profile',
  profileChanged,
  personalTexts('userId', { name: ERASED_NAME, avatar: null }),
);
export type ProfileChanged = EventOf<typeof ProfileChangedV2>;

export type ProfileState = Pick<ProfileChanged, 'name' | 'avatar'> | null;

export const evolveProfile = (_: ProfileState, event: ProfileChanged): ProfileState => ({
  name: event.name,
  avatar: event.avatar,
});

export interface ChangeProfile extends CommandContext {
  readonly userId: string;
  readonly name: string;
  /** JSON text of an object, or null for none. */
  readonly avatar: string | null;
}

export function changeProfile(command: ChangeProfile, state: ProfileState): Decision<ProfileChanged> {
  const { userId, name, avatar } = command;
  if (state?.name === name && state.avatar === avatar) return decided<ProfileChanged>(null);
  const id = `profile.${command.key}`;
  return decided<ProfileChanged>({
    type: 'ProfileChanged',
    room: userRoom(userId),
    id,
    at: command.at,
    userId,
    name,
    avatar,
  });
}
