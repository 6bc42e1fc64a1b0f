/** What was said of somebody who types holds for so long. */
const HOLDS_MS = 5_000;
/** The server tells others no more often. */
const PACE_MS = 2_000;

interface Typing<Who> {
  readonly who: Who;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Who types in each room or chat at this moment, by their ids. */
export class Typers<Where, Who> {
  readonly #typing = new Map<Where, Map<unknown, Typing<Who>>>();
  readonly #saidAt = new Map<Where, number>();

  constructor(private readonly changed: (where: Where) => void) {}

  in(where: Where): readonly Who[] {
    return [...(this.#typing.get(where)?.values() ?? [])].map(({ who }) => who);
  }

  /** Somebody types. */
  add(where: Where, id: unknown, who: Who): void {
    const typing = this.#typing.get(where) ?? new Map<unknown, Typing<Who>>();
    this.#typing.set(where, typing);
    const before = typing.get(id);
    clearTimeout(before?.timer);
    const timer = setTimeout(() => {
      this.remove(where, id);
    }, HOLDS_MS);
    typing.set(id, { who, timer });
    if (!before) this.changed(where);
  }

  /** They have said it, or no more is heard of it. */
  remove(where: Where, id: unknown): void {
    const typing = this.#typing.get(where);
    clearTimeout(typing?.get(id)?.timer);
    if (typing?.delete(id)) this.changed(where);
  }

  /** Whether it is time to say again that one types oneself. */
  isDue(where: Where): boolean {
    const now = Date.now();
    if (now - (this.#saidAt.get(where) ?? 0) < PACE_MS) return false;
    this.#saidAt.set(where, now);
    return true;
  }
}
