import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import {
  clanRoom,
  directRoom,
  type EventLine,
  eventPersonalTexts,
  type Room,
  roomIds,
  roomKind,
  userRoom,
} from '#domain';
import { UsageError } from '../usage.js';

// Events without anything that says who somebody is: ids are replaced by hashes that only who has the key can make, the
// same id by the same hash wherever it stands, and texts, names and avatars are left out.

/** Of a hash, in base64url: 132 bits. */
const HASH_LENGTH = 22;
const LEAST_KEY_BYTES = 32;
const MAX_KNOWN = 200_000;

const HOW = 'give what "openssl rand -base64 32" prints, the same for all exports that are to fit each other';

/** What an id is of: equal ids of two kinds have nothing to do with each other. */
type IdKind = 'person' | 'clan' | 'command' | 'key' | 'selection' | 'fingerprint';

type Fields = Record<string, unknown>;

/** How the fields are replaced that hold ids; all others stay as they are. */
const FIELDS: Readonly<Record<string, (value: never, of: Anonymizer) => unknown>> = {
  room: (room: Room, of) => of.room(room),
  inRoom: (room: Room, of) => of.room(room),
  id: (id: string, of) => of.eventId(id),
  messageId: (id: string, of) => of.hash('command', id),
  replyTo: (id: string, of) => of.hash('command', id),
  clientId: (id: string, of) => of.hash('command', id),
  sender: (sender: Fields, of) => ({ ...sender, id: of.hash('person', sender['id'] as string) }),
  userId: (id: string, of) => of.hash('person', id),
  senderId: (id: string, of) => of.hash('person', id),
  by: (id: string, of) => of.hash('person', id),
  // Sorted, or their order would say which of two ids is the lower one.
  users: (ids: readonly string[], of) => ids.map((id) => of.hash('person', id)).toSorted(),
  blockers: (ids: readonly string[], of) => ids.map((id) => of.hash('person', id)).toSorted(),
  sanctions: (sanctions: readonly (Fields & { room: Room; by: string })[], of) =>
    sanctions.map((sanction) => ({ ...sanction, room: of.room(sanction.room), by: of.hash('person', sanction.by) })),
  clanId: (id: string, of) => of.hash('clan', id),
  leftClanId: (id: string, of) => of.hash('clan', id),
  keyId: (id: string, of) => of.hash('key', id),
};

/** Fields that say nothing of anybody. What is in neither list is left out: a field that is new is nobody's to show. */
const PLAIN = new Set([...['seq', 'at', 'type', 'version', 'storedAt', 'erased', 'emoji', 'n', 'until', 'seconds']]);

/** Replaces ids by keyed hashes, and takes texts out. */
export class Anonymizer {
  readonly #known = new LRUCache<string, string>({ max: MAX_KNOWN });

  constructor(private readonly key: Uint8Array) {}

  /** By which one sees whether two exports were made with the same key. */
  get fingerprint(): string {
    return this.hash('fingerprint', '');
  }

  line(line: EventLine): EventLine {
    const told: Fields = {};
    for (const [name, value] of Object.entries(line)) {
      const replace = FIELDS[name];
      if (value === null || PLAIN.has(name)) told[name] = value;
      else if (replace) told[name] = replace(value as never, this);
    }
    for (const { outer, inner } of eventPersonalTexts(line.type)) {
      if (inner === null) Reflect.deleteProperty(told, outer);
      else told[outer] = { ...(told[outer] as Fields), [inner]: null };
    }
    return told as unknown as EventLine;
  }

  room(room: Room): Room {
    const kind = roomKind(room);
    if (kind === 'clan') return clanRoom(this.hash('clan', roomIds(room)[0]!));
    if (kind === 'user') return userRoom(this.hash('person', roomIds(room)[0]!));
    if (kind !== 'direct') return room;
    const [one, other] = roomIds(room).map((id) => this.hash('person', id));
    return directRoom(one!, other!);
  }

  /** `msg.<key>`: what kind of command it was stays, which one does not. */
  eventId(id: string): string {
    const dot = id.indexOf('.');
    return `${id.slice(0, dot)}.${this.hash('command', id.slice(dot + 1))}`;
  }

  hash(kind: IdKind, id: string): string {
    const named = `${kind}\n${id}`;
    const known = this.#known.get(named);
    if (known !== undefined) return known;
    const hash = createHmac('sha256', this.key).update(named).digest('base64url').slice(0, HASH_LENGTH);
    this.#known.set(named, hash);
    return hash;
  }
}

/** With the key that the environment names. @throws UsageError where there is none, or a weak one */
export function anonymizerOf(env: NodeJS.ProcessEnv): Anonymizer {
  const { ANONYMIZE_KEY: given, ANONYMIZE_KEY_FILE: file } = env;
  if (given && file) throw new UsageError('ANONYMIZE_KEY and ANONYMIZE_KEY_FILE are both set: keep one');
  const [name, text] = given ? ['ANONYMIZE_KEY', given] : ['ANONYMIZE_KEY_FILE', file && readKey(file)];
  if (!text)
    throw new UsageError(
      `--anonymize wants a key in ANONYMIZE_KEY, or in a file that ANONYMIZE_KEY_FILE names: ${HOW}`,
    );
  const key = Buffer.from(text.trim(), 'base64');
  // A word that somebody thought of, or the same over and over: ids are few, and all of them can be tried.
  if (key.length < LEAST_KEY_BYTES || new Set(key).size < LEAST_KEY_BYTES / 2)
    throw new UsageError(`${name} is too weak: ${HOW}`);
  return new Anonymizer(key);
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`ANONYMIZE_KEY_FILE cannot be read: ${(error as Error).message}`);
  }
}
