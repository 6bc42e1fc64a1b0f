import type { TObject } from '@sinclair/typebox';
import { TypeCompiler, type TypeCheck } from '@sinclair/typebox/compiler';
import { ChatCreatedV1 } from './chat.js';
import type { EventDefinition, EventOf, Kind } from './event.js';
import type { Room } from './ids.js';
import { MemberJoinedV1, MemberLeftV1 } from './membership.js';
import { MessageCreatedV1, ReactionAddedV1, ReactionRemovedV1 } from './message.js';
import { ProfileChangedV1 } from './profile.js';
import { MessagesSeenV1 } from './seen.js';

/** The version of each event type that is written today. */
export const eventDefinitions = [
  ChatCreatedV1,
  MessageCreatedV1,
  ReactionAddedV1,
  ReactionRemovedV1,
  MessagesSeenV1,
  MemberJoinedV1,
  MemberLeftV1,
  ProfileChangedV1,
] as const;

/** Every fact there is: a union on `type`. */
export type DomainEvent = EventOf<(typeof eventDefinitions)[number]>;
export type EventType = DomainEvent['type'];

/** An event with its place in the log: `seq`, the stream sequence, from 1. */
export type RecordedEvent<E extends DomainEvent = DomainEvent> = E & { readonly seq: number };

/** What is stored of an event: type and version in headers, room and kind in the subject, the fields as JSON. */
export interface StoredEvent {
  readonly type: string;
  readonly version: number;
  readonly room: Room;
  readonly body: string;
}

/** An event that this code cannot read: a type or a version it does not know, or a body that is not what it must be. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';
}

const current = new Map<string, EventDefinition<EventType, TObject>>(eventDefinitions.map((d) => [d.type, d]));
const checks = new Map<string, TypeCheck<TObject>>(
  eventDefinitions.map((d) => [`${d.type}@${d.version}`, TypeCompiler.Compile<TObject>(d.schema)]),
);

export const kindOf = (type: EventType): Kind => current.get(type)!.kind;

export function encodeEvent(event: DomainEvent): StoredEvent {
  const { type, room, ...fields } = event;
  return { type, version: current.get(type)!.version, room, body: JSON.stringify(fields) };
}

/**
 * Reads a stored event strictly; older versions are brought up to the current one here.
 * @throws UnreadableEvent with the reason
 */
export function decodeEvent(stored: StoredEvent, seq: number): RecordedEvent {
  const { type, version, room, body } = stored;
  const check = checks.get(`${type}@${version}`);
  if (!check) throw new UnreadableEvent(`unknown event ${type || '(no type)'} version ${version}`);
  let fields: unknown;
  try {
    fields = JSON.parse(body);
  } catch (error) {
    throw new UnreadableEvent(`${type} version ${version} is not JSON: ${(error as Error).message}`);
  }
  if (!check.Check(fields)) {
    const fault = check.Errors(fields).First();
    throw new UnreadableEvent(`${type} version ${version} ${fault?.path || '/'}: ${fault?.message ?? 'does not fit'}`);
  }
  return { ...fields, type, room, seq } as unknown as RecordedEvent;
}
