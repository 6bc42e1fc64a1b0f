import { type Dashboard, perSecond, quantiles } from './dashboard.js';

/** Whether people are served, in the first row; and why not, in the others. */
export const overview: Dashboard = {
  uid: 'parley-overview',
  title: 'Parley: overview',
  sections: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Alerts',
          says: 'How many fire: docs/runbook.md has a heading for each.',
          unit: 'short',
          stat: { redFrom: 1 },
          queries: [{ expr: 'count(ALERTS{alertname=~"Parley.*", alertstate="firing"}) or vector(0)' }],
        },
        {
          title: 'People',
          says: 'Connected to some gateway; somebody on two gateways counts twice.',
          unit: 'short',
          stat: {},
          queries: [{ expr: 'sum(parley_gateway_people)' }],
        },
        {
          title: 'Commands',
          says: 'Messages, edits, reactions and what else people ask for that is stored.',
          unit: 'reqps',
          stat: {},
          queries: [{ expr: 'parley:commands:rate5m' }],
        },
        {
          title: 'Not carried out',
          says: 'Of the commands of an hour. The objective is 0.1 %.',
          unit: 'percentunit',
          stat: { redFrom: 0.001 },
          queries: [{ expr: 'parley:commands_failed:ratio1h' }],
        },
        {
          title: 'Slow',
          says: 'Of the commands of an hour, those that took longer than half a second. The objective is 1 %.',
          unit: 'percentunit',
          stat: { redFrom: 0.01 },
          queries: [{ expr: 'parley:commands_slow:ratio1h' }],
        },
        {
          title: 'Behind the log',
          says: 'The age of the oldest event that is not in the read models: so late people are told.',
          unit: 's',
          stat: { redFrom: 10 },
          queries: [{ expr: 'max(parley:projection_lag_seconds:max{version="serving"})' }],
        },
        {
          title: 'Dead letters',
          says: 'Events that a projection could not take in, and notices that a webhook did not take.',
          unit: 'short',
          stat: { redFrom: 1 },
          queries: [{ expr: 'sum(max by (projection) (parley_dead_letters))' }],
        },
        {
          title: 'Rebuild',
          says: 'How much of the log a version that is being built has; empty where none is.',
          unit: 'percentunit',
          stat: {},
          queries: [{ expr: 'min(parley_projection_rebuild_progress_ratio)' }],
        },
      ],
    },
    {
      title: 'What people notice',
      panels: [
        {
          title: 'Commands by what became of them',
          says: 'Whatever is not `decided` people have to send again.',
          unit: 'reqps',
          stacked: true,
          queries: [perSecond('parley_gateway_commands_total', 'outcome')],
        },
        {
          title: 'Until a command is known',
          says: 'How long the sender of a frame waits for its ack or nack.',
          unit: 's',
          queries: quantiles('parley_gateway_command_duration_seconds'),
        },
        {
          title: 'Told to people',
          says: 'Messages and changes, for each connection that they are written to.',
          unit: 'ops',
          queries: [perSecond('parley_gateway_deliveries_total')],
        },
      ],
    },
    {
      title: 'The parts',
      panels: [
        {
          title: 'Processes that answer',
          says: 'Of each role, those that can be scraped.',
          unit: 'short',
          queries: [{ expr: 'sum by (role) (up{job="parley"})', legend: '{{role}}' }],
        },
        {
          title: 'Behind the log',
          says: 'Seconds, by projection and by what is served and what is built.',
          unit: 's',
          queries: [{ expr: 'parley:projection_lag_seconds:max', legend: '{{projection}} {{version}}' }],
        },
        {
          title: 'Events stored',
          says: 'What was to be stored in the log, by what became of it.',
          unit: 'ops',
          stacked: true,
          queries: [perSecond('parley_log_appends_total', 'outcome')],
        },
        {
          title: 'Processor',
          says: 'A process uses one core for what it does; near 1 it is time for another one.',
          unit: 'short',
          queries: [
            {
              expr: 'rate(process_cpu_seconds_total{job="parley"}[$__rate_interval])',
              legend: '{{role}} {{instance}}',
            },
          ],
        },
        {
          title: 'Memory',
          says: 'Resident.',
          unit: 'bytes',
          queries: [{ expr: 'process_resident_memory_bytes{job="parley"}', legend: '{{role}} {{instance}}' }],
        },
        {
          title: 'Event loop',
          says: 'The p99 of how late it is: whatever else a process does waits for so long.',
          unit: 's',
          queries: [{ expr: 'nodejs_eventloop_lag_p99_seconds{job="parley"}', legend: '{{role}} {{instance}}' }],
        },
      ],
    },
  ],
};
