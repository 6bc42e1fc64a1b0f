import type { Connection } from './connection.js';
import { LogUnavailable } from './log-unavailable.js';

/** One that is cut off takes itself for the leader for 10 s; those that follow one speak up every second. */
const HEARD_MS = 3_000;

/**
 * Resolves once the leader of a stream has shown that it leads: that most of the servers that hold it were heard just now.
 * What it is asked afterwards it answers by all that was stored.
 * @throws LogUnavailable
 */
export async function whenLed(connection: Connection, stream: string): Promise<void> {
  const { streams } = connection.jetstream;
  const { cluster } = await connection.answerOfStream(stream, () => streams.info(stream));
  const others = cluster?.replicas ?? [];
  const heard = others.filter(({ active, offline }) => !offline && active < HEARD_MS * 1_000_000).length;
  if ((heard + 1) * 2 > others.length + 1) return;
  throw new LogUnavailable('the log is away: the server that is asked is cut off from the others');
}
