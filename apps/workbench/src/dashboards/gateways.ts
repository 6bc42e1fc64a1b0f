import { type Dashboard, perSecond, quantiles } from './dashboard.js';

/** Connections, what comes over them, and what they are sent. */
export const gateways: Dashboard = {
  uid: 'parley-gateways',
  title: 'Parley: gateways',
  sections: [
    {
      title: 'Connections',
      panels: [
        {
          title: 'Open',
          says: 'By gateway: they should be about the same.',
          unit: 'short',
          stacked: true,
          queries: [{ expr: 'sum by (instance) (parley_gateway_sockets)', legend: '{{instance}}' }],
        },
        {
          title: 'Opened',
          says: 'A peak is a storm: everybody comes back at once.',
          unit: 'ops',
          queries: [perSecond('parley_gateway_opened_sockets_total', 'endpoint')],
        },
        {
          title: 'Ended',
          says: 'By why. `client` and `token_expired` are everyday; many `broken`, `slow_reader` or `silent` are a network, or what stands between; `restart` is told while read models are folded anew. What a gateway closes as it ends itself is not in it: see "Started lately".',
          unit: 'ops',
          stacked: true,
          queries: [perSecond('parley_gateway_closed_sockets_total', 'reason')],
        },
        {
          title: 'Started lately',
          says: 'Gateways that are younger than five minutes. Everybody of those before them had to come back.',
          unit: 'short',
          queries: [
            { expr: 'sum(time() - process_start_time_seconds{role="gateway"} < bool 300)', legend: 'gateways' },
          ],
        },
        {
          title: 'People and rooms',
          says: 'Who is connected, and of how many rooms something is told, over all gateways.',
          unit: 'short',
          queries: [
            { expr: 'sum(parley_gateway_people)', legend: 'people' },
            { expr: 'sum(parley_gateway_rooms)', legend: 'rooms' },
          ],
        },
        {
          title: 'Rooms resumed',
          says: 'After a connection was lost. Who is not `recovered` loads the history anew.',
          unit: 'ops',
          stacked: true,
          queries: [perSecond('parley_gateway_resumed_rooms_total', 'outcome')],
        },
        {
          title: 'Waiting for clients',
          says: 'Bytes that are sent and not read. A connection with too many of them is closed.',
          unit: 'bytes',
          queries: [{ expr: 'sum by (instance) (parley_gateway_waiting_bytes)', legend: '{{instance}}' }],
        },
      ],
    },
    {
      title: 'Frames',
      panels: [
        {
          title: 'By what became of them',
          says: '`refused` is what a client did wrong or may not; `unavailable`, `unknown` and `failed` are ours.',
          unit: 'ops',
          stacked: true,
          queries: [perSecond('parley_gateway_frames_total', 'outcome')],
        },
        {
          title: 'By event',
          says: 'The ten that come most.',
          unit: 'ops',
          queries: [
            {
              expr: 'topk(10, sum by (event) (rate(parley_gateway_frames_total[$__rate_interval])))',
              legend: '{{event}}',
            },
          ],
        },
        {
          title: 'Acknowledged',
          says: 'Frames with an id, by `ack` or `nack`.',
          unit: 'ops',
          queries: [perSecond('parley_gateway_acknowledgements_total', 'kind')],
        },
        {
          title: 'Until a command is known',
          says: 'By gateway.',
          unit: 's',
          queries: quantiles('parley_gateway_command_duration_seconds', 'instance'),
        },
        {
          title: 'Waiting to be handled',
          says: 'Frames: each connection has its own handled one after the other.',
          unit: 'short',
          queries: [{ expr: 'sum by (instance) (parley_gateway_waiting_frames)', legend: '{{instance}}' }],
        },
        {
          title: 'Told to people',
          says: 'By gateway.',
          unit: 'ops',
          queries: [perSecond('parley_gateway_deliveries_total', 'instance')],
        },
      ],
    },
    {
      title: 'What it takes',
      panels: [
        {
          title: 'Bytes',
          says: 'To and from clients.',
          unit: 'Bps',
          queries: [
            { ...perSecond('parley_gateway_sent_bytes_total'), legend: 'sent' },
            { ...perSecond('parley_gateway_received_bytes_total'), legend: 'received' },
          ],
        },
        {
          title: 'Processor',
          says: 'Near 1 a gateway is full.',
          unit: 'short',
          queries: [
            { expr: 'rate(process_cpu_seconds_total{role="gateway"}[$__rate_interval])', legend: '{{instance}}' },
          ],
        },
        {
          title: 'Memory',
          says: 'Resident, and what of it JavaScript uses.',
          unit: 'bytes',
          queries: [
            { expr: 'process_resident_memory_bytes{role="gateway"}', legend: '{{instance}} resident' },
            { expr: 'nodejs_heap_size_used_bytes{role="gateway"}', legend: '{{instance}} heap' },
          ],
        },
        {
          title: 'Event loop',
          says: 'The p99 of how late it is.',
          unit: 's',
          queries: [{ expr: 'nodejs_eventloop_lag_p99_seconds{role="gateway"}', legend: '{{instance}}' }],
        },
        {
          title: 'Garbage collection',
          says: 'The share of time that it takes.',
          unit: 'percentunit',
          queries: [
            {
              expr: 'sum by (instance) (rate(nodejs_gc_duration_seconds_sum{role="gateway"}[$__rate_interval]))',
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Files and sockets',
          says: 'Open, of what the system allows.',
          unit: 'percentunit',
          max: 1,
          queries: [
            { expr: 'process_open_fds{role="gateway"} / process_max_fds{role="gateway"}', legend: '{{instance}}' },
          ],
        },
      ],
    },
  ],
};
