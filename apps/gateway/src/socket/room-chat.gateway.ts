import { Inject, UseFilters } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { PublicRoom } from '#domain';
import {
  MessageDeleteData,
  MessageEditData,
  NewMessageData,
  NewReactionData,
  ResumeData,
  SubscribeData,
  TypingData,
} from '#protocol';
import { ChangeMessage } from '../commands/change-message.js';
import type { Outcome } from '../commands/command.js';
import { PostRoomMessage } from '../commands/post-message.js';
import { ReactToMessage } from '../commands/react.js';
import { Typing } from '../commands/typing.js';
import { ROOM_CHAT } from './endpoint.js';
import { FaultFilter } from './fault-filter.js';
import { PAYLOAD } from './payload-pipe.js';
import { Resume } from './resume.js';
import { Session } from './session.js';
import { Subscriptions } from './subscriptions.js';

/** The room chat: what is accepted comes back to everybody in the room, its sender included, as a broadcast. */
@UseFilters(FaultFilter)
@WebSocketGateway({ path: ROOM_CHAT.path })
export class RoomChatGateway {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(Resume) private readonly resumption: Resume,
    @Inject(Typing) private readonly typing: Typing,
    @Inject(Subscriptions) private readonly subscriptions: Subscriptions,
  ) {}

  @SubscribeMessage('globalMessage')
  globalMessage(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) data: NewMessageData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.post('global', session, data, id);
  }

  @SubscribeMessage('clanMessage')
  clanMessage(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) data: NewMessageData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.post('clan', session, data, id);
  }

  @SubscribeMessage('globalMessageReaction')
  globalMessageReaction(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) data: NewReactionData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.react('global', session, data, id);
  }

  @SubscribeMessage('clanMessageReaction')
  clanMessageReaction(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) data: NewReactionData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.react('clan', session, data, id);
  }

  @SubscribeMessage('globalMessageEdit')
  globalMessageEdit(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) data: MessageEditData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.change('global', session, data.message_id, data.content, id);
  }

  @SubscribeMessage('clanMessageEdit')
  clanMessageEdit(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) data: MessageEditData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.change('clan', session, data.message_id, data.content, id);
  }

  @SubscribeMessage('globalMessageDelete')
  globalMessageDelete(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) data: MessageDeleteData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.change('global', session, data.message_id, null, id);
  }

  @SubscribeMessage('clanMessageDelete')
  clanMessageDelete(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) data: MessageDeleteData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.change('clan', session, data.message_id, null, id);
  }

  @SubscribeMessage('typing')
  type(@ConnectedSocket() session: Session, @MessageBody('data', PAYLOAD) data: TypingData): Outcome {
    return this.typing.inRoom(session, data.room);
  }

  @SubscribeMessage('subscribe')
  subscribe(@ConnectedSocket() session: Session, @MessageBody('data', PAYLOAD) data: SubscribeData): Outcome {
    return this.subscriptions.set(session, data.to);
  }

  @SubscribeMessage('resume')
  resume(@ConnectedSocket() session: Session, @MessageBody('data', PAYLOAD) data: ResumeData): Promise<Outcome> {
    return this.resumption.of(session, data);
  }

  private post(room: PublicRoom, caller: Session, data: NewMessageData, id?: string): Promise<Outcome> {
    const { content, feeling } = data;
    return this.commands.execute(new PostRoomMessage(caller, room, content, feeling ?? null, id));
  }

  private change(
    room: PublicRoom,
    caller: Session,
    messageId: string,
    content: string | null,
    id?: string,
  ): Promise<Outcome> {
    return this.commands.execute(new ChangeMessage(caller, room, messageId, content, id));
  }

  private react(room: PublicRoom, caller: Session, data: NewReactionData, id?: string): Promise<Outcome> {
    const { message_id, emoji } = data;
    return this.commands.execute(new ReactToMessage(caller, room, message_id, emoji, id));
  }
}
