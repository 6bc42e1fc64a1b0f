import { type DynamicModule, Module } from '@nestjs/common';
import { EventLog } from '#event-store';
import { HealthModule } from '#http';
import { Looks } from '#operations';
import { type Health, Tokens } from '#platform';
import type { ReadModels } from '#read-models';
import { OperationsController } from './operations.controller.js';
import { REBUILT, Rebuilds, WAITS_FOR_NEWER } from './rebuilds.js';

/** What the routes for operators work with, by the rights of chatctl. Its owner connects it, and closes it. */
export interface OperationsParts {
  readonly log: EventLog;
  readonly readModels: ReadModels;
  readonly tokens: Tokens;
  readonly waitsForNewer: boolean;
  /** Served beside them where nothing else is in this process. */
  readonly health?: Health;
}

/** HTTP for operators: the status, dead letters, versions, rebuilds. */
@Module({})
export class OperationsModule {
  static of({ log, readModels, tokens, waitsForNewer, health }: OperationsParts): DynamicModule {
    // Of read models in the memory of this process chatctl sees no more than the consumers tell; this is the same.
    const shared = readModels.shared ? readModels : null;
    return {
      module: OperationsModule,
      imports: health ? [HealthModule.of(health)] : [],
      controllers: [OperationsController],
      providers: [
        { provide: EventLog, useValue: log },
        { provide: Tokens, useValue: tokens },
        { provide: REBUILT, useValue: shared },
        { provide: WAITS_FOR_NEWER, useValue: waitsForNewer },
        { provide: Looks, useValue: new Looks({ log, readModels: shared }) },
        Rebuilds,
      ],
    };
  }
}
