import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import {
  type DomainEvent,
  encodeApart,
  encodeEvent,
  encodeId,
  personOfStored,
  type RecordedEvent,
  RetryableError,
  type StoredEvent,
  type UserErased,
} from '#domain';
import type { SealedEvent } from '../event-headers.js';
import type { LogRecord } from '../log-record.js';
import { LogUnavailable, OutcomeUnknown } from '../outcomes.js';
import { open, seal } from './cipher.js';
import { isSealed, type Opened, personOfKey, SEALED, takeSealed } from './sealed-record.js';
import type { Erasures } from './erasures.js';
import type { Fences } from './fences.js';
import type { KeyStore, StoredKey } from './key-store.js';
import type { MasterKeys } from './master-keys.js';

/** A person's key, and what it is called: `<encoded id>.<16 hex digits>`. */
export interface PersonalKey {
  readonly id: string;
  readonly key: KeyObject;
  /** See {@link Fences.guard}. */
  readonly guard: string;
}

/** A text is sealed with a key that is not there, and whose it is was not erased. Nothing of it is skipped. */
export class KeyMissing extends RetryableError {
  override readonly name = 'KeyMissing';
}

const MAX_KEYS = 100_000;
/** Keys that are read side by side. */
const READ_TOGETHER = 64;

/**
 * Seals what is stored and opens what is read: the texts of a person, with a key of their own. Whoever has no master
 * keys stores plain text, and reads nothing that is sealed.
 */
export class Keyring {
  /** By the id of the person, and by the key's own. */
  readonly #current: LRUCache<string, PersonalKey>;
  readonly #keys: LRUCache<string, KeyObject>;
  readonly #making = new Map<string, Promise<PersonalKey>>();
  readonly #listeners = new Set<(userId: string) => void>();
  /** Keys that are not to be had here, and nobody was erased: the log is not asked again for each of their records. */
  readonly #unavailable = new Set<string>();

  /**
   * @param seals whether what is stored is sealed
   * @param max how many keys are kept at a time
   */
  constructor(
    private readonly store: Pick<KeyStore, 'read' | 'create' | 'replace' | 'all' | 'count'>,
    private readonly master: MasterKeys | null,
    private readonly erasures: Erasures,
    private readonly fences: Pick<Fences, 'last' | 'guard'>,
    readonly seals: boolean,
    max = MAX_KEYS,
  ) {
    this.#current = new LRUCache({ max });
    this.#keys = new LRUCache({ max });
  }

  /** The event as it is to be stored; a promise only where the key has to be read or made. @throws LogUnavailable */
  seal(event: DomainEvent, deadline?: number): SealedEvent | Promise<SealedEvent> {
    const apart = this.seals ? encodeApart(event) : null;
    if (!apart) return { stored: encodeEvent(event), keyId: null };
    const sealedWith = ({ id, key, guard }: PersonalKey): SealedEvent => {
      const { stored, texts } = apart;
      const body = `${stored.body.slice(0, -1)}${SEALED}${seal(key, texts, contextOf(event.id, stored, id))}"}`;
      return { stored: { ...stored, body }, keyId: id, guard };
    };
    // What moderators say of somebody is sealed with that person's key, who may have been erased since it was read here.
    const key = isOfAnother(event) ? undefined : this.#current.get(apart.userId);
    return key ? sealedWith(key) : this.#renew(apart.userId, deadline).then(sealedWith);
  }

