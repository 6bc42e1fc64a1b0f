import type { Room } from '#domain';
import type { MessageDocument, ReactionView } from '../timeline/documents.js';
import type { ChatThen, RoomThen } from './room-then.js';
import type { TextsThen } from './texts-then.js';

// A room as it was, for whoever asks for it in JSON.

/** Texts that are not to be had are null, and it is said why. */
export interface MessageThenView {
  readonly n: number;
  readonly rev: number;
  readonly messageId: string;
  readonly at: string;
  readonly sender: { readonly id: string; readonly name: string | null; readonly avatar: string | null };
  readonly content: string | null;
  readonly feeling: string | null;
  readonly replyTo: string | null;
  readonly reactions: readonly (Omit<ReactionView, 'userName'> & { readonly userName: string | null })[];
  readonly editedAt: string | null;
  readonly deleted: boolean;
  readonly erased?: true;
  readonly sealed?: true;
}

export interface RoomThenView extends Pick<RoomThen, 'changes' | 'chat' | 'unfoldable'> {
  readonly room: Room;
  /** The last event of the room until then, and when the log stored it. */
  readonly seq: number;
  readonly at: string | null;
  readonly messages: readonly MessageThenView[];
}

/** What one event of a room came to. */
export interface RoomStep {
  readonly seq: number;
  /** When the log stored it, ISO 8601. */
  readonly at: string;
  /** Empty where the record does not say. */
  readonly type: string;
  /** Those that are new, or others than before. */
  readonly messages: readonly MessageThenView[];
  readonly chat: ChatThen | null;
}

export function roomThenView({ room, seq, storedAt, messages, texts, ...rest }: RoomThen): RoomThenView {
  const { changes, chat, unfoldable } = rest;
  const shown = messages.map((message) => messageThenView(message, texts));
  return { room, seq, at: isoOf(storedAt), messages: shown, changes, chat, unfoldable };
}

export function messageThenView(message: MessageDocument, texts: TextsThen): MessageThenView {
  const { n, rev, messageId, at, sender, content, feeling } = message;
  const { replyTo = null, editedAt = null, deleted = false } = message;
  const reactions = message.reactions.map((reaction) => ({
    ...reaction,
    ...(texts.goneOfReaction(messageId, reaction.userId) && { userName: null }),
  }));
  const gone = texts.goneOf(messageId);
  const said = gone
    ? { sender: { id: sender.id, name: null, avatar: null }, content: null, feeling: null }
    : { sender, content, feeling };
  return { n, rev, messageId, at, ...said, replyTo, reactions, editedAt, deleted, ...(gone && { [gone]: true }) };
}

/** ISO 8601 of ms since 1970. */
export const isoOf = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
