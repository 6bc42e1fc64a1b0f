import { type DomainEvent, type UserErased, userRoom } from '#domain';
import { type EventHeaders, eventHeaders, type SealedEvent } from './event-headers.js';
import type { KeyStore } from './keys/key-store.js';
import type { Keyring } from './keys/keyring.js';
import type { Stored } from './outcomes.js';

/** An event as another log has it. */
export interface EventCopy {
  readonly event: DomainEvent;
  /** Its sequence there. What that log has twice is told apart by it, however soon it comes here. */
  readonly copyOf: number;
}

type Publish = (event: DomainEvent, sealed: SealedEvent, headers: EventHeaders) => Promise<Stored | 'conflict'>;

/** Stores copies of another log's events, sealed with the keys that people have here. */
export class Copier {
  /** With which key what is erased of a person is sealed here; null where nothing is. */
  readonly #erased = new Map<string, string | null>();

  constructor(
    private readonly keyring: Pick<Keyring, 'seal' | 'forget'>,
    private readonly keys: Pick<KeyStore, 'read' | 'delete'>,
    private readonly publish: Publish,
  ) {}

  /**
   * In their order. With an erasure among them that person's key goes: what is theirs after it is sealed with another.
   * @returns where each is: one that was sent twice, since its answer was lost, may be behind the next
   * @throws LogUnavailable, OutcomeUnknown: then some of them may be stored
   */
  async copy(copies: readonly EventCopy[]): Promise<Stored[]> {
    const stored: Stored[] = [];
    let from = 0;
    while (from < copies.length) {
      const next = copies.findIndex(({ event }, i) => i >= from && event.type === 'UserErased');
      const until = next < 0 ? copies.length : Math.max(next, from + 1);
      const { event, copyOf } = copies[from]!;
      if (next === from) stored.push(await this.#erasure(event as UserErased, copyOf));
      else stored.push(...(await this.#together(copies.slice(from, until))));
      from = until;
    }
    return stored;
  }

  /** All are sealed before the first is sent: one that waits for its key would come behind the others. */
  async #together(copies: readonly EventCopy[]): Promise<Stored[]> {
    const sealed = await Promise.all(copies.map(async ({ event }) => this.keyring.seal(event)));
    return Promise.all(copies.map(({ event, copyOf }, i) => this.#one(event, sealed[i]!, copyOf)));
  }

  /** It begins in the person's own room: what this log has of them is sealed with the key that they have here, which goes. */
  async #erasure(event: UserErased, copyOf: number): Promise<Stored> {
    const { userId, room } = event;
    const begins = room === userRoom(userId);
    if (begins) this.#erased.set(userId, (await this.keys.read(userId))?.id ?? null);
    const keyId = this.#erased.get(userId) ?? null;
    const [stored] = await this.#together([{ event: { ...event, keyId }, copyOf }]);
    if (begins && keyId !== null) await this.keys.delete(userId, keyId);
    if (begins) this.keyring.forget(userId);
    return stored!;
  }

  async #one(event: DomainEvent, sealed: SealedEvent, copyOf: number): Promise<Stored> {
    const outcome = await this.publish(event, sealed, eventHeaders(event, sealed, { copyOf }));
    if (outcome === 'conflict') throw new TypeError('nothing is expected of the log');
    return outcome;
  }
}
