import type { EventLog } from '#event-store';
import type { ReadModels } from '#read-models';

/** What a system stands on: a log, read models, and who folds the one into the other. */
export interface Ground {
  readonly log: EventLog;
  readonly readModels: ReadModels;
  /** The log as another process has it. */
  connect(servers?: string): Promise<EventLog>;
  startProjections(): Promise<void>;
  stopProjections(): Promise<void>;
  stop(): Promise<void>;
}
