import type { Figure, Metrics } from '#platform';
import type { Runner } from '#projections';

type Folding = Pick<Runner<unknown>, 'projection' | 'counters' | 'owned' | 'newer' | 'state'>;

/** How long the rounds of each projection take. */
export function observeRounds(metrics: Metrics): (projection: string, seconds: number) => void {
  const observe = metrics.histogram({
    name: 'parley_projection_round_duration_seconds',
    help: 'How long a round of a projection took: events read, folded and written together.',
    labels: ['projection'],
  });
  return (projection, seconds) => {
    observe(seconds, { projection });
  };
}

/** What this process folds, by the workers that there are by then. They begin anew where another version of the projection is folded. */
export function projectionFigures(workers: () => readonly Folding[]): Figure[] {
  const each = (value: (worker: Folding) => number) => () =>
    workers().map((worker) => ({ value: value(worker), labels: { projection: worker.projection } }));
  const labels = ['projection'];
  return [
    {
      name: 'parley_projection_rounds_total',
      help: 'Rounds: events read, folded and written together.',
      type: 'counter',
      labels,
      read: each(({ counters }) => counters.rounds),
    },
    {
      name: 'parley_projection_folded_events_total',
      help: 'Events that were folded, those that were folded once more too.',
      type: 'counter',
      labels,
      read: each(({ counters }) => counters.folded),
    },
    {
      name: 'parley_projection_written_documents_total',
      help: 'Documents that were written.',
      type: 'counter',
      labels,
      read: each(({ counters }) => counters.documents),
    },
    {
      name: 'parley_projection_dead_letters_total',
      help: 'Events that could not be folded.',
      type: 'counter',
      labels,
      read: each(({ counters }) => counters.deadLetters),
    },
    {
      name: 'parley_projection_owned_partitions',
      help: 'Partitions that this process folds; 16 of all processes together.',
      type: 'gauge',
      labels,
      read: each(({ owned }) => owned.length),
    },
    {
      name: 'parley_projection_newer_partitions',
      help: 'Of those, how many stand still before an event that only a newer release can read.',
      type: 'gauge',
      labels,
      read: each(({ newer }) => newer.length),
    },
    {
      name: 'parley_projection_running',
      help: 'Whether it folds all of its share: 1 or 0.',
      type: 'gauge',
      labels,
      read: each(({ state }) => Number(state === 'running')),
    },
  ];
}
