import type { TObject } from '@sinclair/typebox';
import { TypeCompiler, type TypeCheck } from '@sinclair/typebox/compiler';
import { type BlockersState, evolveBlockers, PersonBlockedV1, PersonUnblockedV1 } from './block.js';
import { ChatCreatedV1 } from './chat.js';
import { type EventDefinition, type EventOf, type Kind, type PastVersion, pastVersion } from './event.js';
import {
  evolveSanctions,
  PersonBannedV1,
  PersonMutedV1,
  PersonUnbannedV1,
  PersonUnmutedV1,
  type SanctionEvent,
  type SanctionsState,
} from './sanctions.js';
import { MessageDeletedV1, MessageDeletedV2, MessageEditedV1, MessageEditedV2 } from './edit.js';
import { UserErasedV1 } from './erasure.js';
import type { Room } from './ids.js';
import { evolveMembership, MemberJoinedV1, MemberLeftV1, type MembershipState } from './membership.js';
import { MessageCreatedV1, MessageCreatedV2, ReactionAddedV1, ReactionAddedV2, ReactionRemovedV1 } from './message.js';
import { eraseTexts, personOf, putTexts, takeTexts, type Texts } from './personal.js';
import { evolveProfile, ProfileChangedV1, ProfileChangedV2, type ProfileState } from './profile.js';
import { MessagesSeenV1 } from './seen.js';
import { evolveSlowMode, SlowModeChangedV1, type SlowModeState } from './slow-mode.js';

/** The version of each event type that is written today. */
export const eventDefinitions = [
  ChatCreatedV1,
  MessageCreatedV2,
  ReactionAddedV2,
  ReactionRemovedV1,
  MessageEditedV2,
  MessageDeletedV2,
  MessagesSeenV1,
  MemberJoinedV1,
  MemberLeftV1,
  ProfileChangedV2,
  PersonMutedV1,
  PersonUnmutedV1,
  PersonBannedV1,
  PersonUnbannedV1,
  SlowModeChangedV1,
  PersonBlockedV1,
  PersonUnblockedV1,
  UserErasedV1,
] as const;

/**
 * The versions that were written once, each read as the one after it: `pastVersion(XV1, XV2, (fields) => …)`, with XV2
 * in the list above. A version is added beside the old one, never by changing it, and keeps its fixture in test/fixtures.
 */
export const pastVersions: readonly PastVersion[] = [
  pastVersion(MessageCreatedV1, MessageCreatedV2, (fields) => fields),
  // Nobody but its sender could delete a message then.
  pastVersion(MessageDeletedV1, MessageDeletedV2, (fields) => ({ ...fields, senderId: fields.userId })),
  pastVersion(ReactionAddedV1, ReactionAddedV2, (fields) => fields),
  pastVersion(MessageEditedV1, MessageEditedV2, (fields) => fields),
  pastVersion(ProfileChangedV1, ProfileChangedV2, (fields) => fields),
];

/** Every fact there is: a union on `type`. */
export type DomainEvent = EventOf<(typeof eventDefinitions)[number]>;
export type EventType = DomainEvent['type'];

/** An event with its place in the log: `seq`, the stream sequence, from 1. */
export type RecordedEvent<E extends DomainEvent = DomainEvent> = E & {
  readonly seq: number;
  /** Whose texts are in it was erased: they are not there any more. */
  readonly erased?: true;
};

/** What is stored of an event: type and version in headers, room and kind in the subject, the fields as JSON. */
export interface StoredEvent {
  readonly type: string;
  readonly version: number;
  readonly room: Room;
  /** Without the texts, where they are kept apart. */
  readonly body: string;
}

/** A stored event as it is read. */
export interface ReadEvent extends StoredEvent {
  /** The texts as JSON, where they were kept apart; null where nobody can have them any more. */
  readonly texts?: string | null;
  /** Whether the person whose texts are in it was erased. */
  readonly erased?: boolean;
}

/** An event that this code cannot read: a type or a version it does not know, or a body that is not what it must be. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';
}

/** An event that only a release newer than this one can read: it may be waited for. */
export class NewerEvent extends UnreadableEvent {}

const current = new Map<string, EventDefinition<EventType, TObject>>(eventDefinitions.map((d) => [d.type, d]));

/** Types are called so, and versions count from 1: what is otherwise was written by no release. */
const TYPE = /^[A-Z][A-Za-z]*$/;

/**
 * Whether an event is of a type or a version that comes with a later release: versions are never taken back, so whatever
 * is above those of here is. By its headers alone, since nothing is known of its body.
 */
export function isNewer({ type, version }: Pick<StoredEvent, 'type' | 'version'>): boolean {
  const known = current.get(type);
  if (known) return version > known.version && Number.isSafeInteger(version);
  return TYPE.test(type) && version >= 1 && Number.isSafeInteger(version);
}

export const kindOf = (type: EventType): Kind => current.get(type)!.kind;

export function encodeEvent(event: DomainEvent): StoredEvent {
  const { type, room, ...fields } = event;
  return { type, version: current.get(type)!.version, room, body: JSON.stringify(fields) };
}

/** An event that is stored with its texts apart: `texts`, as JSON, are `userId`'s. */
export interface StoredApart {
  readonly stored: StoredEvent;
  readonly userId: string;
  readonly texts: string;
}

/** The same with the texts that are a person's apart; null where there are none in it. */
export function encodeApart(event: DomainEvent): StoredApart | null {
  const { type, room, ...fields } = event;
  const { personal, version } = current.get(type)!;
  const userId = personal && personOf(personal, fields);
  if (!personal || userId === null) return null;
  const texts = takeTexts(personal, fields);
  if (Object.keys(texts).length === 0) return null;
  return { stored: { type, version, room, body: JSON.stringify(fields) }, userId, texts: JSON.stringify(texts) };
}

