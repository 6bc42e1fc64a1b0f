import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { PARTITIONS } from '#domain';
import type { EventLog } from '#event-store';
import { checkpointId, type ReadModels } from '#read-models';

/** Between two looks, in milliseconds. */
const INTERVAL = 250;

/**
 * Resolves once the timeline holds all that was in the log when this was called. Of a database that was emptied, a
 * gateway would otherwise tell old messages as new ones. What the checkpoints say is compared with the log itself:
 * consumers of a former life may still be there, and have nothing pending.
 */
export async function timelineCaughtUp(log: EventLog, readModels: ReadModels, logger: LoggerService): Promise<void> {
  let targets: number[] | null = null;
  let said = '';
  for (;;) {
    try {
      targets ??= await Promise.all(partitions.map((partition) => log.lastSeq({ partition })));
      if ((await foldedUpTo(readModels)).every((seq, partition) => seq >= targets![partition]!)) return;
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

const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);

async function foldedUpTo({ checkpoints, versions }: ReadModels): Promise<number[]> {
  const serving = (await versions.read('timeline'))?.serving.number ?? 0;
  const read = partitions.map((partition) => checkpoints.read(checkpointId('timeline', serving, partition)));
  return (await Promise.all(read)).map((checkpoint) => checkpoint?.seq ?? 0);
}
