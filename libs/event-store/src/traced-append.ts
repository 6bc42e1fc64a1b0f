import { type DomainEvent, partitionOf } from '#domain';
import type { Facts } from '#tracing';
import type { Stored } from './publish-reply.js';

// What a trace says of an append, in the words of OpenTelemetry's conventions for messaging. The subject is not said: it
// holds the room, and the name of a room may hold people.

export const factsOfAppend = (stream: string, { type, room, id }: DomainEvent): Facts => ({
  'messaging.system': 'nats',
  'messaging.operation.name': 'publish',
  'messaging.operation.type': 'send',
  'messaging.destination.name': stream,
  'messaging.destination.partition.id': String(partitionOf(room)),
  'messaging.message.id': id,
  'parley.event.type': type,
});

export const factsOfOutcome = (outcome: Stored | 'conflict'): Facts =>
  outcome === 'conflict'
    ? { 'parley.append.outcome': 'conflict' }
    : { 'parley.append.outcome': outcome.duplicate ? 'duplicate' : 'stored', 'parley.log.sequence': outcome.seq };
