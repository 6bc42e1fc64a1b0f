import { PARTITIONS } from '#domain';
import type { AskedLog } from '#event-store';
import { checkpointsOf, type ReadModels } from '#read-models';

/** Whether a version of the timeline can be followed: it holds all that the log held when it was first asked about. */
export type CaughtUp = (version: number) => Promise<boolean>;

/**
 * By what its checkpoints say and where the log itself ends. Of a version that is only being folded a gateway would tell
 * old messages as new ones. Consumers tell nothing of it: those of a former life may be there, and have nothing pending.
 */
export function caughtUpWith(
  log: Pick<AskedLog, 'lastSeq'>,
  { checkpoints }: Pick<ReadModels, 'checkpoints'>,
): CaughtUp {
  let asked: { readonly version: number; readonly ends: readonly number[] } | null = null;
  return async (version) => {
    if (asked?.version !== version) {
      const ends = Array.from({ length: PARTITIONS }, (_, partition) => log.lastSeq({ partition }));
      asked = { version, ends: await Promise.all(ends) };
    }
    const { ends } = asked;
    const stored = await checkpointsOf(checkpoints, 'timeline', version);
    return stored.every((checkpoint, partition) => (checkpoint?.seq ?? 0) >= ends[partition]!);
  };
}
