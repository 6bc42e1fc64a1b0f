import type { EventLog } from '#event-store';
import type { Projection } from '../projection.js';
import type { Place } from './progress.js';

/** How far the fold of one partition is behind the log. */
export interface Lag extends Place {
  readonly lagEvents: number;
  /** The age of the oldest event that is not folded, seconds by the log's clock; 0 where all are. */
  readonly lagSeconds: number;
}

/**
 * How far a projection that stands at these places is behind.
 * @param now by the log's clock, in milliseconds since 1970
 * @throws LogUnavailable
 */
export function lagsAt(
  places: readonly Place[],
  { kinds }: Pick<Projection<never>, 'kinds'>,
  log: Pick<EventLog, 'backlog' | 'oldestOfBacklog'>,
  now: number,
): Promise<Lag[]> {
  const lagAt = async (place: Place): Promise<Lag> => {
    const { partition, position, consumer } = place;
    const part = { partition, ...(kinds && { kinds }), from: position + 1 };
    const lagEvents = consumer?.pending ?? (await log.backlog(part));
    const oldestAt = lagEvents === 0 ? null : await log.oldestOfBacklog(part);
    const lagSeconds = oldestAt === null ? 0 : Math.max(0, (now - oldestAt) / 1_000);
    return { ...place, lagEvents, lagSeconds };
  };
  return Promise.all(places.map(lagAt));
}
