interface StoredEvent {
  /** Its place in the log. */
  readonly seq: number;
  readonly type: string;
  readonly version: number;
  /** When the log stored it, by the log's own clock. */
  readonly storedAt: string;
  readonly partition: number;
  readonly [field: string]: unknown;
}

/** An event, as the log has it: with what it says as further fields. */
export interface LogEvent extends StoredEvent {
  /** When it was decided, ISO 8601. */
  readonly at: string;
  readonly room: string;
  /** Texts in it are null: their person was erased, or the server has no key for them. */
  readonly erased?: true;
  readonly sealed?: true;
}

/** An event that the server cannot read. */
export interface UnreadableLogEvent extends StoredEvent {
  readonly room: string | null;
  /** Why. */
  readonly unreadable: string;
}

/** An event is folded: the timeline shows it. */
export interface LogFold {
  /** Of the event. */
  readonly seq: number;
  readonly projection: string;
  /** Of the projection. */
  readonly version: number;
  /** When the query side heard of it, by its own clock, ISO 8601. */
  readonly at: string;
}

/** What comes of the log. `progress`: all up to `seq` was told; null where it is looked for where the `last` begin. */
export type LogLine =
  | { readonly kind: 'event'; readonly event: LogEvent }
  | { readonly kind: 'unreadable'; readonly event: UnreadableLogEvent }
  | { readonly kind: 'folded'; readonly fold: LogFold }
  | { readonly kind: 'progress'; readonly seq: number | null }
  | { readonly kind: 'end'; readonly seq: number };

export interface LogSelection {
  /** A sequence of the log, or a time; the first where it is not given. */
  readonly from?: number | string;
  readonly until?: number | string;
  /** Instead of `from`: the last so many. */
  readonly last?: number;
  readonly room?: string;
  /** Whose doing it is, or whom it is about. */
  readonly user?: string;
  readonly types?: readonly string[];
  /** It ends after so many. */
  readonly limit?: number;
}

export interface LogReading {
  /** Goes on with what is stored from then on. */
  readonly follow?: boolean;
  /** Says of each event that is folded while it is followed, as far as that is told. */
  readonly folds?: boolean;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** A message as it was. What is not to be had is null: its person was erased, or the server has no key for it. */
export interface MessageThen {
  readonly n: number;
  readonly rev: number;
  readonly messageId: string;
  readonly at: string;
  readonly sender: { readonly id: string; readonly name: string | null; readonly avatar: string | null };
  readonly content: string | null;
  readonly feeling: string | null;
  readonly replyTo: string | null;
  readonly reactions: readonly { readonly userId: string; readonly userName: string | null; readonly emoji: string }[];
  readonly editedAt: string | null;
  readonly deleted: boolean;
  readonly erased?: true;
  readonly sealed?: true;
}

export interface DirectChatThen {
  /** Up to which message each of the two has seen it. */
  readonly seen: readonly { readonly userId: string; readonly n: number }[];
  /** Who of the two blocks the other. */
  readonly blockers: readonly string[];
}

/** An event of a room, and the messages that it left otherwise than they were. */
export interface RoomStep {
  readonly seq: number;
  /** When the log stored it. */
  readonly at: string;
  readonly type: string;
  readonly messages: readonly MessageThen[];
  /** Null where it is no direct chat. */
  readonly chat: DirectChatThen | null;
}

/** A room as it was, folded from the log. */
export interface RoomThen {
  readonly room: string;
  /** Its last event until then, and when the log stored it. */
  readonly seq: number;
  readonly at: string | null;
  /** The last ones, oldest first. */
  readonly messages: readonly MessageThen[];
  readonly changes: readonly object[];
  readonly chat: DirectChatThen | null;
  readonly unfoldable: readonly { readonly seq: number; readonly reason: string }[];
  /** Where they were asked for. */
  readonly steps?: readonly RoomStep[];
}

export interface RoomThenOptions {
  /** How many messages, of the last; 1,000 by default. */
  readonly last?: number;
  /** How many of the events after that. */
  readonly steps?: number;
}

/** What a line says. */
export function logLine(line: Readonly<Record<string, unknown>>): LogLine {
  if (line['progress'] === true) return { kind: 'progress', seq: line['seq'] as number | null };
  if (line['end'] === true) return { kind: 'end', seq: line['seq'] as number };
  if (line['folded'] === true) {
    const { seq, projection, version, at } = line as unknown as LogFold;
    return { kind: 'folded', fold: { seq, projection, version, at } };
  }
  return 'unreadable' in line
    ? { kind: 'unreadable', event: line as unknown as UnreadableLogEvent }
    : { kind: 'event', event: line as unknown as LogEvent };
}
