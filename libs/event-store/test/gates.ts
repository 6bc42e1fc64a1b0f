/** One call that is held, or will be. */
export interface Held {
  /** Resolves once the call is there. */
  readonly arrived: Promise<unknown>;
  /** Whether it is, by now. */
  readonly isThere: boolean;
  /** Lets it go on. */
  release(): void;
  /** Lets it fail. */
  fail(error: Error): void;
}

interface Waiting extends Held {
  /** The call is there: resolves once it may go on. */
  pass(): Promise<unknown>;
}

/**
 * Where the calls of a fake are held, for a test to put something in between: `<name>` before a call is carried out,
 * `<name> answer` after it was, with what it found then.
 */
export class Gates {
  readonly #waiting = new Map<string, Waiting[]>();

  /** Holds the next call of this name that is not spoken for yet. */
  hold(name: string): Held {
    const arrival = Promise.withResolvers<undefined>();
    let isThere = false;
    const passage = Promise.withResolvers<undefined>();
    // Where it fails before it is there, whoever calls is told all the same.
    passage.promise.catch(() => undefined);
    const held: Waiting = {
      arrived: arrival.promise,
      release: () => {
        passage.resolve(undefined);
      },
      fail: passage.reject,
      get isThere() {
        return isThere;
      },
      pass: () => {
        isThere = true;
        arrival.resolve(undefined);
        return passage.promise;
      },
    };
    const ofName = this.#waiting.get(name);
    if (ofName) ofName.push(held);
    else this.#waiting.set(name, [held]);
    return held;
  }

  /** The next call of this name fails. */
  fail(name: string, error: Error): void {
    this.hold(name).fail(error);
  }

  /** To be called by the fake, at the place that the name stands for. */
  async pass(name: string): Promise<void> {
    await this.#waiting.get(name)?.shift()?.pass();
  }
}
