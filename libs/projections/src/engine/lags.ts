import type { EventLog } from '#event-store';
import type { Projection } from '../projection.js';
import type { Place } from './progress.js';

/** How far the fold of one partition is behind the log. */
export interface Lag extends Place {
  readonly lagEvents: number;
  /** The age of the oldest event that is not folded, seconds by the log's clock; 0 where all are, and only there. */
  readonly lagSeconds: number;
}

/** The log's clock counts these. */
const YOUNGEST_MS = 1;

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
    const pending = consumer?.pending ?? (await log.backlog(part));
    const oldestAt = pending === 0 ? null : await log.oldestOfBacklog(part);
    // What the consumer says is older than where the fold stands: it may have been folded since.
    if (oldestAt === null) return { ...place, lagEvents: 0, lagSeconds: 0 };
    // What was stored while all this was asked is younger than the question.
    return { ...place, lagEvents: pending, lagSeconds: Math.max(YOUNGEST_MS, now - oldestAt) / 1_000 };
  };
  return Promise.all(places.map(lagAt));
}
