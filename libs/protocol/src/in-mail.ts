import type { MessageCreated } from '#domain';
import { receiverOf, userNumberOf } from './direct-chat.js';

// What the in-mail webhook is sent, as JSON.

/** Its consumer is called so, and so is the projection of its dead letters. */
export const IN_MAIL = 'inmail';

/** A direct message came for somebody who is offline. */
export interface InMailNotice {
  readonly type: 'in_mail';
  readonly chat_id: number;
  readonly message_id: string;
  readonly sender_id: number | null;
  readonly receiver_id: number | null;
  readonly message: string;
  readonly created_at: string;
}

/** Nothing came: an operator sees whether the webhook is reached. */
export interface InMailTest {
  readonly type: 'in_mail_test';
  readonly created_at: string;
}

export const inMailNotice = (event: MessageCreated, chatId: number): InMailNotice => ({
  type: 'in_mail',
  chat_id: chatId,
  message_id: event.messageId,
  sender_id: userNumberOf(event.sender.id),
  receiver_id: userNumberOf(receiverOf(event)),
  message: event.content,
  created_at: event.at,
});
