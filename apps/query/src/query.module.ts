import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { DirectChats, EventLog, People } from '#event-store';
import { HealthModule } from '#http';
import { type Health, Tokens } from '#platform';
import { Moderation, ServedDirectory, ServedStats, ServedTimeline } from '#projections';
import { type ReadModels } from '#read-models';
import { AuditController, ReadAuditHandler } from './audit/audit.controller.js';
import { ChatsController, ListChatsHandler, ReadMessagesHandler } from './chats.controller.js';
import { ExportController } from './export/export.controller.js';
import { Exports } from './export/exports.js';
import { HistoryController, ReadHistoryHandler } from './history.js';
import { LIST_LIMITS, type ListLimits } from './in-turn.js';
import { LogController } from './log/log.controller.js';
import { FoldsHeard } from './log/folds-heard.js';
import { Readings } from './log/readings.js';
import { ReadRoomThenHandler } from './log/room-then.js';
import { ChangeMemberHandler, ListMembersHandler, MembersController } from './members.js';
import { ChangePlayerHandler, ErasePlayerHandler, PlayersController, ReadPlayerHandler } from './players.js';
import { RevocationsController, RevokePersonHandler, RevokeTokenHandler } from './revocations.js';
import { RoomsController, SetSlowModeHandler, TakeMessageAwayHandler } from './rooms.js';
import { ChangeSanctionsHandler, SanctionsController } from './sanctions.js';
import { ListDaysHandler, StatsController } from './stats.js';
import {
  DirectThreadsController,
  ReadDirectThreadHandler,
  ReadRoomThreadHandler,
  RoomThreadsController,
} from './threads.js';

/** What the query side works with. Its owner connects it, adds the checks to `health`, and closes it. */
export interface QueryParts {
  readonly log: EventLog;
  readonly readModels: ReadModels;
  readonly tokens: Tokens;
  readonly health: Health;
  readonly limits: ListLimits;
}

/** HTTP: the history, the chats, and what the surrounding application tells and asks. */
@Module({})
export class QueryModule {
  static of({ log, readModels, tokens, health, limits }: QueryParts): DynamicModule {
    return {
      module: QueryModule,
      imports: [CqrsModule, HealthModule.of(health)],
      controllers: [
        ...[HistoryController, ChatsController, RoomThreadsController, DirectThreadsController, StatsController],
        ...[MembersController, PlayersController, RevocationsController],
        ...[AuditController, ExportController, LogController],
        ...[SanctionsController, RoomsController],
      ],
      providers: [
        { provide: EventLog, useValue: log },
        { provide: Tokens, useValue: tokens },
        { provide: People, useValue: new People(log) },
        { provide: DirectChats, useValue: new DirectChats(log) },
        { provide: Moderation, useValue: new Moderation(log) },
        { provide: ServedTimeline, useValue: new ServedTimeline(readModels) },
        { provide: ServedDirectory, useValue: new ServedDirectory(readModels) },
        { provide: ServedStats, useValue: new ServedStats(readModels) },
        { provide: Exports, useValue: new Exports() },
        { provide: FoldsHeard, useValue: new FoldsHeard(log.live) },
        { provide: Readings, useValue: new Readings() },
        { provide: LIST_LIMITS, useValue: limits },
        ReadHistoryHandler,
        ListChatsHandler,
        ReadMessagesHandler,
        ReadRoomThreadHandler,
        ReadDirectThreadHandler,
        ChangeMemberHandler,
        ListMembersHandler,
        ChangePlayerHandler,
        ErasePlayerHandler,
        ReadPlayerHandler,
        ListDaysHandler,
        RevokePersonHandler,
        RevokeTokenHandler,
        ReadAuditHandler,
        ReadRoomThenHandler,
        ChangeSanctionsHandler,
        SetSlowModeHandler,
        TakeMessageAwayHandler,
      ],
    };
  }
}
