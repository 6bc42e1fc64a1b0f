import { IsOptional } from 'class-validator';
import {
  MAX_CONTENT_LENGTH,
  MAX_FEELING_LENGTH,
  MAX_ID_LENGTH,
  MAX_REASON_LENGTH,
  MAX_SLOW_SECONDS,
  type PublicRoom,
} from '#domain';
import type { KnownPosition } from './resume.js';
import type { Topic } from './subscription.js';
import {
  ChatNumber,
  EmojiOrEmpty,
  FilledText,
  KnownRooms,
  RoomName,
  Seconds,
  ShortText,
  Time,
  Topics,
  UserNumber,
} from './text-rules.js';

// The `data` of each client frame. Fields that are not named here are tolerated, and dropped.

/** `clanMessage`, `globalMessage` */
export class NewMessageData {
  @FilledText(MAX_CONTENT_LENGTH) content!: string;
  /** Any short text: clients in the wild disagree about the list. Null is as good as none. */
  @IsOptional() @ShortText(MAX_FEELING_LENGTH) feeling?: string | null;
  /** The message that it is a reply to, one of the same room; null is as good as none. */
  @IsOptional() @FilledText(MAX_ID_LENGTH) reply_to?: string | null;
}

/** `clanMessageReaction`, `globalMessageReaction` */
export class NewReactionData {
  @FilledText(MAX_ID_LENGTH) message_id!: string;
  @EmojiOrEmpty() emoji!: string;
}

/** `clanMessageEdit`, `globalMessageEdit` */
export class MessageEditData {
  @FilledText(MAX_ID_LENGTH) message_id!: string;
  @FilledText(MAX_CONTENT_LENGTH) content!: string;
}

/** `clanMessageDelete`, `globalMessageDelete` */
export class MessageDeleteData {
  @FilledText(MAX_ID_LENGTH) message_id!: string;
  /** Why a moderator takes somebody else's away. */
  @IsOptional() @FilledText(MAX_REASON_LENGTH) reason?: string | null;
}

/** `unmute`, `unban` */
export class PersonInRoomData {
  @RoomName() room!: PublicRoom;
  @FilledText(MAX_ID_LENGTH) user_id!: string;
}

/** `ban` */
export class BanData extends PersonInRoomData {
  @IsOptional() @FilledText(MAX_REASON_LENGTH) reason?: string | null;
}

/** `mute` */
export class MuteData extends BanData {
  @Time() until!: string;
}

/** `slowMode` */
export class SlowModeData {
  @RoomName() room!: PublicRoom;
  /** 0 for no limit. */
  @Seconds(MAX_SLOW_SECONDS) seconds!: number;
}

/** `create_chat` */
export class CreateChatData {
  @UserNumber() receiver_id!: number;
}

/** `create_message` */
export class CreateMessageData {
  @ChatNumber() chat_id!: number;
  @UserNumber() receiver_id!: number;
  @FilledText(MAX_CONTENT_LENGTH) message!: string;
  /** The message that it is a reply to, one of the same chat; null is as good as none. */
  @IsOptional() @FilledText(MAX_ID_LENGTH) reply_to?: string | null;
}

/** `edit_message` */
export class EditMessageData {
  @ChatNumber() chat_id!: number;
  @FilledText(MAX_ID_LENGTH) message_id!: string;
  @FilledText(MAX_CONTENT_LENGTH) message!: string;
}

/** `delete_message` */
export class DeleteMessageData {
  @ChatNumber() chat_id!: number;
  @FilledText(MAX_ID_LENGTH) message_id!: string;
}

/** `seen_message`, `chat_messages`, `block_chat`, `unblock_chat`, `typing` at `/ws` */
export class ChatData {
  @ChatNumber() chat_id!: number;
}

/** `typing`, at `/ws/chat` */
export class TypingData {
  @RoomName() room!: PublicRoom;
}

/** `subscribe`, on both endpoints */
export class SubscribeData {
  @Topics() to!: readonly Topic[];
}

/** `resume`, on both endpoints */
export class ResumeData {
  @KnownRooms() rooms!: Readonly<Record<string, KnownPosition | null>>;
  /** The `log` of the last `resumed`, where it had one: which log the positions are of. */
  @IsOptional() @ShortText(MAX_ID_LENGTH) log?: string | null;
}
