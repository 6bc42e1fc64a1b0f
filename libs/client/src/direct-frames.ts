import type { DirectMessage } from './direct-chat.js';

// What the server tells of direct chats.

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
