import type { Figure, Metrics, Sample } from '#platform';
import type { Hub } from './feeds/hub.js';
import { ENDPOINTS, type Endpoint } from './socket/endpoint.js';
import type { Session } from './socket/session.js';
import { Traffic } from './traffic.js';

/** What goes over the sockets, with how long commands take where that is measured. */
export const trafficOf = (metrics: Metrics | undefined): Traffic =>
  new Traffic(
    metrics?.histogram({
      name: 'parley_gateway_command_duration_seconds',
      help: 'How long it took from when a frame came until it was known what became of its command.',
    }),
  );

const nameOf = ({ path }: Endpoint): string => (path === '/ws' ? 'direct' : 'room');

const byKey = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(counts).map(([key, value]) => ({ value, labels: { [label]: key } }));

type Counted = Pick<Hub, 'sessions' | 'held'>;

/** What gateways in one process tell of themselves, together. @param hubs those that there are by then */
export function gatewayFigures(traffic: Traffic, hubs: () => readonly Counted[]): Figure[] {
  const sum = (value: (hub: Counted) => number) => () => [
    { value: hubs().reduce((total, hub) => total + value(hub), 0) },
  ];
  const overSessions = (value: (session: Session) => number) =>
    sum(({ sessions }) => [...sessions].reduce((total, session) => total + value(session), 0));
  const counter = (name: string, help: string, value: () => number): Figure => ({
    ...{ name, help, type: 'counter' },
    read: () => [{ value: value() }],
  });
  return [
    {
      name: 'parley_gateway_frames_total',
      help: 'Frames that clients sent, by their event and what became of them.',
      type: 'counter',
      labels: ['endpoint', 'event', 'outcome'],
      read: () => frameSamples(traffic),
    },
    {
      name: 'parley_gateway_commands_total',
      help: 'Commands, by what became of them.',
      type: 'counter',
      labels: ['outcome'],
      read: () => byKey('outcome', traffic.commands),
    },
    {
      name: 'parley_gateway_acknowledgements_total',
      help: 'Frames with an id that were answered, by ack or nack.',
      type: 'counter',
      labels: ['kind'],
      read: () => byKey('kind', { ack: traffic.acks, nack: traffic.nacks }),
    },
    {
      name: 'parley_gateway_resumed_rooms_total',
      help: 'Rooms that were asked for by a resume: told what was missed, to be begun anew, or not there.',
      type: 'counter',
      labels: ['outcome'],
      read: () => byKey('outcome', traffic.resumed),
    },
    counter(
      'parley_gateway_deliveries_total',
      'Messages and changes told, for each connection that they were written to.',
      () => traffic.deliveries,
    ),
    counter(
      'parley_gateway_sent_bytes_total',
      'Bytes written to sockets, pings and closings apart.',
      () => traffic.sentBytes,
    ),
    counter(
      'parley_gateway_received_bytes_total',
      'Bytes of the frames that clients sent.',
      () => traffic.receivedBytes,
    ),
    {
      name: 'parley_gateway_sockets',
      help: 'Connections that are open.',
      type: 'gauge',
      labels: ['endpoint'],
      read: () => socketSamples(hubs()),
    },
    {
      name: 'parley_gateway_opened_sockets_total',
      help: 'Connections that were let in.',
      type: 'counter',
      labels: ['endpoint'],
      read: () => ENDPOINTS.map((endpoint) => sampleOf(endpoint, traffic.opened.get(endpoint)!)),
    },
    {
      name: 'parley_gateway_closed_sockets_total',
      help: 'Connections that ended, by why.',
      type: 'counter',
      labels: ['reason'],
      read: () => byKey('reason', traffic.closed),
    },
    {
      name: 'parley_gateway_waiting_frames',
      help: 'Frames of clients that wait to be handled.',
      type: 'gauge',
      read: overSessions(({ waiting }) => waiting.frames),
    },
    {
      name: 'parley_gateway_waiting_bytes',
      help: 'Bytes that wait for clients to read them.',
      type: 'gauge',
      read: overSessions(({ waiting }) => waiting.bytes),
    },
    {
      name: 'parley_gateway_people',
      help: 'People who are connected.',
      type: 'gauge',
      read: sum(({ held }) => held.people),
    },
    {
      name: 'parley_gateway_rooms',
      help: 'Rooms of which something is told here, direct chats apart.',
      type: 'gauge',
      read: sum(({ held }) => held.rooms),
    },
  ];
}

const sampleOf = (endpoint: Endpoint, value: number): Sample => ({ value, labels: { endpoint: nameOf(endpoint) } });

function frameSamples({ frames }: Traffic): Sample[] {
  return [...frames].flatMap(([endpoint, byEvent]) =>
    [...byEvent].flatMap(([event, counts]) =>
      Object.entries(counts).map(([outcome, value]) => ({
        value,
        labels: { endpoint: nameOf(endpoint), event, outcome },
      })),
    ),
  );
}

function socketSamples(hubs: readonly Counted[]): Sample[] {
  const open = new Map(ENDPOINTS.map((endpoint) => [endpoint, 0]));
  for (const { sessions } of hubs) {
    for (const { endpoint, isOpen } of sessions) if (isOpen) open.set(endpoint, open.get(endpoint)! + 1);
  }
  return [...open].map(([endpoint, value]) => sampleOf(endpoint, value));
}
