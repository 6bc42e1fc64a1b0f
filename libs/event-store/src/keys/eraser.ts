import {
  type CommandContext,
  type Decision,
  erasedInPartitions,
  eraseUser,
  type RecordedEvent,
  type Refusal,
  type Room,
  type UserErased,
  userRoom,
} from '#domain';
import type { Stored } from '../outcomes.js';
import type { Revocations } from '../revocations.js';
import type { Erasures } from './erasures.js';
import type { Fences } from './fences.js';
import type { KeyStore } from './key-store.js';
import type { Keyring } from './keyring.js';

/** What erasing somebody came to. */
export interface Erased {
  /** The last event of it: read models that are folded up to there show nothing of the person any more. */
  readonly lastSeq: number;
}

/** The log, as far as it is written here. */
interface ErasedLog {
  append(event: UserErased): Promise<Stored | 'conflict'>;
  decide(
    room: Room,
    kind: 'erase',
    decide: (last: RecordedEvent | null) => Decision<UserErased>,
  ): Promise<
    { readonly event: UserErased | null; readonly last: RecordedEvent | null } | { readonly refusal: Refusal }
  >;
  readonly revocations: Pick<Revocations, 'revokePerson'>;
}

/** Keys that are looked for side by side. */
const ASKED_TOGETHER = 64;

/**
 * Erases people: the fence in the log, the same in each partition, then the key. Each step may be done again, so that
 * what was interrupted is carried on from wherever it was; that the key is gone says that all of it was done.
 */
export class Eraser {
  constructor(
    private readonly log: ErasedLog,
    private readonly fences: Pick<Fences, 'last' | 'lastOfEach'>,
    private readonly store: KeyStore,
    private readonly keyring: Keyring,
    private readonly erasures: Erasures,
  ) {}

  /**
   * Erases a person: from then on nobody is shown what they said and were called, and where the log is encrypted nobody
   * can read it there. Their tokens are revoked. An id that comes back is another person's.
   * @throws LogUnavailable, OutcomeUnknown: the same again carries it on
   */
  async erase(userId: string, context: CommandContext): Promise<Erased> {
    // Whoever is connected says nothing more under this id.
    await this.log.revocations.revokePerson(userId);
    const keyId = await this.#keyOf(userId);
    const outcome = await this.log.decide(userRoom(userId), 'erase', (last) =>
      eraseUser({ ...context, userId, keyId }, last as UserErased | null),
    );
    if ('refusal' in outcome) throw new TypeError('erasing is never refused');
    return this.#follow((outcome.event ?? outcome.last) as unknown as UserErased);
  }

  /**
   * Carries out what is not wholly done of the erasures that the log knows: those that were interrupted, and those whose
   * keys came back with a backup that is older than the log.
   * @returns whom that concerned
   * @throws LogUnavailable, OutcomeUnknown
   */
  async carryOut(): Promise<string[]> {
    await this.erasures.refresh();
    const fences = await this.fences.lastOfEach();
    const again: string[] = [];
    for (let i = 0; i < fences.length; i += ASKED_TOGETHER) {
      const part = fences.slice(i, i + ASKED_TOGETHER);
      const keys = await Promise.all(part.map(({ userId }) => this.store.read(userId)));
      for (const [at, fence] of part.entries()) {
        const key = keys[at];
        const isThere = key != null && this.erasures.hasKey(key.id);
        const isWhole = this.erasures.isWhole(fence);
        if (!isWhole) await this.#follow(fence);
        if (isThere) await this.store.delete(fence.userId, key.id);
        if (isThere || !isWhole) again.push(fence.userId);
      }
    }
    return again;
  }

  /** Everything after the fence. */
  async #follow(fence: UserErased): Promise<Erased> {
    let lastSeq = 0;
    for (const event of erasedInPartitions(fence)) {
      const stored = await this.log.append(event);
      if (stored === 'conflict') throw new TypeError('nothing is expected of the partitions');
      lastSeq = stored.seq;
    }
    if (fence.keyId !== null) await this.store.delete(fence.userId, fence.keyId);
    return { lastSeq };
  }

  /**
   * The key of all that they have said, which is there also where nothing is sealed any more. Where there was never one it
   * is made, since what they are just saying is sealed with it then. Null where nothing was ever sealed, and where the key
   * is gone already: what is left of them is erased by its place.
   */
  async #keyOf(userId: string): Promise<string | null> {
    const stored = await this.store.read(userId);
    if (stored) return stored.id;
    if (!this.keyring.seals || (await this.fences.last(userId))) return null;
    return this.keyring.renewKey(userId);
  }
}
