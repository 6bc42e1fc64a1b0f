import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { PARTITIONS } from '#domain';
import type { EventLog } from '#event-store';
import { checkpointId, type ReadModels, TIMELINE_VERSION } from '#read-models';

/** Between two looks, in milliseconds. */
const INTERVAL = 250;

/**
 * Resolves once the timeline holds all that was in the log when this was called. Of a database that was emptied, a
 * gateway would otherwise tell old messages as new ones. What the checkpoints say is compared with the log itself:
 * consumers of a former life may still be there, and have nothing pending.
 */
export async function timelineCaughtUp(log: EventLog, readModels: ReadModels, logger: LoggerService): Promise<void> {
  let target: number | null = null;
  const behind = new Set(Array.from({ length: PARTITIONS }, (_, partition) => partition));
  let said = '';
  for (;;) {
    try {
      target ??= (await log.state()).lastSeq;
      for (const partition of behind) {
        if (await isFolded(log, readModels, partition, target)) behind.delete(partition);
      }
      if (behind.size === 0) return;
      if (said === '') logger.log('waiting for the projector: the read models are behind the log');
      said = 'waiting';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (said !== reason) logger.warn(`whether the read models have caught up is not known: ${reason}`);
      said = reason;
    }
    await sleep(INTERVAL);
  }
}

async function isFolded(log: EventLog, readModels: ReadModels, partition: number, target: number): Promise<boolean> {
  const id = checkpointId('timeline', TIMELINE_VERSION, partition);
  const folded = (await readModels.checkpoints.read(id))?.seq ?? 0;
  if (folded >= target) return true;
  for await (const _ of log.read({ from: folded + 1, until: target, filter: { partition } })) return false;
  return true;
}
