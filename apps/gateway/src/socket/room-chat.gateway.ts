import { Inject, UseFilters } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { type PublicRoom, eventTime } from '#domain';
import {
  BanData,
  MessageDeleteData,
  MessageEditData,
  MuteData,
  NewMessageData,
  NewReactionData,
  PersonInRoomData,
  ResumeData,
  SlowModeData,
  SubscribeData,
  TypingData,
} from '#protocol';
import { ChangeMessage } from '../commands/change-message.js';
import type { Outcome } from '../commands/command.js';
import { Moderate, type Order } from '../commands/moderate.js';
import { PostRoomMessage } from '../commands/post-message.js';
import { ReactToMessage } from '../commands/react.js';
import { Typing } from '../commands/typing.js';
import { ROOM_CHAT } from './endpoint.js';
import { FaultFilter } from './fault-filter.js';
import { PAYLOAD } from './frame-handlers.js';
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
    return this.change('global', session, data.message_id, null, id, data.reason);
  }

  @SubscribeMessage('clanMessageDelete')
  clanMessageDelete(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) data: MessageDeleteData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.change('clan', session, data.message_id, null, id, data.reason);
  }

  @SubscribeMessage('mute')
  mute(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) { room, user_id, until, reason }: MuteData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    const order = {
      what: 'mute',
      userId: user_id,
      until: eventTime(until)!,
      ...(reason != null && { reason }),
    } as const;
    return this.moderate(room, session, order, id);
  }

  @SubscribeMessage('unmute')
  unmute(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) { room, user_id }: PersonInRoomData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.moderate(room, session, { what: 'unmute', userId: user_id }, id);
  }

  @SubscribeMessage('ban')
  ban(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) { room, user_id, reason }: BanData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.moderate(room, session, { what: 'ban', userId: user_id, ...(reason != null && { reason }) }, id);
  }

  @SubscribeMessage('unban')
  unban(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) { room, user_id }: PersonInRoomData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.moderate(room, session, { what: 'unban', userId: user_id }, id);
  }

  @SubscribeMessage('slowMode')
  slowMode(
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) { room, seconds }: SlowModeData,
    @MessageBody('id') id?: string,
  ): Promise<Outcome> {
    return this.moderate(room, session, { what: 'slowMode', seconds }, id);
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
    const { content, feeling, reply_to } = data;
    return this.commands.execute(new PostRoomMessage(caller, room, content, feeling ?? null, reply_to ?? null, id));
  }

  private change(
    room: PublicRoom,
    caller: Session,
    messageId: string,
    content: string | null,
    id?: string,
    reason?: string | null,
  ): Promise<Outcome> {
    return this.commands.execute(new ChangeMessage(caller, room, messageId, content, id, reason));
  }

  private moderate(room: PublicRoom, caller: Session, order: Order, id?: string): Promise<Outcome> {
    return this.commands.execute(new Moderate(caller, room, order, id));
  }

  private react(room: PublicRoom, caller: Session, data: NewReactionData, id?: string): Promise<Outcome> {
    const { message_id, emoji } = data;
    return this.commands.execute(new ReactToMessage(caller, room, message_id, emoji, id));
  }
}
