import { setTimeout as sleep } from 'node:timers/promises';
import type { RoleProcess } from '../apart/role-process.js';
import { oneOf, seededRandom } from '../seeded-random.js';
import type { Front } from './front.js';

export interface Breakable {
  readonly gateways: readonly RoleProcess[];
  readonly projectors: readonly RoleProcess[];
  readonly query: RoleProcess;
  readonly front: Front;
  /** Ends NATS as a crash would, and starts it again after so many milliseconds. */
  readonly breakNats: (forMs: number) => Promise<void>;
}

type Kind = 'gateway' | 'projector' | 'query' | 'cut' | 'deaf' | 'nats';

const kinds: readonly Kind[] = [
  ...(['gateway', 'projector', 'gateway', 'projector', 'query'] as const),
  ...(['cut', 'cut', 'deaf', 'deaf', 'nats'] as const),
];

/** Breaks things at random, one after the other and some at the same time, until it is stopped. */
export class Faults {
  readonly made = new Map<string, number>();
  /** What could not be made whole again. */
  readonly failures: string[] = [];
  readonly #pending = new Set<Promise<void>>();
  readonly #away = new Set<Kind>();
  /** How often each was killed. */
  readonly #turns = new Map<RoleProcess, number>();
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly system: Breakable,
    private readonly random: () => number,
    private readonly say: (line: string) => void,
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  /** Afterwards everything runs, but for {@link failures}, and the network is whole. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await Promise.all(this.#pending);
  }

  async #run(): Promise<void> {
    const { random } = this;
    while (!this.#stopping) {
      await sleep(500 + random() * 2_000);
      // What a fault draws depends on what is there; the next one follows from the seed all the same.
      const work = this.#break(oneOf(random, kinds), seededRandom(random() * 2 ** 32))
        .catch((error: unknown) => {
          this.failures.push(String(error));
        })
        .finally(() => this.#pending.delete(work));
      this.#pending.add(work);
    }
  }

  async #break(kind: Kind, random: () => number): Promise<void> {
    const { system } = this;
    const { front } = system;
    switch (kind) {
      case 'gateway':
      case 'projector': {
        this.#count(`${kind}s killed`);
        return this.#kill(oneOf(random, kind === 'gateway' ? system.gateways : system.projectors), random);
      }
      case 'query':
        return this.#once(kind, 'times the query side killed', () => this.#kill(system.query, random));
      case 'nats':
        return this.#once(kind, 'times NATS killed', () => system.breakNats(200 + random() * 2_500));
      case 'cut':
        this.#count('connections cut', front.cut(random, random()));
        return;
      case 'deaf': {
        const deafness = front.deafen(random, random() / 2);
        this.#count('connections cut one way', deafness.count);
        await sleep(1_000 + random() * 5_000);
        deafness.end();
      }
    }
  }

  async #kill(victim: RoleProcess, random: () => number): Promise<void> {
    const turn = (this.#turns.get(victim) ?? 0) + 1;
    this.#turns.set(victim, turn);
    await victim.kill('SIGKILL');
    await sleep(100 + random() * 2_000);
    await this.#restart(victim, turn);
  }

  /** Of these there is one: while it is away, no other fault falls on it, since it would never come back. */
  async #once(kind: Kind, what: string, breakIt: () => Promise<void>): Promise<void> {
    if (this.#away.has(kind)) return;
    this.#away.add(kind);
    this.#count(what);
    try {
      await breakIt();
    } finally {
      this.#away.delete(kind);
    }
  }

  /** While NATS is away none starts: it is tried again. Where another fault has fallen on it meanwhile, that one does. */
  async #restart(role: RoleProcess, turn: number): Promise<void> {
    for (let attempt = 1; this.#turns.get(role) === turn; attempt++) {
      try {
        await role.start();
        return;
      } catch (error) {
        if (this.#turns.get(role) !== turn) return;
        await role.kill('SIGKILL');
        if (attempt === 5) throw error;
        this.say(`a ${role.role} did not start and is started again`);
      }
    }
  }

  #count(what: string, by = 1): void {
    this.made.set(what, (this.made.get(what) ?? 0) + by);
  }
}
