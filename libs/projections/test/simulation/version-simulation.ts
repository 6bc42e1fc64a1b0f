import type { Room } from '#domain';
import { PIN_AGE_MS, type Versions, versionName, versionNumberAt } from '#read-models';
import { decodeUpdate, rebuild, type RoomUpdate, Runner, timeline } from '../../src/index.js';
import { type Expected, expectedOf } from './expected.js';
import type { Published } from './fake-log.js';
import { changesOf, type RoomChanged } from './gateway.js';
import type { Process } from './processes.js';
import { recordsOf } from './records.js';
import type { Broken } from './rules.js';
import { positionIn, VersionGateway } from './version-gateway.js';
import { eachStep, type Plan, quiet, type Running, World } from './world.js';

const MAX_RUNNERS = 3;
const MAX_BUILDERS = 2;
const MAX_EMPTYINGS = 2;
/** Many more than it takes to finish a rebuild, or to undo one. */
const MAX_STEPS = 6_000;

interface Stoppable extends Running {
  /** Ends it in order, saved as far as it is. */
  readonly stop: () => void;
}

/** Runs a schedule of projectors and rebuilds to its end and answers the faults, none where the protocol holds. */
export async function simulateVersions(plan: Plan, broken: Broken = {}): Promise<string[]> {
  const simulation = new VersionSimulation(plan, broken, await expectedOf(recordsOf(plan.records)));
  await simulation.run();
  return simulation.faults;
}

class VersionSimulation extends World {
  private readonly gateways: VersionGateway[];
  private runners: Stoppable[] = [];
  private builders: Stoppable[] = [];
  private started = 0;
  private lookAt = 0;
  private emptyings = 0;
  /** Every number that was ever given to a version, and those that were served. */
  private readonly begun = new Set<number>();
  private readonly served = new Set<number>();
  private readonly lost = new Set<number>();
  /** Who became a worker before the swap that is under way began; anybody where there is none. */
  private marked = Infinity;
  /** Room → the last change told by a worker who was one before any swap under way: every version served next has it. */
  private readonly firm = new Map<Room, number>();

  constructor(
    private readonly plan: Plan,
    broken: Broken,
    expected: Expected,
  ) {
    super(plan, broken, expected);
    const watcher = {
      fault: (fault: string) => this.faults.push(fault),
      isLost: (version: number) => this.lost.has(version),
      told: (room: Room, changes: readonly RoomChanged[]) => {
        this.checkTold(room, changes);
      },
      changesUpTo: (room: Room, seq: number) => this.changesUpTo(room, seq),
      firm: (room: Room) => this.firm.get(room) ?? 0,
      saved: (version: number, partition: number) => this.savedOf(version, partition),
    };
    this.gateways = [0, 1].map(() => new VersionGateway(this.log, this.store, broken, watcher));
  }

  async run(): Promise<void> {
    this.append(this.choices.below(this.left + 1));
    this.startRunner();
    while (!this.choices.exhausted && this.faults.length === 0) {
      await this.happen(this.choices.below(256));
      await eachStep();
    }
    await this.end();
    for (const { process } of this.all) this.machine.crash(process);
    if (this.faults.length === 0) this.checkEnd();
  }

  private get all(): Stoppable[] {
    return [...this.runners, ...this.builders];
  }

  /** One thing of all that can happen. */
  private async happen(what: number): Promise<void> {
    if (what < 130) await this.goWell(1 + this.choices.below(24));
    else if (what < 188) this.takeStep(this.choices.below(64), 'answered');
    else if (what < 193) this.takeStep(this.choices.below(64), what < 191 ? 'failed before' : 'failed after');
    else if (what < 201) this.deliverLive();
    else if (what < 215) this.gateways[this.choices.below(2)]!.look();
    else if (what < 220) this.append(1 + this.choices.below(4));
    else if (what < 224) this.crash(this.anyOf(this.choices.below(3) === 0 ? this.builders : this.all));
    else if (what < 231) this.freezeOrWake(this.anyOf(this.all));
    else if (what < 233) this.startRunner();
    else if (what < 240) this.startBuilder();
    else if (what < 242) this.stop(this.anyOf(this.all));
    else if (what < 245) this.loseOrFind(this.anyOf(this.all));
    else if (what < 247) this.empty(this.choices.below(3));
    else this.pass(this.choices.below(4) * 400);
  }

