import { encodeId, type Room } from '#domain';
import type { LiveSubscription } from '#event-store';

// What gateways tell each other beside the log: at most once, to whoever is there, in texts of one release's own making.

/** The signal of those who type in a room of the room API. */
export const roomTopic = (room: Room): string => `room.${room}`;

/** The signal of what concerns a person in their direct chats. */
export const personTopic = (userId: string): string => `person.${encodeId(userId)}`;

/** Who types in a room, as they are called. */
export interface TypingInRoom {
  readonly userId: string;
  readonly name: string;
  /** JSON text of an object, or null. */
  readonly avatar: string | null;
}

/** What the other side of a chat does. */
export type DirectSignal = { readonly chatId: number; readonly userId: string } & (
  { readonly type: 'typing' } | { readonly type: 'seen'; readonly n: number; readonly at: string }
);

/** What another gateway tells; null where it is of a release that tells it otherwise. */
export function readSignal<T extends object>(text: string, fields: readonly (keyof T)[]): T | null {
  let signal: unknown;
  try {
    signal = JSON.parse(text);
  } catch {
    return null;
  }
  const isIt = typeof signal === 'object' && signal !== null && fields.every((field) => field in signal);
  return isIt ? (signal as T) : null;
}

/** Hears a signal for as long as somebody wants to be told of it. */
export class Ear {
  #subscription: LiveSubscription | null = null;

  constructor(
    private readonly isWanted: () => boolean,
    private readonly hear: () => LiveSubscription,
  ) {}

  /** To be called whenever somebody may want it who did not, or the other way round. */
  check(): void {
    const isWanted = this.isWanted();
    if (isWanted && !this.#subscription) this.#subscription = this.hear();
    if (!isWanted) this.stop();
  }

  stop(): void {
    this.#subscription?.stop();
    this.#subscription = null;
  }
}
