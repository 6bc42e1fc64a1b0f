import { type Dashboard, perSecond, quantiles } from './dashboard.js';

/** NATS and MongoDB as Parley sees them: what they take to answer, and whether they do. */
export const servers: Dashboard = {
  uid: 'parley-servers',
  title: 'Parley: NATS and MongoDB',
  sections: [
    {
      title: 'NATS: the log',
      panels: [
        {
          title: 'Until an event is known',
          says: 'Stored or not: with the sync to the disk. The senders of messages wait for it.',
          unit: 's',
          queries: quantiles('parley_log_append_duration_seconds'),
        },
        {
          title: 'Events by what became of them',
          says: '`conflict` is decided again; `not_stored` and `unknown` are told to who sent them.',
          unit: 'ops',
          stacked: true,
          queries: [perSecond('parley_log_appends_total', 'outcome')],
        },
        {
          title: 'Under way',
          says: 'Events of which it is not known yet what became of them: what grows here NATS does not keep up with.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (role, instance) (parley_log_appends_in_flight)',
              legend: '{{role}} {{instance}}',
            },
          ],
        },
        {
          title: 'An answer',
          says: 'How long NATS takes for what it is asked, appends apart.',
          unit: 's',
          queries: quantiles('parley_nats_answer_duration_seconds', 'role'),
        },
        {
          title: 'Connected',
          says: '1, or 0 while a process has no connection.',
          unit: 'short',
          max: 1,
          queries: [{ expr: 'parley_nats_connected', legend: '{{role}} {{instance}}' }],
        },
        {
          title: 'Reconnected',
          says: 'In five minutes. Now and then is a server that was restarted; all the time is a network.',
          unit: 'short',
          queries: [{ expr: 'sum by (role) (increase(parley_nats_reconnects_total[5m]))', legend: '{{role}}' }],
        },
      ],
    },
    {
      title: 'MongoDB: the read models',
      panels: [
        {
          title: 'An operation',
          says: 'How long it takes, those that failed too.',
          unit: 's',
          queries: quantiles('parley_mongodb_operation_duration_seconds', 'role'),
        },
        {
          title: 'Operations',
          says: 'By role.',
          unit: 'ops',
          queries: [perSecond('parley_mongodb_operation_duration_seconds_count', 'role')],
        },
        {
          title: 'Failed',
          says: 'Since the server was away.',
          unit: 'ops',
          queries: [perSecond('parley_mongodb_failures_total', 'role')],
        },
        {
          title: 'Back again',
          says: 'How often a server answered again after it had been away, in five minutes.',
          unit: 'short',
          queries: [{ expr: 'sum by (role) (increase(parley_mongodb_reconnects_total[5m]))', legend: '{{role}}' }],
        },
      ],
    },
  ],
};
