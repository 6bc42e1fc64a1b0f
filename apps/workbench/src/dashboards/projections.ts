import { type Dashboard, perSecond, quantiles } from './dashboard.js';

/** How far the read models are, who folds them, and how fast. */
export const projectionsDashboard: Dashboard = {
  uid: 'parley-projections',
  title: 'Parley: projections',
  sections: [
    {
      title: 'How far they are',
      panels: [
        {
          title: 'Behind the log, seconds',
          says: 'The age of the oldest event that is not folded. Served: so late people are told.',
          unit: 's',
          queries: [{ expr: 'parley:projection_lag_seconds:max', legend: '{{projection}} {{version}}' }],
        },
        {
          title: 'Behind the log, events',
          says: 'Those that are not folded yet.',
          unit: 'short',
          queries: [{ expr: 'parley:projection_lag_events:sum', legend: '{{projection}} {{version}}' }],
        },
        {
          title: 'The partitions that are furthest behind',
          says: 'One alone: a room that is very busy, or an owner that does not move.',
          unit: 'short',
          queries: [
            {
              expr: 'topk(8, max by (projection, version, partition) (parley_projection_lag_events))',
              legend: '{{projection}} {{version}} {{partition}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Who folds them',
      panels: [
        {
          title: 'Partitions',
          says: 'By projector: 16 of each projection together.',
          unit: 'short',
          stacked: true,
          queries: [
            {
              expr: 'sum by (projection, instance) (parley_projection_owned_partitions)',
              legend: '{{projection}} {{instance}}',
            },
          ],
        },
        {
          title: 'Taken over',
          says: 'Partitions that changed hands, in ten minutes. A projector that comes or goes moves its share.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (projection) (changes(parley:projection_epoch:max{version="serving"}[10m]))',
              legend: '{{projection}}',
            },
          ],
        },
        {
          title: 'At work',
          says: 'Whether a projector folds all of its share: 1 or 0.',
          unit: 'short',
          max: 1,
          queries: [{ expr: 'parley_projection_running', legend: '{{projection}} {{instance}}' }],
        },
      ],
    },
    {
      title: 'How fast',
      panels: [
        {
          title: 'Events folded',
          says: 'Those that were folded once more after a take-over too.',
          unit: 'ops',
          queries: [perSecond('parley_projection_folded_events_total', 'projection')],
        },
        {
          title: 'Documents written',
          says: 'To MongoDB.',
          unit: 'ops',
          queries: [perSecond('parley_projection_written_documents_total', 'projection')],
        },
        {
          title: 'A round',
          says: 'How long it takes to read, fold and write some events together.',
          unit: 's',
          queries: quantiles('parley_projection_round_duration_seconds', 'projection'),
        },
        {
          title: 'Rounds',
          says: 'At once after a quiet moment; under load one every 10 to 15 ms at most.',
          unit: 'ops',
          queries: [perSecond('parley_projection_rounds_total', 'projection')],
        },
        {
          title: 'Events in a round',
          says: 'The more at once, the busier it is: 2,000 at most.',
          unit: 'short',
          queries: [
            {
              expr:
                'sum by (projection) (rate(parley_projection_folded_events_total[$__rate_interval]))' +
                ' / sum by (projection) (rate(parley_projection_rounds_total[$__rate_interval]))',
              legend: '{{projection}}',
            },
          ],
        },
        {
          title: 'Processor of the projectors',
          says: 'Near 1: start another one.',
          unit: 'short',
          queries: [
            { expr: 'rate(process_cpu_seconds_total{role="projector"}[$__rate_interval])', legend: '{{instance}}' },
          ],
        },
      ],
    },
    {
      title: 'What needs somebody',
      panels: [
        {
          title: 'Dead letters',
          says: 'Those that there are, by what could not take them in.',
          unit: 'short',
          queries: [{ expr: 'max by (projection) (parley_dead_letters)', legend: '{{projection}}' }],
        },
        {
          title: 'New dead letters',
          says: 'Events that could not be folded.',
          unit: 'ops',
          queries: [perSecond('parley_projection_dead_letters_total', 'projection')],
        },
        {
          title: 'Waiting for a newer release',
          says: 'Partitions that stand still before an event that only a newer release can read.',
          unit: 'short',
          queries: [{ expr: 'sum by (projection) (parley_projection_newer_partitions)', legend: '{{projection}}' }],
        },
        {
          title: 'Rebuild',
          says: 'How much of the log the version that is being built has.',
          unit: 'percentunit',
          max: 1,
          queries: [
            { expr: 'max by (projection) (parley_projection_rebuild_progress_ratio)', legend: '{{projection}}' },
          ],
        },
      ],
    },
  ],
};