  /**
   * To be called when a person is let in, before anything of theirs is stored: their texts are sealed from then on with
   * the key that is theirs now, not with one that is known here of somebody erased who had the same id.
   * @returns what that key is called; null where nothing is sealed
   * @throws LogUnavailable
   */
  async renewKey(userId: string, deadline?: number): Promise<string | null> {
    return this.seals ? (await this.#renew(userId, deadline)).id : null;
  }

  /**
   * To be asked where the log has refused what is guarded: whether the key is its person's all the same, as where two of
   * their events came at the same moment. Another one is not made: what is refused was said by who was erased, or by who
   * has their id now and was let in by what was so before, of which those who listen are told.
   * @throws LogUnavailable
   */
  async isStillTheirs(keyId: string, deadline?: number): Promise<boolean> {
    const userId = personOfKey(keyId);
    const [stored, fence] = await this.#read(userId, deadline);
    if (stored?.id !== keyId || fence?.keyId === keyId) {
      for (const listener of this.#listeners) listener(userId);
      return false;
    }
    this.#current.set(userId, this.#personal(userId, stored, fence));
    return true;
  }

  /** @param listener is told whose key the log does not take any more: they are to be let in anew @returns what ends it */
  onRefused(listener: (userId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What somebody says from now on is sealed with the key that is theirs by then. */
  forget(userId: string): void {
    this.#current.delete(userId);
  }

  /** How many people have a key. @throws LogUnavailable */
  count(): Promise<number> {
    return this.store.count();
  }

  #renew(userId: string, deadline?: number): Promise<PersonalKey> {
    const making =
      this.#making.get(userId) ??
      this.#readOrMake(userId, deadline).finally(() => {
        this.#making.delete(userId);
      });
    this.#making.set(userId, making);
    return making;
  }

  /**
   * Opens what is sealed in these records, in place: some of a reading that began with {@link Erasures.refresh}, and comes
   * by each later erasure in the order of its partition.
   * @throws KeyMissing, LogUnavailable
   */
  async openAll(records: readonly LogRecord[]): Promise<void> {
    const missing = await this.#openAll(records, false);
    if (missing !== null) throw keyMissing(missing);
  }

  /** The same for who may go without: what there is no key for here stays sealed. @throws LogUnavailable */
  async openAllowed(records: readonly LogRecord[]): Promise<void> {
    await this.#openAll(records, true);
  }

  /** @returns the key that is missing: then nothing is opened, unless it may stay sealed */
  async #openAll(records: readonly LogRecord[], mayStay: boolean): Promise<string | null> {
    for (const record of records) if (record.type === 'UserErased') this.erasures.add(record);
    const sealed = records.filter(isSealed);
    const wanted = sealed.filter((record) => !this.erasures.concerns(record)).map(({ keyId }) => keyId!);
    // Held here: what is kept of the keys may be others by the time that all are read.
    const keys = await this.#keysOf(new Set(wanted), undefined, mayStay);
    const isKnown = (keyId: string) => keys.has(keyId) || (mayStay && (!this.master || this.#unavailable.has(keyId)));
    const lost = () => sealed.filter((record) => !isKnown(record.keyId!) && !this.erasures.concerns(record));
    if (lost().length > 0) await this.erasures.refresh();
    const missing = lost().map(({ keyId }) => keyId!);
    if (missing[0] !== undefined && !mayStay) return missing[0];
    for (const keyId of missing) this.#unavailable.add(keyId);
    for (const record of records) this.#open(record, this.#isErased(record), keys, mayStay);
    return null;
  }

  /** Opens one record by itself, in place. @throws KeyMissing, LogUnavailable */
  async open(record: LogRecord, deadline?: number): Promise<void> {
    const { keyId, seq } = record;
    const userId = isSealed(record) ? personOfKey(keyId!) : personOfStored(record as StoredEvent);
    if (userId === null) return;
    const wanted = new Set(isSealed(record) ? [keyId!] : []);
    const [fence, keys] = await Promise.all([this.fences.last(userId, deadline), this.#keysOf(wanted, deadline)]);
    const isErased = fence !== null && (fence.seq > seq || fence.keyId === keyId);
    if (!isErased && keys.size < wanted.size) throw keyMissing(keyId!);
    this.#open(record, isErased, keys);
  }

  /**
   * Wraps anew what is wrapped with older master keys; interrupted, the same again does the rest.
   * @param onProgress is told after each key how many were looked at
   * @returns how many were wrapped anew
   * @throws LogUnavailable, OutcomeUnknown, MasterKeyMissing
   */
  async rotate(onProgress: (seen: number) => void): Promise<number> {
    const master = this.#master();
    let [seen, rotated] = [0, 0];
    for await (const stored of this.store.all()) {
      if (stored.master !== master.id) {
        await this.store.replace(personOfKey(stored.id), stored, master.wrap(stored.id, master.unwrap(stored)));
        rotated += 1;
      }
      onProgress((seen += 1));
    }
    return rotated;
  }

  #isErased(record: LogRecord): boolean {
    if (record.keyId !== undefined) return this.erasures.concerns(record);
    const userId = this.erasures.any ? personOfStored(record as StoredEvent) : null;
    return userId !== null && this.erasures.covers(userId, record);
  }

  #open(record: LogRecord, isErased: boolean, keys: ReadonlyMap<string, KeyObject>, mayStay = false): void {
    const opened = record as Opened;
    if (isErased) opened.erased = true;
    const sealed = takeSealed(opened);
    if (sealed === null || isErased) return;
    const { keyId, id } = record;
    const key = keys.get(keyId!);
    if (!key && mayStay) return;
    // Looked for before: without it nothing is known of the record, and nothing may be said of it.
    if (!key) throw keyMissing(keyId!);
    try {
      opened.texts = open(key, sealed, contextOf(id, record as StoredEvent, keyId!));
    } catch (error) {
      opened.fault = `what is sealed in it cannot be opened: ${(error as Error).message}`;
    }
  }

  /** These keys, those that are not there left out; where they may be missing, also those that cannot be unwrapped here. */
  async #keysOf(wanted: ReadonlySet<string>, deadline?: number, mayBeMissing = false): Promise<Map<string, KeyObject>> {
    const keys = new Map<string, KeyObject>();
    const unknown: string[] = [];
    for (const keyId of wanted) {
      const known = this.#keys.get(keyId);
      if (known) keys.set(keyId, known);
      else if (!mayBeMissing || (this.master && !this.#unavailable.has(keyId))) unknown.push(keyId);
    }
    for (let i = 0; i < unknown.length; i += READ_TOGETHER) {
      const part = unknown.slice(i, i + READ_TOGETHER);
      const stored = await Promise.all(part.map((keyId) => this.store.read(personOfKey(keyId), deadline)));
      for (const [at, keyId] of part.entries()) {
        const key = stored[at];
        if (key?.id !== keyId || (mayBeMissing && !this.master?.has(key.master))) continue;
        keys.set(keyId, this.#remember(key));
      }
    }
    return keys;
  }

  async #readOrMake(userId: string, deadline?: number): Promise<PersonalKey> {
    for (;;) {
      const [stored, fence] = await this.#read(userId, deadline);
      if (stored && stored.id === fence?.keyId) {
        throw new LogUnavailable(`${userId} is just being erased: what they were has to be gone first`);
      }
      if (stored) {
        const key = this.#personal(userId, stored, fence);
        this.#current.set(userId, key);
        return key;
      }
      const id = `${encodeId(userId)}.${randomBytes(8).toString('hex')}`;
      const made = this.#master().wrap(id, randomBytes(32));
      try {
        await this.store.create(userId, made, deadline);
      } catch (error) {
        // It may be there: what is there is read.
        if (!(error instanceof OutcomeUnknown)) throw error;
      }
    }
  }

  #read(userId: string, deadline?: number): Promise<[StoredKey | null, RecordedEvent<UserErased> | null]> {
    return Promise.all([this.store.read(userId, deadline), this.fences.last(userId, deadline)]);
  }

  #personal(userId: string, stored: StoredKey, fence: RecordedEvent<UserErased> | null): PersonalKey {
    return { id: stored.id, key: this.#remember(stored), guard: this.fences.guard(userId, fence) };
  }

  #remember(stored: StoredKey): KeyObject {
    const key = createSecretKey(this.#master().unwrap(stored));
    this.#keys.set(stored.id, key);
    return key;
  }

  #master(): MasterKeys {
    if (this.master) return this.master;
    throw new KeyMissing('the texts in the log are sealed: set KEYS_MASTER, as the other roles have it');
  }
}

const isOfAnother = ({ type }: DomainEvent): boolean =>
  type === 'PersonMuted' || type === 'PersonBanned' || type === 'MessageDeleted';

function keyMissing(keyId: string): KeyMissing {
  const userId = personOfKey(keyId);
  return new KeyMissing(
    `the key ${keyId} is not there, and nobody erased its person: restore the stream of keys from a backup as old as ` +
      `that of the log, or give up what ${userId} said with \`chatctl erase --user ${userId}\``,
  );
}

/** What is sealed belongs to one event in one place, and opens in no other. */
const contextOf = (eventId: string, { room, type, version }: StoredEvent, keyId: string): string =>
  `${room} ${eventId} ${type} ${version} ${keyId}`;
