import type { ChatListEntryView, DirectMessageView, RoomMessageView } from '../../protocol/src/index.js';
import type { DirectChatEntry, DirectMessage, RoomMessage } from '../src/index.js';

// The package brings the server's shapes along, in types of its own: where one of the two changes, this does not compile.

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

export const shapes: readonly [
  Same<RoomMessage, RoomMessageView>,
  Same<DirectMessage, DirectMessageView>,
  Same<DirectChatEntry, ChatListEntryView>,
] = [true, true, true];
