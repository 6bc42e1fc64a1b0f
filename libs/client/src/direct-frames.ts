// What the server tells of direct chats.

/** A message of the direct chat API. */
export interface DirectMessage {
  readonly id: string;
  readonly chat_id: number;
  readonly sender_id: number;
  readonly receiver_id: number;
  readonly message: string;
  readonly seen: boolean;
  readonly seen_at: string | null;
  readonly created_at: string;
  /** Where it was edited: when last. */
  readonly edited_at?: string;
  /** It was taken back, or comes from somebody who is blocked; its text is empty. */
  readonly deleted?: true;
  /** Where it is a reply: the `id` of the message that it is one to. */
  readonly reply_to?: string;
  /** Its number within the chat, from 1 and without holes, and the chat's number of its last change. */
  readonly n: number;
  readonly rev: number;
}

/** A chat as one of its two people sees it. */
export interface DirectChatEntry {
  readonly id: number;
  readonly user_ids: readonly [number, number];
  /** The other side. */
  readonly receiver_id: number;
  readonly last_message: Omit<DirectMessage, 'seen' | 'seen_at' | 'reply_to' | 'rev'> | null;
  readonly unread_count: number;
  readonly created_at: string;
  readonly updated_at: string;
  /** The caller blocks the other side. */
  readonly blocked?: true;
}

export interface SeenFrame {
  readonly chat_id: number;
  readonly user_id: number;
  readonly n: number;
  readonly seen_at: string;
}

export type DirectFrame =
  | { readonly event: 'response_message'; readonly data: DirectMessage }
  | { readonly event: 'message_changed'; readonly data: Omit<DirectMessage, 'seen' | 'seen_at'> }
  | {
      readonly event: 'presence';
      readonly data: { readonly online: readonly number[]; readonly offline: readonly number[] };
    }
  | { readonly event: 'typing'; readonly data: { readonly chat_id: number; readonly user_id: number } }
  | { readonly event: 'seen'; readonly data: SeenFrame };
