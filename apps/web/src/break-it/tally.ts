// Who said what, who was told of it, and what the log has: held against each other.

/** After a message is acknowledged, everybody who is connected has this long to be told of it, ms. */
export const SETTLED_MS = 3_000;

export interface Counts {
  /** Of those that must be there. */
  readonly told: number;
  readonly lost: number;
  readonly doubled: number;
  readonly disordered: number;
}

/** So many are remembered, to know them again: a panel may be open for days. */
const KEPT = 2_000;

/** The last ones that came. */
class Recent<T> {
  readonly #all = new Set<T>();

  has(one: T): boolean {
    return this.#all.has(one);
  }

  add(one: T): void {
    this.#all.add(one);
    if (this.#all.size > KEPT) this.#all.delete(this.#all.values().next().value!);
  }

  delete(one: T): boolean {
    return this.#all.delete(one);
  }
}

/** Probes that must be there, held against those that are: each is counted once, whichever of the two comes first. */
class Held {
  /** That are there, and not due yet. */
  readonly #early = new Recent<number>();
  readonly #missing = new Set<number>();
  told = 0;

  get lost(): number {
    return this.#missing.size;
  }

  isThere(probe: number): void {
    if (this.#missing.delete(probe)) this.told++;
    else this.#early.add(probe);
  }

  isDue(probe: number): void {
    if (this.#early.delete(probe)) this.told++;
    else this.#missing.add(probe);
  }
}

/** What one client was told, in the order that it was. */
export class PaneTally {
  readonly #held = new Held();
  /** Messages of others count for the order too. */
  #lastN = 0;
  #disordered = 0;
  #doubled = 0;
  readonly #ids = new Recent<string>();

  /** @param from the first probe that it has to be told of */
  constructor(readonly from: number) {}

  message(id: string, n: number, probe: number | null): void {
    if (this.#ids.has(id)) {
      this.#doubled++;
      return;
    }
    if (n <= this.#lastN) this.#disordered++;
    this.#take(id, n, probe);
  }

  /** The latest messages, in the place of all that was told. */
  reset(messages: readonly { readonly id: string; readonly n: number; readonly probe: number | null }[]): void {
    for (const { id, n, probe } of messages) if (!this.#ids.has(id)) this.#take(id, n, probe);
  }

  #take(id: string, n: number, probe: number | null): void {
    this.#ids.add(id);
    this.#lastN = Math.max(this.#lastN, n);
    if (probe !== null && probe >= this.from) this.#held.isThere(probe);
  }

  /** @param probes that everybody must have been told of, each of them once */
  due(probes: readonly number[]): void {
    for (const probe of probes) if (probe >= this.from) this.#held.isDue(probe);
  }

  get counts(): Counts {
    const { told, lost } = this.#held;
    return { told, lost, doubled: this.#doubled, disordered: this.#disordered };
  }
}

/** A line of the log, as it is exported. */
export interface LoggedLine {
  readonly seq: number;
  readonly type?: string;
  readonly content?: string;
  readonly end?: true;
}

/** What the log has, in its order, and what was acknowledged: what was counted once is not read again. */
export class LogTally {
  readonly #held = new Held();
  readonly #logged = new Recent<number>();
  /** When those were acknowledged that are not held against the log yet. */
  #unsettled = new Map<number, number>();
  #last = 0;
  #doubled = 0;
  #disordered = 0;

  /** @param after what was stored up to there is none of it */
  constructor(
    private readonly probeOf: (text: string) => number | null,
    public after: number | null = null,
  ) {}

  acknowledged(probe: number, at: number): void {
    this.#unsettled.set(probe, at);
  }

  /** What is not held against the log by now will never be: it is another one's that is read from now on. */
  forget(): void {
    this.#unsettled = new Map();
  }

  /**
   * Reads what was stored since.
   * @param at the time by now
   * @returns the probes that are due since the last time, or null where the answer was not whole: it is read once more
   */
  async read(lines: (after: number) => AsyncIterable<LoggedLine>, at: number): Promise<readonly number[] | null> {
    const unsettled = this.#unsettled;
    const due = [...unsettled].filter(([, when]) => when < at - SETTLED_MS).map(([probe]) => probe);
    const logged: number[] = [];
    let end: number | null = null;
    for await (const line of lines(this.after ?? 0)) {
      if (line.end) end = line.seq;
      const probe = line.type === 'MessageCreated' ? this.probeOf(line.content ?? '') : null;
      if (probe !== null) logged.push(probe);
    }
    if (end === null || unsettled !== this.#unsettled) return null;
    this.after = end;
    for (const probe of logged) this.#log(probe);
    for (const probe of due) {
      this.#held.isDue(probe);
      unsettled.delete(probe);
    }
    return due;
  }

  #log(probe: number): void {
    if (probe < this.#last) this.#disordered++;
    this.#last = probe;
    if (this.#logged.has(probe)) this.#doubled++;
    else {
      this.#logged.add(probe);
      this.#held.isThere(probe);
    }
  }

  get counts(): Counts {
    const { told, lost } = this.#held;
    return { told, lost, doubled: this.#doubled, disordered: this.#disordered };
  }
}
