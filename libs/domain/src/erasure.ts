import { Type } from '@sinclair/typebox';
import { type Decision, decided } from './decision.js';
import { type CommandContext, defineEvent, eventFields, type EventOf, idOf } from './event.js';
import { partitionRoom, PARTITIONS, userRoom } from './ids.js';

// Somebody is erased: what they wrote and were called is shown to nobody any more. The first of these events, in the
// person's own room, is the fence; one in the room of each partition, after it, is folded there like any other, so that
// every fold of a partition erases at the same place. Ids stay: an id that comes back is another person.

export const UserErasedV1 = defineEvent(
  'UserErased',
  1,
  'erase',
  Type.Object(
    {
      ...eventFields,
      userId: idOf('Who is erased.'),
      keyId: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
        description:
          'The key that their texts were sealed with: whatever it sealed is unreadable. Null where none was.',
      }),
    },
    {
      additionalProperties: false,
      description:
        'A person was erased: once in their own room, then once in the room of each partition. What they said in that ' +
        'partition before it, and whatever is sealed with that key wherever it is, is shown to nobody.',
    },
  ),
);
export type UserErased = EventOf<typeof UserErasedV1>;

export interface EraseUser extends CommandContext {
  readonly userId: string;
  /** The key of their texts; null where the log is not encrypted. */
  readonly keyId: string | null;
}

/** The fence; nothing to do where what this key seals is erased already. */
export function eraseUser({ userId, keyId, key, at }: EraseUser, last: UserErased | null): Decision<UserErased> {
  if (keyId !== null && last?.keyId === keyId) return decided<UserErased>(null);
  return decided<UserErased>({
    ...{ type: 'UserErased', room: userRoom(userId), id: `erase.${key}`, at, userId, keyId },
  });
}

/** What follows a fence: the same in each partition. */
export const erasedInPartitions = (fence: UserErased): UserErased[] =>
  Array.from({ length: PARTITIONS }, (_, partition) => {
    const { type, id, at, userId, keyId } = fence;
    return { type, room: partitionRoom(partition), id, at, userId, keyId };
  });
