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

interface Told {
  /** The number of the probe. */
  readonly probe: number;
  /** Its number in the room. */
  readonly n: number;
}

/** What one client was told, in the order that it was. */
export class PaneTally {
  readonly #told: Told[] = [];
  /** Messages of others count for the order too. */
  #lastN = 0;
  #disordered = 0;
  #doubled = 0;
  readonly #ids = new Set<string>();
  /** How often all that was known of the room was replaced: at first, and where too much was missed. */
  resets = 0;

  /** @param from the first probe that it has to be told of */
  constructor(readonly from: number) {}

  message(id: string, n: number, probe: number | null): void {
    if (this.#ids.has(id)) this.#doubled++;
    else if (n <= this.#lastN) this.#disordered++;
    this.#ids.add(id);
    this.#lastN = Math.max(this.#lastN, n);
    if (probe !== null) this.#told.push({ probe, n });
  }

  /** The latest messages, in the place of all that was told. */
  reset(messages: readonly { readonly id: string; readonly n: number; readonly probe: number | null }[]): void {
    this.resets++;
    for (const { id, n, probe } of messages) {
      if (this.#ids.has(id)) continue;
      this.#ids.add(id);
      this.#lastN = Math.max(this.#lastN, n);
      if (probe !== null) this.#told.push({ probe, n });
    }
  }

  /** @param due the probes that everybody must have been told of */
  counts(due: readonly number[]): Counts {
    const told = new Set(this.#told.map(({ probe }) => probe));
    const wanted = due.filter((probe) => probe >= this.from);
    const there = wanted.filter((probe) => told.has(probe)).length;
    return { told: there, lost: wanted.length - there, doubled: this.#doubled, disordered: this.#disordered };
  }
}

/**
 * What the log has, in its order, against what was acknowledged.
 * @param due the probes that must be there
 */
export function countsOfLog(logged: readonly number[], due: readonly number[]): Counts {
  const logs = new Set(logged);
  const there = due.filter((probe) => logs.has(probe)).length;
  return {
    told: there,
    lost: due.length - there,
    doubled: logged.length - logs.size,
    disordered: logged.filter((probe, i) => i > 0 && probe < logged[i - 1]!).length,
  };
}
