import { Logger } from '@nestjs/common';
import type { EventLog } from '#event-store';
import { type Lag, lagsAt, placesOf, type Projection, projections } from '#projections';
import type { ReadModels } from '#read-models';
import { LineLimit } from '../line-limit.js';
import type { AtEnd } from '../shutdown.js';
import { type Figure, type Labels, readOnce, type Sample } from './metrics.js';

/** While a server is away each look fails: a line within so many milliseconds. */
const INTERVAL = 60_000;

/** A version of a projection, the one that is served or the one that is built, and where it stands. */
interface Stand {
  readonly projection: string;
  readonly version: 'serving' | 'building';
  readonly lags: readonly Lag[];
}

interface Found {
  /** How many events there are in the log. */
  readonly events: number;
  readonly stands: readonly Stand[];
  /** How many dead letters there are, by what could not take them in. */
  readonly letters: ReadonlyMap<string, number>;
}

/**
 * How far the read models are behind the log, by whoever folds them: found out when it is asked for, from the log and
 * the checkpoints, so that it can be told by a process that folds nothing, and while nobody folds.
 * @param atEnd as for the servers, after which it is called: once they are let go of, nobody is warned of that
 */
export function lagFigures(log: EventLog, readModels: ReadModels, atEnd: AtEnd): Figure[] {
  let isOver = false;
  atEnd('the lag', () => {
    isOver = true;
    return Promise.resolve();
  });
  const warnings = new LineLimit(new Logger('Metrics'), { lines: 1, intervalMs: INTERVAL });
  const find = readOnce(() =>
    found(log, readModels).catch((error: unknown) => {
      if (!isOver) warnings.say(`how far the read models are behind is not known: ${(error as Error).message}`);
      throw error;
    }),
  );
  const byPartition = (value: (lag: Lag) => number) => async (): Promise<Sample[]> => {
    const { stands } = await find();
    return stands.flatMap(({ projection, version, lags }) =>
      lags.map((lag) => ({ value: value(lag), labels: { projection, version, partition: String(lag.partition) } })),
    );
  };
  const labels = ['projection', 'version', 'partition'];
  return [
    {
      name: 'parley_projection_lag_events',
      help: 'Events that are not folded yet, by what is served and what is being built.',
      type: 'gauge',
      labels,
      read: byPartition(({ lagEvents }) => lagEvents),
    },
    {
      name: 'parley_projection_lag_seconds',
      help: 'The age of the oldest event that is not folded yet; 0 where all are.',
      type: 'gauge',
      labels,
      read: byPartition(({ lagSeconds }) => lagSeconds),
    },
    {
      name: 'parley_projection_epoch',
      help: 'One more each time that a worker takes the partition over.',
      type: 'gauge',
      labels,
      read: byPartition(({ epoch }) => epoch),
    },
    {
      name: 'parley_projection_rebuild_progress_ratio',
      help: 'How much of the log is folded into the version that is being built; nothing where none is.',
      type: 'gauge',
      labels: ['projection'],
      read: async () => {
        const { events, stands } = await find();
        return stands
          .filter(({ version }) => version === 'building')
          .map(({ projection, lags }) => ({ value: progressOf(lags, events), labels: { projection } }));
      },
    },
    {
      name: 'parley_dead_letters',
      help: 'Dead letters that there are, by what could not take them in.',
      type: 'gauge',
      labels: ['projection'],
      read: async () => [...(await find()).letters].map(([projection, value]) => ({ value, labels: of(projection) })),
    },
  ];
}

const of = (projection: string): Labels => ({ projection });

function progressOf(lags: readonly Lag[], events: number): number {
  const left = lags.reduce((sum, { lagEvents }) => sum + lagEvents, 0);
  return events === 0 ? 1 : Math.max(0, 1 - left / events);
}

async function found(log: EventLog, readModels: ReadModels): Promise<Found> {
  const { messages: events, at } = await log.state();
  const letters = new Map<string, number>(Object.keys(projections).map((name) => [name, 0]));
  for (const { projection } of await log.letters.places()) letters.set(projection, (letters.get(projection) ?? 0) + 1);
  const stands = await Promise.all(Object.values(projections).map((each) => standsOf(each, log, readModels, at)));
  return { events, letters, stands: stands.flat() };
}

async function standsOf(
  projection: Pick<Projection<never>, 'name' | 'kinds'>,
  log: EventLog,
  readModels: ReadModels,
  now: number,
): Promise<Stand[]> {
  const versions = await readModels.versions.read(projection.name);
  if (!versions) return [];
  const standOf = async (version: Stand['version'], number: number): Promise<Stand> => {
    const shared = readModels.shared ? readModels : null;
    const places = await placesOf(projection, number, shared, await log.consumers());
    // One that nobody ever folded is not behind.
    const isFolded = places.some(({ owner }) => owner !== null);
    return { projection: projection.name, version, lags: isFolded ? await lagsAt(places, projection, log, now) : [] };
  };
  const { serving, building } = versions;
  return Promise.all([standOf('serving', serving.number), ...(building ? [standOf('building', building.number)] : [])]);
}