/** Whose texts a stored event has in its body; null where it has none, or is not what it must be. */
export function personOfStored({ type, body }: StoredEvent): string | null {
  const personal = current.get(type)?.personal;
  if (!personal) return null;
  try {
    return personOf(personal, Object(JSON.parse(body)) as Record<string, unknown>);
  } catch {
    return null;
  }
}

interface Version {
  readonly definition: EventDefinition<string, TObject>;
  readonly check: TypeCheck<TObject>;
  /** Null for the one that is written today. */
  readonly past: PastVersion | null;
}

/** Reads stored events of these versions, the older ones step by step as what they are today. */
export function eventReader(
  definitions: readonly EventDefinition<string, TObject>[],
  pasts: readonly PastVersion[],
): (stored: ReadEvent, seq: number) => RecordedEvent {
  /** By type, then by version. */
  const versions = new Map<string, Map<number, Version>>();
  const add = (definition: EventDefinition<string, TObject>, past: PastVersion | null) => {
    const check = TypeCompiler.Compile<TObject>(definition.schema);
    const ofType = versions.get(definition.type) ?? new Map<number, Version>();
    versions.set(definition.type, ofType.set(definition.version, { definition, check, past }));
  };
  for (const definition of definitions) add(definition, null);
  for (const past of pasts) add(past.definition, past);

  const find = (type: string, version: number): Version => {
    const found = versions.get(type)?.get(version);
    if (found) return found;
    const fault = `unknown event ${type || '(no type)'} version ${version}`;
    throw isNewer({ type, version }) ? new NewerEvent(fault) : new UnreadableEvent(fault);
  };
  return ({ type, version, room, body, texts, erased }, seq) => {
    let as = find(type, version);
    let fields = checked(as, texts === undefined ? parsed(as, body) : together(as, body, texts));
    while (as.past) {
      const upcast = upcasted(as.past, fields);
      as = find(type, as.past.next.version);
      fields = checked(as, upcast);
    }
    // Into what was just parsed: nobody else has it, and a copy of every event would be for nothing.
    const event = Object.assign(fields, { type, room, seq });
    const { personal } = as.definition;
    if (!erased || !personal) return event as unknown as RecordedEvent;
    eraseTexts(personal, event);
    return Object.assign(event, { erased }) as unknown as RecordedEvent;
  };
}

/** The fields with the texts that were kept apart. */
function together(as: Version, body: string, texts: string | null): unknown {
  const { type, version, personal } = as.definition;
  const fields = parsed(as, body);
  if (!personal || typeof fields !== 'object' || fields === null) {
    throw new UnreadableEvent(`${type} version ${version} has no texts that could be sealed`);
  }
  const record = fields as Record<string, unknown>;
  if (texts === null) eraseTexts(personal, record);
  else putTexts(personal, record, Object(parsed(as, texts)) as Texts);
  return fields;
}

function parsed({ definition: { type, version } }: Version, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // What the parser says quotes what it read, which is somebody's.
    throw new UnreadableEvent(`${type} version ${version} is not JSON`);
  }
}

function checked({ definition: { type, version }, check }: Version, fields: unknown): object {
  if (check.Check(fields)) return fields;
  const fault = check.Errors(fields).First()!;
  throw new UnreadableEvent(`${type} version ${version} ${fault.path || '/'}: ${fault.message}`);
}

/** Whatever an upcast throws, it is this event that cannot be read. */
function upcasted({ definition: { type, version }, next, upcast }: PastVersion, fields: object): unknown {
  try {
    return upcast(fields);
  } catch (error) {
    throw new UnreadableEvent(`${type} version ${version} as version ${next.version}: ${(error as Error).message}`);
  }
}

/**
 * Reads a stored event strictly; older versions are brought up to the current one here.
 * @throws UnreadableEvent with the reason
 */
export const decodeEvent = eventReader(eventDefinitions, pastVersions);

/** What the last `member` event of a person's room says; null where there is none. */
export const membershipOf = (last: DomainEvent | null): MembershipState =>
  last?.type === 'MemberJoined' || last?.type === 'MemberLeft' ? evolveMembership(null, last) : null;

/** What the last `profile` event of a person's room says; null where there is none. */
export const profileOf = (last: (DomainEvent & Pick<RecordedEvent, 'erased'>) | null): ProfileState =>
  last?.type === 'ProfileChanged' && !last.erased ? evolveProfile(null, last) : null;

const sanctionTypes: ReadonlySet<string> = new Set<SanctionEvent['type']>([
  'PersonMuted',
  'PersonUnmuted',
  'PersonBanned',
  'PersonUnbanned',
]);

const isSanction = (event: DomainEvent): event is SanctionEvent => sanctionTypes.has(event.type);

/** What the last `sanction` event of a person's room says; nothing where there is none. */
export const sanctionsOf = (last: DomainEvent | null): SanctionsState =>
  last && isSanction(last) ? evolveSanctions([], last) : [];

/** What the last `mode` event of a room says; 0 where there is none. */
export const slowModeOf = (last: DomainEvent | null): SlowModeState =>
  last?.type === 'SlowModeChanged' ? evolveSlowMode(0, last) : 0;

/** What the last `block` event of a direct chat says; nobody where there is none. */
export const blockersOf = (last: DomainEvent | null): BlockersState =>
  last?.type === 'PersonBlocked' || last?.type === 'PersonUnblocked' ? evolveBlockers([], last) : [];
