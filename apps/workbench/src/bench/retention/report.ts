import type { Folded } from './folded.js';

interface Start {
  readonly seconds: number;
  readonly mb: number | null;
}

export interface RetentionFigures {
  readonly benchmark: 'retention';
  readonly messages: number;
  readonly events: number;
  readonly chats: number;
  readonly log: {
    /** As the server counts them. */
    readonly bytes: number;
    /** With all that lies beside them. */
    readonly onDisk: number;
    readonly bytesPerMessage: number;
    readonly bytesPerEvent: number;
    readonly plainBytesPerEvent: number;
  };
  readonly nats: {
    readonly filledMb: number | null;
    readonly orderly: Start;
    readonly unindexed: Start;
    /** Since it was started the last time: while all of it was read. */
    readonly peakMb: number | null;
  };
  readonly folded: (Folded & { readonly eventsPerSecond: number }) | null;
  readonly machine: string;
}

const count = (value: number): string => Math.round(value).toLocaleString('en');
const mb = (value: number | null): string => (value === null ? 'n/a' : `${count(value)} MB`);
const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
const start = ({ seconds, mb: of }: Start): string => `${seconds.toFixed(1)} s, ${mb(of)}`;

export function retentionText({ messages, events, chats, log, nats, folded, machine }: RetentionFigures): string {
  const ofFold = folded && [
    ['folded', `${folded.seconds.toFixed(0)} s, ${count(folded.eventsPerSecond)} events/s by one projector`],
    ['read models', `${gb(folded.readModels.documents)} of documents, ${gb(folded.readModels.indexes)} of indexes`],
    ['  each', `${count((folded.readModels.documents + folded.readModels.indexes) / messages)} bytes a message`],
    ['projector', `${mb(folded.projectorPeakMb)} at most`],
    ['gateway', `ready after ${folded.gateway.readySeconds.toFixed(1)} s, ${mb(folded.gateway.mb)}, nobody connected`],
  ];
  return [
    ['kept', `${count(messages)} messages in ${count(events)} events, ${count(chats)} direct chats`],
    ['log', `${gb(log.bytes)}; ${gb(log.onDisk)} with what lies beside it`],
    ['  each', `${count(log.bytesPerMessage)} bytes a message, ${count(log.bytesPerEvent)} an event`],
    ['  plain', `${count(log.plainBytesPerEvent)} bytes an event where texts are not sealed`],
    ['nats-server', `${mb(nats.filledMb)} after it was filled, ${mb(nats.peakMb)} at most while it was read`],
    ['  started', `as it ended ${start(nats.orderly)}; without its index ${start(nats.unindexed)}`],
    ...(ofFold ?? []),
    ['machine', machine],
  ]
    .map(([name, text]) => `${name!.padEnd(14)} ${text}`)
    .join('\n');
}
