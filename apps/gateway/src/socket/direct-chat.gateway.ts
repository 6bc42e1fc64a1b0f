import { Inject, UseFilters } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  type ChatCreated,
  ChatData,
  chatView,
  CreateChatData,
  CreateMessageData,
  DeleteMessageData,
  EditMessageData,
  type FrameOf,
  ResumeData,
  SubscribeData,
  userIdOf,
} from '#protocol';
import { BlockChat } from '../commands/block-chat.js';
import { ChangeMessage } from '../commands/change-message.js';
import { ChatMessages, ChatsOf } from '../commands/chat-lists.js';
import type { Outcome } from '../commands/command.js';
import { MarkChatSeen } from '../commands/mark-seen.js';
import { OpenDirectChat } from '../commands/open-chat.js';
import { PostDirectMessage } from '../commands/post-message.js';
import { Typing } from '../commands/typing.js';
import { DIRECT_CHAT } from './endpoint.js';
import { FaultFilter } from './fault-filter.js';
import { Lists } from './lists.js';
import { PAYLOAD } from './frame-handlers.js';
import { Resume } from './resume.js';
import { Session } from './session.js';
import { Subscriptions } from './subscriptions.js';

/** The direct chat: a message comes back to both sides, on all their devices; the other answers go to the caller. */
@UseFilters(FaultFilter)
@WebSocketGateway({ path: DIRECT_CHAT.path })
export class DirectChatGateway {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(Lists) private readonly lists: Lists,
    @Inject(Resume) private readonly resumption: Resume,
    @Inject(Typing) private readonly typing: Typing,
    @Inject(Subscriptions) private readonly subscriptions: Subscriptions,
  ) {}

  @SubscribeMessage('create_chat')
  async createChat(
    @ConnectedSocket() caller: Session,
    @MessageBody('data', PAYLOAD) data: CreateChatData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    const opened = await this.commands.execute(new OpenDirectChat(caller, userIdOf(data.receiver_id), id));
    if ('refusal' in opened) return opened;
    const answer: FrameOf<typeof ChatCreated> = { event: 'chat_created', data: chatView(opened) };
    return { ack: { chat_id: opened.chatId }, answer };
  }

  @SubscribeMessage('create_message')
  createMessage(
    @ConnectedSocket() caller: Session,
    @MessageBody('data', PAYLOAD) data: CreateMessageData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    const { chat_id, receiver_id, message, reply_to } = data;
    const said = new PostDirectMessage(caller, chat_id, userIdOf(receiver_id), message, reply_to ?? null, id);
    return this.commands.execute(said);
  }

  @SubscribeMessage('edit_message')
  editMessage(
    @ConnectedSocket() caller: Session,
    @MessageBody('data', PAYLOAD) { chat_id, message_id, message }: EditMessageData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.commands.execute(new ChangeMessage(caller, chat_id, message_id, message, id));
  }

  @SubscribeMessage('delete_message')
  deleteMessage(
    @ConnectedSocket() caller: Session,
    @MessageBody('data', PAYLOAD) { chat_id, message_id }: DeleteMessageData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.commands.execute(new ChangeMessage(caller, chat_id, message_id, null, id));
  }

  @SubscribeMessage('seen_message')
  seenMessage(
    @ConnectedSocket() caller: Session,
    @MessageBody('data', PAYLOAD) data: ChatData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.commands.execute(new MarkChatSeen(caller, data.chat_id, id));
  }

  @SubscribeMessage('block_chat')
  blockChat(
    @ConnectedSocket() caller: Session,
    @MessageBody('data', PAYLOAD) { chat_id }: ChatData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.commands.execute(new BlockChat(caller, chat_id, true, id));
  }

  @SubscribeMessage('unblock_chat')
  unblockChat(
    @ConnectedSocket() caller: Session,
    @MessageBody('data', PAYLOAD) { chat_id }: ChatData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.commands.execute(new BlockChat(caller, chat_id, false, id));
  }

  @SubscribeMessage('typing')
  type(@ConnectedSocket() caller: Session, @MessageBody('data', PAYLOAD) data: ChatData): Promise<Outcome> {
    return this.typing.inChat(caller, data.chat_id);
  }

  @SubscribeMessage('subscribe')
  subscribe(@ConnectedSocket() caller: Session, @MessageBody('data', PAYLOAD) data: SubscribeData): Outcome {
    return this.subscriptions.set(caller, data.to);
  }

  @SubscribeMessage('chat_messages')
  async chatMessages(
    @ConnectedSocket() caller: Session,
    @MessageBody('data', PAYLOAD) data: ChatData,
  ): Promise<Outcome> {
    const messages = await this.queries.execute(new ChatMessages(caller, data.chat_id));
    if ('refusal' in messages) return messages;
    return this.lists.give(caller, 'get_all_chat_messages', messages);
  }

  @SubscribeMessage('get_chats')
  async getChats(@ConnectedSocket() caller: Session): Promise<Outcome> {
    return this.lists.give(caller, 'updated_chat_list', await this.queries.execute(new ChatsOf(caller)));
  }

  @SubscribeMessage('resume')
  resume(@ConnectedSocket() caller: Session, @MessageBody('data', PAYLOAD) data: ResumeData): Promise<Outcome> {
    return this.resumption.of(caller, data);
  }
}
