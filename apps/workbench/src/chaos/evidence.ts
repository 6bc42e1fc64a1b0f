import type { RecordedEvent, Room } from '#domain';

// All that there is to be compared once everything is quiet.

export interface Place {
  readonly n: number;
  readonly id: string;
}

/** A message as somebody is shown it. */
export interface Shown extends Place {
  readonly text: string;
  /** Shown as one that was taken back: it was, or it is hidden from them. */
  readonly isDeleted: boolean;
}

/**
 * What an application was told by the client library, in that order: a message that is new; one as it now is, which may
 * also be one that says nothing any more and is told for the first time; the latest ones, in the place of all before.
 */
export type Told =
  | { readonly what: 'message' | 'change'; readonly room: Room; readonly message: Shown }
  | { readonly what: 'reset'; readonly room: Room; readonly messages: readonly Shown[] };

/** When something was asked for, and when it ended, in milliseconds since 1970. */
interface Asked {
  readonly givenAt: number;
  endedAt: number | null;
  /** Why it was refused for good, if it was. */
  refused: string | null;
}

export type CommandKind = 'message' | 'reaction' | 'seen' | 'edit' | 'delete' | 'block' | 'unblock';

/** Something that somebody said or did, and what became of it. */
export interface Command extends Asked {
  readonly commandId: string;
  readonly userId: string;
  readonly kind: CommandKind;
  readonly room: Room;
  /** Of a message or an edit: what it says, which is of this command alone. */
  readonly content: string | null;
  /** The message that it is about, where there is one. */
  readonly target: string | null;
  /** Up to which message its client was told that something was said in the room. */
  readonly knownN: number;
  /** What it was acknowledged as: of a message its id; null while it was not. */
  ackedAs: string | null;
}

/** What one client has seen. */
export interface History {
  readonly client: string;
  readonly userId: string;
  readonly told: Told[];
  /** Every text that a list of their chats has shown. */
  readonly listed: Set<string>;
  readonly commands: Command[];
}

/** Something that the surrounding application asked for over HTTP, and what became of it. */
export interface Order extends Asked {
  readonly kind: 'mute' | 'unmute' | 'erase';
  readonly userId: string;
  /** Where they may not speak; null where they are erased. */
  readonly room: Room | null;
  /** When the mute that it is about ends by itself, in milliseconds since 1970; null where it is about none. */
  readonly until: number | null;
  isAcked: boolean;
}

/** An event of the log, and what its texts are sealed with. */
export type LoggedEvent = RecordedEvent & { readonly sealedWith?: string };

export interface StoredMessage extends Shown {
  readonly senderName: string;
  /** Who is not shown what it says; null for nobody. */
  readonly hiddenFrom: string | null;
  readonly reactions: readonly { readonly userId: string; readonly userName: string }[];
}

/** A direct chat as the read model lists it for one of its people. */
export interface StoredChat {
  readonly room: Room;
  readonly userId: string;
  readonly unread: number;
  readonly isBlocked: boolean;
}

/** The whole history of a room as somebody is shown it over HTTP. */
export interface Listed {
  readonly room: Room;
  /** By whom it was asked for; null where everybody in the room is shown the same. */
  readonly userId: string | null;
  readonly messages: readonly Shown[];
}

/** What `chatctl verify` says of a projection. */
export interface Verified {
  readonly projection: string;
  readonly documents: number;
  readonly differences: readonly string[];
}

export interface Evidence {
  readonly histories: readonly History[];
  readonly orders: readonly Order[];
  /** Every event of the log, in its order. */
  readonly events: readonly LoggedEvent[];
  /** The read model of each room, in the order of `n`. */
  readonly rooms: ReadonlyMap<Room, readonly StoredMessage[]>;
  readonly chats: readonly StoredChat[];
  readonly listed: readonly Listed[];
  readonly verified: readonly Verified[];
  /** Commands that were acknowledged and given once more: each with what it was acknowledged as then. */
  readonly repeated: readonly { readonly command: Command; readonly ackedAs: string }[];
  /** Where a text of somebody who was erased was found in the read models. */
  readonly traces: readonly string[];
  /** Whose erasure was not wholly carried out, their key included. */
  readonly unfinished: readonly string[];
}
