/** Something that has gathered what to write. */
export interface Gatherer {
  /** Writes it out. */
  flush(): void;
}

/** Joins what is to be written within one turn of the event loop into one write a socket: never waits by a clock. */
export class FanOut {
  #due: Gatherer[] = [];

  /** To be called once for each turn in which something was gathered. */
  schedule(gatherer: Gatherer): void {
    if (this.#due.push(gatherer) === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const due = this.#due;
    this.#due = [];
    for (const gatherer of due) gatherer.flush();
  };
}
