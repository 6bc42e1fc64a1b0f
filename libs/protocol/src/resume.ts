// How a client goes on in its rooms after a reconnect, the same on both endpoints.

/** A place within a room: `n` counts its messages, `rev` its changes. */
export interface RoomPosition {
  readonly n: number;
  readonly rev: number;
}

/** Up to where a client knows a room; in a clan it may say of which. */
export interface KnownPosition extends RoomPosition {
  readonly clan_id?: string;
}

/** What became of one room of a resume. */
export type ResumedRoom =
  /** Everything up to `to` was told just now or before; what comes after it is told as it happens. */
  | { readonly from: RoomPosition; readonly to: RoomPosition; readonly recovered: true }
  /** Nothing was told of what came up to `to`: the client reads the history. */
  | { readonly from: RoomPosition; readonly to: RoomPosition; readonly recovered: false }
  /** There is no such room, or it is not theirs. */
  | { readonly recovered: false; readonly code: 'not_found' };

/** The answer to `resume`, by the names that the client gave. */
export interface ResumedView {
  readonly rooms: Readonly<Record<string, ResumedRoom>>;
}

/**
 * What a frame carries beside a message where the message's own `n` and `rev` do not say up to where everything of its
 * room was told.
 */
export const positionBeside = (message: RoomPosition, told: RoomPosition): { readonly position?: RoomPosition } =>
  message.n === told.n && message.rev === told.rev ? {} : { position: { n: told.n, rev: told.rev } };
