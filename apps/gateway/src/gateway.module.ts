import { randomBytes } from 'node:crypto';
import { type DynamicModule, type INestApplication, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { keySequence, type WordFilter } from '#domain';
import { DirectChats, EventLog } from '#event-store';
import { HealthModule } from '#http';
import { Health, servedCheck, Tokens } from '#platform';
import { type CaughtUp, caughtUpWith, foldedWith, Moderation, ServedTimeline, timeline } from '#projections';
import { type ReadModels } from '#read-models';
import { Allowance } from './commands/allowance.js';
import { BlockChatHandler } from './commands/block-chat.js';
import { Blocks } from './commands/blocks.js';
import { ChatSocketAdapter } from './socket/chat-socket.adapter.js';
import { Closings } from './socket/closings.js';
import { ChangeMessageHandler } from './commands/change-message.js';
import { ChatMessagesHandler, ChatsOfHandler } from './commands/chat-lists.js';
import { checkedWordFilter, WORD_FILTER } from './commands/checked-word-filter.js';
import { KnownMessages } from './commands/known-messages.js';
import { MarkChatSeenHandler } from './commands/mark-seen.js';
import { ModerateHandler } from './commands/moderate.js';
import { OpenDirectChatHandler } from './commands/open-chat.js';
import { PostDirectMessageHandler, PostRoomMessageHandler } from './commands/post-message.js';
import { ReactToMessageHandler } from './commands/react.js';
import { DirectChatGateway } from './socket/direct-chat.gateway.js';
import { Drain } from './socket/drain.js';
import { Hub } from './feeds/hub.js';
import { DueNotices } from './in-mail/due-notices.js';
import { InMail } from './in-mail/in-mail.js';
import { Lists } from './socket/lists.js';
import { GatewaysController } from './socket/gateways.controller.js';
import { OnlineController } from './socket/online.controller.js';
import { Reception } from './socket/reception.js';
import { RecentMessages } from './commands/recent-messages.js';
import { SlowModes } from './commands/slow-modes.js';
import { Presence } from './presence/presence.js';
import { Resume } from './socket/resume.js';
import { RoomChatGateway } from './socket/room-chat.gateway.js';
import { SocketAddressController } from './socket/socket-address.js';
import { Subscriptions } from './socket/subscriptions.js';
import { Typing } from './commands/typing.js';
import { Traffic } from './traffic.js';
import { CAUGHT_UP, COMMAND_KEYS, FOLDED_IN, type GatewaySettings, SETTINGS } from './settings.js';

/** What a gateway needs and does not own: whoever made it ends it. */
export interface GatewayParts {
  readonly settings: GatewaySettings;
  readonly log: EventLog;
  readonly readModels: ReadModels;
  readonly tokens: Tokens;
  /** Gets the checks of the gateway. */
  readonly health: Health;
  /** Upgrades are answered with 503 until the timeline that is served has caught up; by default with the log. */
  readonly caughtUp?: CaughtUp;
  /** What becomes of texts before they are said; by default they are left as they are. */
  readonly wordFilter?: WordFilter;
  /** Where what goes over the sockets is counted: for who reads it. */
  readonly traffic?: Traffic;
}

/** The sockets of both APIs and `GET /online`; may be joined with other modules in one application on one port. */
@Module({})
export class GatewayModule {
  static of({ settings, log, readModels, tokens, health, caughtUp, wordFilter, traffic }: GatewayParts): DynamicModule {
    const served = new ServedTimeline(readModels);
    health.add('read models', () => readModels.ping());
    health.add('timeline', servedCheck(served));
    return {
      module: GatewayModule,
      imports: [CqrsModule, HealthModule.of(health)],
      controllers: [OnlineController, GatewaysController, SocketAddressController],
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: EventLog, useValue: log },
        { provide: ServedTimeline, useValue: served },
        { provide: Tokens, useValue: tokens },
        { provide: Traffic, useValue: traffic ?? new Traffic() },
        { provide: Health, useValue: health },
        { provide: CAUGHT_UP, useValue: caughtUp ?? caughtUpWith(log, timeline, readModels) },
        { provide: FOLDED_IN, useValue: foldedWith(timeline, readModels) },
        { provide: COMMAND_KEYS, useValue: keySequence(randomBytes(8)) },
        { provide: DirectChats, useValue: new DirectChats(log) },
        { provide: Moderation, useValue: new Moderation(log) },
        { provide: WORD_FILTER, useValue: wordFilter ? checkedWordFilter(wordFilter) : null },
        ...[
          Hub,
          Presence,
          Allowance,
          Subscriptions,
          Typing,
          Reception,
          Closings,
          Lists,
          Resume,
          Drain,
          DueNotices,
          InMail,
          RecentMessages,
          KnownMessages,
          SlowModes,
          Blocks,
          RoomChatGateway,
          DirectChatGateway,
        ],
        ...[PostRoomMessageHandler, PostDirectMessageHandler, ReactToMessageHandler, ChangeMessageHandler],
        ...[ModerateHandler, OpenDirectChatHandler, MarkChatSeenHandler, BlockChatHandler],
        ...[ChatMessagesHandler, ChatsOfHandler],
      ],
    };
  }
}

/** To be called on the application before it listens. */
export async function useChatSockets(app: INestApplication): Promise<void> {
  const adapter = new ChatSocketAdapter(app);
  app.useWebSocketAdapter(adapter);
  await adapter.openSocketIo();
}