  /** For some steps everything is as it should be: a rebuild takes some hundred of them. */
  private async goWell(steps: number): Promise<void> {
    for (let step = 0; step < steps && this.faults.length === 0; step++) {
      this.takeStep(0, 'answered');
      if (this.machine.now >= this.lookAt) {
        for (const gateway of this.gateways) gateway.look();
        this.lookAt = this.machine.now + PIN_AGE_MS;
      }
      await eachStep();
    }
  }

  private anyOf(running: readonly Stoppable[]): Stoppable | undefined {
    return running[this.choices.below(Math.max(running.length, 1))];
  }

  private startRunner(): void {
    if (this.runners.length >= MAX_RUNNERS) return;
    const { process, log, name, readModels } = this.startProcess('r');
    const runner = new Runner({
      ...{ projection: this.broken.projection ?? timeline, owner: name },
      ...{ log, readModels, logger: quiet, clock: process },
    });
    this.runners.push({ process, log, name, stop: () => void runner.stop() });
    void runner.start().then(() => {
      if (runner.state === 'refused') this.faults.push(`${name} refuses to run`);
      this.runners = this.runners.filter((running) => running.process !== process);
    });
  }

  private startBuilder(): void {
    if (this.builders.length >= MAX_BUILDERS) return;
    const { process, log, name, readModels } = this.startProcess('b');
    const interruption = new AbortController();
    const stop = () => {
      interruption.abort();
    };
    this.builders.push({ process, log, name, stop });
    const ended = () => {
      this.builders = this.builders.filter((running) => running.process !== process);
    };
    void rebuild({
      ...{ projection: timeline, owner: name, signal: interruption.signal },
      ...{ log, readModels, logger: quiet, clock: process, onProgress: () => undefined },
    }).then(({ version: { number } }) => {
      if (!this.served.has(number)) this.faults.push(`${name} says that ${number} is served, and it never was`);
      ended();
    }, ended);
  }

  private startProcess(kind: string) {
    const name = `${kind}${this.started++}`;
    const process = this.machine.start(name);
    if (this.broken.sameNumbers) process.date = () => new Date(0);
    const readModels = this.connect(process);
    return { name, process, log: this.log.connect(process), readModels };
  }

  private crash(running: Stoppable | undefined): void {
    if (!running) return;
    const { process, log, name } = running;
    this.machine.crash(process);
    this.builders = this.builders.filter((other) => other !== running);
    this.runners = this.runners.filter((other) => other !== running);
    if (this.choices.below(2) === 0) log.outbound = [];
    if (this.choices.below(4) > 0) this.replace(name);
  }

  /** The others see that it is gone, and another one comes. */
  protected replace(name: string): void {
    this.log.expire(name);
    this.startRunner();
  }

  private stop(running: Stoppable | undefined): void {
    if (running?.process.state === 'running') running.stop();
  }

  /** Everything is gone at once, or the checkpoints alone. */
  private empty(what: number): void {
    if (this.emptyings++ >= MAX_EMPTYINGS) return;
    for (const number of this.begun) this.lost.add(number);
    this.firm.clear();
    if (what === 0) this.store.checkpoints.clear();
    else this.store.empty();
    // The next version is named by the second it begins in; rebuilds, which count on from there, take more than that.
    this.machine.now += 1_000;
    while (versionNumberAt(new Date(this.machine.now)) <= Math.max(...this.begun)) this.machine.now += 1_000;
  }

  private async end(): Promise<void> {
    this.append();
    const { end } = this.plan;
    if (end === 'all crash') for (const running of [...this.all, ...this.all]) this.crash(running);
    for (const { process } of this.all) {
      process.connected = true;
      if (end === 'zombies wake before') process.state = 'running';
    }
    // A runner that is there already, and as good as the last, does not keep it from coming.
    const zombies = this.runners;
    this.runners = [];
    this.startRunner();
    this.runners.push(...zombies);
    if (!(await this.caughtUp())) return;
    for (const { process } of this.all) {
      if (process.state !== 'frozen') continue;
      this.log.expire(process.name);
      process.state = 'running';
    }
    // What the dead had asked for is carried out now at the latest.
    for (const step of this.machine.ready()) if (step.process.state === 'dead') step.take('answered');
    await this.caughtUp();
  }

