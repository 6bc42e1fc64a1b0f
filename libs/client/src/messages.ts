import type { Position, Told } from './follower.js';

/** So many are kept; older ones are in the history. */
const MAX_KEPT = 500;

/** The latest messages of a room as they are now, oldest first, without holes. */
export class Messages<M extends Position> {
  #list: readonly M[] = [];

  /** Another array whenever anything has changed. */
  get list(): readonly M[] {
    return this.#list;
  }

  reset(messages: readonly M[]): void {
    this.#list = messages;
  }

  take({ isNew, message }: Told<M>): void {
    this.#list = isNew
      ? [...this.#list.slice(1 - MAX_KEPT), message]
      : this.#list.map((each) => (each.n === message.n ? message : each));
  }
}
