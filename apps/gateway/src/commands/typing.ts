import { Inject, Injectable } from '@nestjs/common';
import { otherSide, type PublicRoom, publicRoom, refused, refusedIfSilenced } from '#domain';
import { type AskedLog, DirectChats, EventLog } from '#event-store';
import { type DirectSignal, personTopic, roomTopic, type TypingInRoom } from '../feeds/signals.js';
import { TokenBuckets } from '../socket/token-bucket.js';
import { Blocks } from './blocks.js';
import type { Caller, Outcome } from './command.js';

/** Each person is told of as typing in a room or chat every two seconds, however often they say it. */
const PACE = { perSecond: 0.5, burst: 1 };

/** Tells who types, to whoever wants to know at that moment. Nothing of it is kept. */
@Injectable()
export class Typing {
  readonly #pace = new TokenBuckets(PACE);

  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'live'>,
    @Inject(DirectChats) private readonly chats: Pick<DirectChats, 'ofPerson'>,
    @Inject(Blocks) private readonly blocks: Pick<Blocks, 'of'>,
  ) {}

  inRoom({ person }: Caller, which: PublicRoom): Outcome {
    const room = publicRoom(which, { clanId: person.clanId });
    if (!room) return refused('no_clan', 'you are in no clan', 'clan_id');
    const silenced = refusedIfSilenced(person.sanctions, room, new Date().toISOString());
    if (silenced) return silenced;
    const { id, name, avatar } = person.speaker;
    const typing: TypingInRoom = { userId: id, name, avatar };
    this.#tell(`${room} ${id}`, roomTopic(room), typing);
    return { ack: {} };
  }

  /** Who blocks them is told nothing of it. @throws LogUnavailable */
  async inChat(caller: Caller, chatId: number): Promise<Outcome> {
    const { userId } = caller.person;
    await caller.admit();
    const chat = await this.chats.ofPerson(userId, chatId);
    if (!chat) return refused('not_found', 'no such chat', 'chat_id');
    const receiverId = otherSide(chat.users, userId)!;
    const blockers = await this.blocks.of(chat.room);
    const typing: DirectSignal = { type: 'typing', chatId, userId };
    if (!blockers.includes(receiverId)) this.#tell(`${chat.room} ${userId}`, personTopic(receiverId), typing);
    return { ack: { chat_id: chatId } };
  }

  #tell(who: string, topic: string, typing: TypingInRoom | DirectSignal): void {
    if (this.#pace.take(who, performance.now())) this.log.live.signal(topic, JSON.stringify(typing));
  }
}
