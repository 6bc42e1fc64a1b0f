import { checkpointId, type Document, type Versions } from '#read-models';
import { timeline, type WorkerLog } from '../../src/index.js';
import { type Expected, versionOf } from './expected.js';
import { FakeLog, type LogClient, type Published } from './fake-log.js';
import { FakeStore } from './fake-store.js';
import { StoreClient } from './store-client.js';
import { type Answer, Choices, Machine, type Process } from './processes.js';
import { recordsOf, usedPartitions } from './records.js';
import type { Broken } from './rules.js';

/** Everything in a simulation follows from it. */
export interface Plan {
  /** Of what the log consists, a record each. */
  readonly records: readonly number[];
  /** What happens next, again and again; zeros let everything go well. */
  readonly choices: ArrayLike<number>;
  /** What becomes of the processes in the end, before or after a last healthy one has caught up. */
  readonly end: 'all crash' | 'zombies wake before' | 'zombies wake after';
}

/** A process, as a schedule can interfere with it. */
export interface Running {
  readonly process: Process;
  readonly log: LogClient;
  readonly name: string;
}

export const quiet: WorkerLog = { log: () => undefined, warn: () => undefined, error: () => undefined };
export const eachStep = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The servers of a simulation, the machine that its processes run on, and what can happen to them. */
export abstract class World {
  readonly faults: string[] = [];
  protected readonly machine = new Machine();
  protected readonly choices: Choices;
  protected readonly log: FakeLog;
  protected readonly store: FakeStore;
  private readonly planned;

  constructor(
    plan: Plan,
    protected readonly broken: Broken,
    protected readonly expected: Expected,
  ) {
    this.choices = new Choices(plan.choices);
    this.planned = recordsOf(plan.records);
    this.log = new FakeLog(
      broken,
      usedPartitions,
      (published, by) => {
        this.sent(published, by);
      },
      (published) => {
        this.arrived(published);
      },
      (available) => available - this.choices.below(available),
    );
    this.store = new FakeStore(
      broken,
      usedPartitions,
      {
        fault: (fault) => this.faults.push(fault),
        written: (_version, collection, document) => {
          this.checkVersion(collection, document);
        },
        replaced: (to, before) => {
          this.replaced(to, before);
        },
      },
      () => this.machine.now,
    );
  }

  /** A process sends an update. */
  protected abstract sent(published: Published, by: Process): void;
  /** It reaches the gateways. */
  protected abstract arrived(published: Published): void;
  /** The versions are changed. */
  protected abstract replaced(to: Versions, before: Versions | null): void;

  /** The others see that a process is gone, and another one comes. */
  protected abstract replace(name: string): void;

  protected connect(process: Process): StoreClient {
    return new StoreClient(this.store, process, (length) => this.choices.below(length));
  }

  protected takeStep(which: number, answer: Answer): void {
    const ready = this.machine.ready();
    const step = ready[which % Math.max(ready.length, 1)];
    if (step) step.take(answer);
    else this.pass(0);
  }

  protected pass(ms: number): void {
    this.machine.now += ms;
    this.machine.fire();
  }

  /** Frozen beyond its lease, as a rule; a zombie once it wakes. */
  protected freezeOrWake(running: Running | undefined): void {
    if (!running) return;
    const { process, name } = running;
    process.state = process.state === 'frozen' ? 'running' : 'frozen';
    if (process.state === 'frozen' && this.choices.below(4) > 0) this.replace(name);
  }

  /** Its connection to the log is lost, for a moment or for longer, or comes back. */
  protected loseOrFind(running: Running | undefined): void {
    if (!running) return;
    const { process, log } = running;
    const away = process.connected && this.choices.below(2) === 0;
    if (process.connected) log.lose();
    process.connected = !away;
  }

  protected deliverLive(): void {
    const sending = this.log.clients.filter(({ outbound }) => outbound.length > 0);
    sending[this.choices.below(Math.max(sending.length, 1))]?.arrive();
  }

  /** So many of those that are planned, or all that are left. */
  protected append(count = Infinity): void {
    this.log.records.push(...this.planned.splice(0, count));
  }

  protected get left(): number {
    return this.planned.length;
  }

  /** Lets everything go well until it holds and nothing is under way; false where that does not come about. */
  protected async settle(holds: () => boolean, maxSteps: number): Promise<boolean> {
    for (let steps = 0; steps < maxSteps && this.faults.length === 0; steps++) {
      const step = this.machine.ready().find(({ process }) => process.state === 'running');
      if (step) step.take('answered');
      else if (this.log.clients.some(({ outbound }) => outbound.length > 0)) this.deliverLive();
      else if (holds()) return true;
      else this.machine.fire();
      await eachStep();
    }
    return false;
  }

  protected savedOf(version: number, partition: number): number {
    return this.store.checkpoints.get(checkpointId(timeline.name, version, partition))?.seq ?? 0;
  }

  protected isSaved(version: number): boolean {
    for (const [partition, seq] of this.expected.lastSeqs) if (this.savedOf(version, partition) !== seq) return false;
    return true;
  }

  /** Whatever a query may show is what the fold of some beginning of the log has. */
  protected checkVersion(collection: string, document: Document): void {
    const version = versionOf(collection, document);
    if (this.expected.versions.get(version) !== this.expected.comparable(collection, document)) {
      this.faults.push(`written, and never so in a fold: ${version}`);
    }
  }

  protected checkDocuments(version: number): void {
    for (const [name, documents] of this.expected.documents) {
      const stored = this.store.of(version).collection(name);
      for (const id of new Set([...stored.keys(), ...documents.keys()])) {
        if (JSON.stringify(stored.get(id)) !== documents.get(id))
          this.faults.push(`${name} ${id} is not as the fold has it`);
      }
    }
  }

  protected checkLetters(): void {
    const letters = [...this.log.letters.keys()].sort((a, b) => a - b).join();
    const expected = [...this.expected.letters].sort((a, b) => a - b).join();
    if (letters !== expected) this.faults.push(`dead letters ${letters}, expected ${expected}`);
  }
}
