import { type CommandContext, commandKey, type Refusal, type Room } from '#domain';

/** What a handler answers where it refuses; faults it throws. */
export interface Refused {
  readonly refusal: Refusal;
}

/**
 * When and as which command it is carried out: where the client gave an id, the same one again in the same room is the
 * same command.
 */
export function contextOf(
  userId: string,
  room: Room | null,
  clientId: string | undefined,
  newKey: () => string,
): CommandContext {
  const key = room && clientId !== undefined ? commandKey(userId, room, clientId) : newKey();
  return { key, at: new Date().toISOString() };
}
