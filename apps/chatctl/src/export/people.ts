import { type EventLine, type Room, roomIds } from '#domain';

// Who is in an event: everybody whose id stands anywhere in it.

/** Adds them; the same id may be given more than once. */
export function addPeople(line: EventLine, people: Set<string>): void {
  const { room, userId, senderId, by, sender, users, blockers, sanctions } = line as EventLine & PeopleFields;
  if (sender) people.add(sender.id);
  if (userId !== undefined) people.add(userId);
  if (senderId !== undefined) people.add(senderId);
  if (by !== undefined) people.add(by);
  for (const id of users ?? blockers ?? []) people.add(id);
  for (const sanction of sanctions ?? []) people.add(sanction.by);
  addPeopleOfRoom(room, people);
}

interface PeopleFields {
  readonly userId?: string;
  readonly senderId?: string;
  readonly by?: string;
  readonly sender?: { readonly id: string };
  readonly users?: readonly string[];
  readonly blockers?: readonly string[];
  readonly sanctions?: readonly { readonly by: string }[];
}

function addPeopleOfRoom(room: Room, people: Set<string>): void {
  // Most rooms are of nobody.
  if (!room.startsWith('direct:') && !room.startsWith('user:')) return;
  for (const id of roomIds(room)) people.add(id);
}