  private async caughtUp(): Promise<boolean> {
    const isUpToDate = await this.settle(() => this.isUpToDate(), MAX_STEPS);
    if (isUpToDate || this.faults.length > 0) return isUpToDate;
    const { versions } = this.store;
    const saved = [...this.expected.lastSeqs.keys()].map((p) => versions && this.savedOf(versions.serving.number, p));
    const last = [...this.expected.lastSeqs.values()].join(', ');
    this.faults.push(`stuck: ${JSON.stringify(versions)} is saved up to ${saved.join(', ')} of ${last}`);
    return false;
  }

  private isUpToDate(): boolean {
    const { versions } = this.store;
    for (const gateway of this.gateways) gateway.look();
    if (!versions || versions.swap !== null || !this.isSaved(versions.serving.number)) return false;
    if (this.builders.some(({ process }) => process.state === 'running')) return false;
    return this.gateways.every((gateway) => gateway.isUpToDate);
  }

  protected replaced(to: Versions, before: Versions | null): void {
    const given = [to.serving, ...(to.building ? [to.building] : [])].map(({ number }) => number);
    const had = before ? [before.serving.number, before.building?.number] : [];
    for (const number of given) {
      if (had.includes(number)) continue;
      if (this.begun.has(number)) this.faults.push(`number ${number} is given to another version`);
      this.begun.add(number);
    }
    const { number } = to.serving;
    const old = before?.serving.number;
    if (old !== undefined && old !== number) {
      if (number === before!.building?.number) this.checkFlip(before!, number);
      else if (!this.lost.has(old)) this.faults.push(`${old} is given up, and was not lost`);
    }
    this.served.add(number);
    if (to.swap === null) this.marked = Infinity;
    else if (to.swap !== before?.swap) this.marked = this.log.joins;
  }

  private checkFlip({ swap, serving }: Versions, number: number): void {
    if (swap === null) this.faults.push(`${number} is served by a swap that was undone`);
    const group = versionName(timeline.name, serving.number);
    for (const [worker, since] of this.log.present(group, this.machine.now)) {
      if (since <= this.marked) this.faults.push(`${number} is served while ${worker} folds ${group}`);
    }
    for (const [room, rev] of this.firm) {
      const shown = positionIn(changesOf(room, this.store.of(number)));
      if (shown < rev) this.faults.push(`${room}: ${rev} was told, and ${number} which is served shows ${shown}`);
    }
  }

  protected sent({ text }: Published, { name }: Process): void {
    const { room, version, to, changes } = decodeUpdate(text) as RoomUpdate;
    this.checkTold(room, changes);
    if (version !== this.store.versions?.serving.number || this.lost.has(version)) return;
    const since = this.log.present(versionName(timeline.name, version), this.machine.now).get(name);
    if (since !== undefined && since <= this.marked) this.firm.set(room, Math.max(to, this.firm.get(room) ?? 0));
  }

  protected arrived(published: Published): void {
    for (const gateway of this.gateways) gateway.accept(published);
  }

  private changesUpTo(room: Room, seq: number): number {
    const last = Math.min(seq, this.log.records.length);
    return (this.expected.changes.get(room)?.findLastIndex((change) => change.seq <= last) ?? -1) + 1;
  }

  /** By the numbers that the fold gives, and as some beginning of the log has it. */
  private checkTold(room: Room, changes: readonly RoomChanged[]): void {
    for (const { rev, kind, message } of changes) {
      this.checkVersion('messages', message);
      const change = this.expected.changes.get(room)?.[rev - 1];
      if (change?.rev !== rev || change.kind !== kind || change.messageId !== message.messageId)
        this.faults.push(`${room}: told by a wrong number, ${rev}`);
    }
  }

  private checkEnd(): void {
    this.checkDocuments(this.store.versions!.serving.number);
    this.checkLetters();
  }
}
