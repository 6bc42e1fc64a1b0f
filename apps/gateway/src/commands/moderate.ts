import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  banPerson,
  changeSlowMode,
  commandKey,
  type Decision,
  moderatedRoom,
  moderatedRoomOf,
  mutePerson,
  type PublicRoom,
  publicRoom,
  type Refused,
  type Room,
  type SanctionCommand,
  type SanctionEvent,
  type SanctionsState,
  unbanPerson,
  unmutePerson,
  userRoom,
} from '#domain';
import { Moderation } from '#projections';
import type { Attempt } from './attempts.js';
import type { Caller, Outcome } from './command.js';

/** What a moderator decides about a room, or about somebody in it. */
export type Order =
  | { readonly what: 'slowMode'; readonly seconds: number }
  | { readonly what: 'mute'; readonly userId: string; readonly until: string; readonly reason?: string }
  | { readonly what: 'ban'; readonly userId: string; readonly reason?: string }
  | { readonly what: 'unmute' | 'unban'; readonly userId: string };

type OrderAboutPerson = Exclude<Order, { readonly what: 'slowMode' }>;

/** Carries out what a moderator decides; is done once it is in the log and the gateways were told. */
export class Moderate extends Command<Outcome> {
  constructor(
    readonly caller: Caller,
    readonly room: PublicRoom,
    readonly order: Order,
    readonly clientId?: string,
  ) {
    super();
  }
}

@CommandHandler(Moderate)
export class ModerateHandler implements ICommandHandler<Moderate> {
  constructor(@Inject(Moderation) private readonly moderation: Moderation) {}

  async execute(command: Moderate): Promise<Outcome> {
    // What is decided is so until it is decided otherwise: twice is the same as once.
    const refused = await command.caller.attempts.make(command.clientId, null, (attempt) =>
      this.carryOut(command, attempt),
    );
    return refused ?? { ack: {} };
  }

  private async carryOut(
    { caller, room: meant, order, clientId }: Moderate,
    attempt: Attempt,
  ): Promise<Refused | null> {
    const { person, moderates } = caller;
    const { userId: by, sanctions } = person;
    const state = { room: publicRoom(meant, person), moderates, sanctions };
    if (order.what === 'slowMode') {
      const found = moderatedRoom(state);
      if ('refusal' in found) return found;
      const { room } = found;
      const command = { ...attempt.as(room), room, seconds: order.seconds, by };
      return this.moderation.ofRoom(room, (now) => changeSlowMode(command, now), attempt);
    }
    const { userId } = order;
    const found = moderatedRoomOf({ ...state, userId, by });
    if ('refusal' in found) return found;
    const { room } = found;
    const context = { ...attempt.as(userRoom(userId)), ...keyOf(by, room, order, clientId) };
    const command = { ...context, userId, room, by, isModerator: true };
    return this.moderation.ofPerson(userId, (held) => decide(order, command, held), attempt);
  }
}

/**
 * What makes an order sent twice the same one. Its event goes into the room of the person, whichever room it is about,
 * so that the key tells of both.
 */
const keyOf = (by: string, room: Room, { what, userId }: OrderAboutPerson, clientId: string | undefined) =>
  clientId === undefined ? {} : { key: commandKey(by, room, JSON.stringify([what, userId, clientId])) };

function decide(order: OrderAboutPerson, command: SanctionCommand, held: SanctionsState): Decision<SanctionEvent> {
  switch (order.what) {
    case 'mute':
      return mutePerson({ ...command, ...order }, held);
    case 'unmute':
      return unmutePerson(command, held);
    case 'ban':
      return banPerson({ ...command, ...order }, held);
    case 'unban':
      return unbanPerson(command, held);
  }
}
