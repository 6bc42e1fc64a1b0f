import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { open, seal } from './cipher.js';

/** A key as it is stored: what it is wrapped with, and by which master key. */
export interface WrappedKey {
  readonly id: string;
  /** The id of the master key. */
  readonly master: string;
  readonly wrapped: string;
}

/** A stored key cannot be unwrapped: the master key that it was wrapped with is not among those that are given. */
export class MasterKeyMissing extends Error {
  override readonly name = 'MasterKeyMissing';
}

/**
 * The keys that people's keys are wrapped with. The first is the one in use; the others are older ones, by which what
 * was wrapped before can still be read until it is wrapped anew.
 */
export class MasterKeys {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  /** Of the one in use. */
  readonly id: string;

  /** @param keys 32 bytes each, one at least */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = new Map(keys.map((key) => [idOf(key), createSecretKey(key)]));
    const [first] = this.#keys.keys();
    if (first === undefined || keys.some(({ length }) => length !== 32)) {
      throw new RangeError('master keys are of 32 bytes, and there is one at least');
    }
    this.id = first;
  }

  wrap(id: string, key: Uint8Array): WrappedKey {
    const wrapped = seal(this.#keys.get(this.id)!, Buffer.from(key).toString('base64'), id);
    return { id, master: this.id, wrapped };
  }

  /** Whether what was wrapped with the master key of this id can be unwrapped. */
  has(id: string): boolean {
    return this.#keys.has(id);
  }

  /** @throws MasterKeyMissing; Error where it is not what was wrapped */
  unwrap({ id, master, wrapped }: WrappedKey): Uint8Array {
    const key = this.#keys.get(master);
    if (!key) {
      throw new MasterKeyMissing(
        `key ${id} is wrapped with master key ${master}, which is not given: put it behind the others in KEYS_MASTER`,
      );
    }
    return Buffer.from(open(key, wrapped, id), 'base64');
  }
}

/** Says which key it is, and nothing of it. */
const idOf = (key: Uint8Array): string => createHash('sha256').update(key).digest('hex').slice(0, 8);
