import { type Room, roomIds, roomKind } from '#domain';
import { checkpointId, decodeUpdate, type Document, placeId, type RoomUpdate } from '#read-models';
import { timeline, Worker, type WorkerLog } from '../../src/index.js';
import { type Expected, expectedOf, versionOf } from './expected.js';
import { FakeLog, type LogClient, type Published } from './fake-log.js';
import { FakeStore } from './fake-store.js';
import { changesOf, Follower } from './gateway.js';
import { type Answer, Choices, Machine, type Process } from './processes.js';
import { recordsOf, rooms, usedPartitions } from './records.js';
import type { Broken } from './rules.js';

/** What happens in one simulation: everything follows from it. */
export interface Schedule {
  /** Of what the log consists, a record each. */
  readonly records: readonly number[];
  /** What happens next, again and again; zeros let everything go well. */
  readonly choices: ArrayLike<number>;
  /** What becomes of the workers in the end, before or after a last healthy one has caught up. */
  readonly end: 'all crash' | 'zombies wake before' | 'zombies wake after';
}

const MAX_WORKERS = 3;
/** Many more than a worker needs to catch up. */
const MAX_STEPS = 2_000;
const quiet: WorkerLog = { log: () => undefined, warn: () => undefined, error: () => undefined };
const eachStep = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const checkpointOf = (partition: number): string => checkpointId(timeline.name, 1, partition);

interface Running {
  readonly process: Process;
  readonly log: LogClient;
  readonly worker: Worker<unknown>;
  readonly name: string;
}

/** Runs a schedule to its end and answers the faults, none where the protocol holds. */
export async function simulate(schedule: Schedule, broken: Broken = {}): Promise<string[]> {
  const simulation = new Simulation(schedule, broken, await expectedOf(recordsOf(schedule.records)));
  await simulation.run();
  return simulation.faults;
}

class Simulation {
  readonly faults: string[] = [];
  private readonly machine = new Machine();
  private readonly choices: Choices;
  private readonly planned;
  private readonly log: FakeLog;
  private readonly store: FakeStore;
  private readonly followers = new Map<string, Follower>();
  private workers: Running[] = [];
  private started = 0;

  constructor(
    private readonly schedule: Schedule,
    private readonly broken: Broken,
    private readonly expected: Expected,
  ) {
    this.choices = new Choices(schedule.choices);
    this.planned = recordsOf(schedule.records);
    const tell = (fault: string) => this.faults.push(fault);
    this.log = new FakeLog(
      broken,
      usedPartitions,
      (published) => {
        this.onSent(published);
      },
      (published) => {
        this.onArrived(published);
      },
      (available) => available - this.choices.below(available),
    );
    this.store = new FakeStore(broken, new Set([...usedPartitions].map(checkpointOf)), tell, (collection, document) => {
      this.checkVersion(collection, document);
    });
    for (const room of rooms) {
      for (const receiver of receiversOf(room)) {
        this.followers.set(`${receiver} ${room}`, new Follower(room, this.store, tell));
      }
    }
  }

  async run(): Promise<void> {
    this.append(this.choices.below(this.planned.length + 1));
    this.startWorker();
    while (!this.choices.exhausted && this.faults.length === 0) {
      this.happen(this.choices.below(256));
      await eachStep();
    }
    await this.end();
    for (const { process } of this.workers) this.machine.crash(process);
    this.checkEnd();
  }

  /** One thing of all that can happen. */
  private happen(what: number): void {
    if (what < 110) this.takeStep(0, 'answered');
    else if (what < 196) this.takeStep(this.choices.below(64), 'answered');
    else if (what < 204) this.takeStep(this.choices.below(64), what < 200 ? 'failed before' : 'failed after');
    else if (what < 212) this.deliverLive();
    else if (what < 220) this.append(1 + this.choices.below(4));
    else if (what < 226) this.crash(this.anyWorker());
    else if (what < 240) this.freezeOrWake(this.anyWorker());
    else if (what < 244) this.startWorker();
    else if (what < 246) this.stop(this.anyWorker());
    else if (what < 251) this.loseOrFind(this.anyWorker());
    else this.pass(this.choices.below(4) * 400);
  }

  private takeStep(which: number, answer: Answer): void {
    const ready = this.machine.ready();
    const step = ready[which % Math.max(ready.length, 1)];
    if (step) step.take(answer);
    else this.pass(0);
  }

  private pass(ms: number): void {
    this.machine.now += ms;
    this.machine.fire();
  }

  private deliverLive(): void {
    const sending = this.log.clients.filter(({ outbound }) => outbound.length > 0);
    sending[this.choices.below(Math.max(sending.length, 1))]?.arrive();
  }

  private append(count: number): void {
    this.log.records.push(...this.planned.splice(0, count));
  }

  private anyWorker(): Running | undefined {
    return this.workers[this.choices.below(Math.max(this.workers.length, 1))];
  }

  private startWorker(): void {
    if (this.workers.length >= MAX_WORKERS) return;
    const name = `w${this.started++}`;
    const process = this.machine.start(name);
    const log = this.log.connect(process);
    const { store, checkpoints } = this.store.connect(process, (length) => this.choices.below(length));
    const readModels = { shared: true, checkpoints, projection: () => store, ping: () => Promise.resolve() };
    const projection = this.broken.projection ?? timeline;
    const worker = new Worker({
      ...{ projection, version: 1, announcing: true, owner: name },
      ...{ log, readModels, logger: quiet, clock: process },
    });
    this.workers.push({ process, log, worker, name });
    void worker.start().then(() => {
      if (worker.state === 'refused') this.faults.push(`${name} refuses to run`);
      this.workers = this.workers.filter((running) => running.worker !== worker);
    });
  }

  private crash(running: Running | undefined): void {
    if (!running) return;
    const { process, log, name } = running;
    this.machine.crash(process);
    this.workers = this.workers.filter((other) => other !== running);
    if (this.choices.below(2) === 0) log.outbound = [];
    if (this.choices.below(4) > 0) this.replace(name);
  }

  /** Frozen beyond its lease, as a rule; a zombie once it wakes. */
  private freezeOrWake(running: Running | undefined): void {
    if (!running) return;
    const { process, name } = running;
    process.state = process.state === 'frozen' ? 'running' : 'frozen';
    if (process.state === 'frozen' && this.choices.below(4) > 0) this.replace(name);
  }

  /** The others see that it is gone, and another one comes. */
  private replace(name: string): void {
    this.log.expire(name);
    this.startWorker();
  }

  private stop(running: Running | undefined): void {
    if (running?.process.state === 'running') void running.worker.stop();
  }

  /** Its connection to the log is lost, for a moment or for longer, or comes back. */
  private loseOrFind(running: Running | undefined): void {
    if (!running) return;
    const { process, log } = running;
    const away = process.connected && this.choices.below(2) === 0;
    if (process.connected) log.lose();
    process.connected = !away;
  }

  private async end(): Promise<void> {
    this.append(this.planned.length);
    const { end } = this.schedule;
    if (end === 'all crash') {
      for (const running of [...this.workers]) this.crash(running);
      for (const { process } of this.workers) this.machine.crash(process);
      this.workers = [];
    }
    for (const { process } of this.workers) {
      process.connected = true;
      if (end === 'zombies wake before') process.state = 'running';
    }
    // A worker that is there already, and as good as the last, does not keep it from coming.
    const zombies = this.workers;
    this.workers = [];
    this.startWorker();
    this.workers.push(...zombies);
    if (!(await this.settle())) return;
    for (const { process } of zombies) {
      if (process.state !== 'frozen') continue;
      this.log.expire(process.name);
      process.state = 'running';
    }
    // What the dead had asked for is carried out now at the latest.
    for (const step of this.machine.ready()) if (step.process.state === 'dead') step.take('answered');
    await this.settle();
  }

  /** Lets everything go well until all is folded and nothing is under way; false where that does not come about. */
  private async settle(): Promise<boolean> {
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const step = this.machine.ready().find(({ process }) => process.state === 'running');
      if (step) step.take('answered');
      else if (this.log.clients.some(({ outbound }) => outbound.length > 0)) this.deliverLive();
      else if (this.isSaved()) return true;
      else this.machine.fire();
      await eachStep();
    }
    const saved = [...this.expected.lastSeqs.keys()].map((p) => this.store.checkpoints.get(checkpointOf(p))?.seq ?? 0);
    this.faults.push(`stuck: saved up to ${saved.join(', ')} of ${[...this.expected.lastSeqs.values()].join(', ')}`);
    return false;
  }

  private isSaved(): boolean {
    for (const [partition, seq] of this.expected.lastSeqs) {
      if (this.store.checkpoints.get(checkpointOf(partition))?.seq !== seq) return false;
    }
    return true;
  }

  /** Whatever a query may show is what the fold of some beginning of the log has. */
  private checkVersion(collection: string, document: Document): void {
    const version = versionOf(collection, document);
    if (this.expected.versions.get(version) !== JSON.stringify(document)) {
      this.faults.push(`written, and never so in a fold: ${version}`);
    }
  }

  /** What a live update tells of can be queried. */
  private onSent({ text }: Published): void {
    const { room, changes } = decodeUpdate(text) as RoomUpdate;
    for (const { rev, message } of changes) {
      this.checkVersion('messages', message);
      const stored = this.store.collection('messages').get(message._id);
      const change = rev === message.rev0 || this.store.collection('changes').has(placeId(room, rev));
      if (!stored || stored.seq < message.seq || !change)
        this.faults.push(`${room}: change ${rev} told before it was written`);
    }
  }

  private onArrived({ receiver, text }: Published): void {
    const update = decodeUpdate(text) as RoomUpdate;
    this.followers.get(`${receiver} ${update.room}`)!.accept(update);
  }

  private checkEnd(): void {
    for (const [name, documents] of this.expected.documents) {
      const stored = this.store.collection(name);
      for (const id of new Set([...stored.keys(), ...documents.keys()])) {
        if (JSON.stringify(stored.get(id)) !== documents.get(id))
          this.faults.push(`${name} ${id} is not as the fold has it`);
      }
    }
    const letters = [...this.log.letters.keys()].sort((a, b) => a - b).join();
    const expected = [...this.expected.letters].sort((a, b) => a - b).join();
    if (letters !== expected) this.faults.push(`dead letters ${letters}, expected ${expected}`);
    const pure = {
      collection: (name: string) =>
        new Map([...this.expected.documents.get(name)!].map(([id, json]) => [id, JSON.parse(json) as Document])),
    };
    for (const [key, { room, told }] of this.followers) {
      const changes = changesOf(room, pure).map(({ rev, kind, message: { messageId } }) => ({ rev, kind, messageId }));
      if (changes.some(({ rev }, i) => rev !== i + 1)) this.faults.push(`${room}: a hole in the fold`);
      if (JSON.stringify(told) !== JSON.stringify(changes)) {
        this.faults.push(`${key}: told of ${told.length} changes, not of these ${changes.length}`);
      }
    }
  }
}

const receiversOf = (room: Room): string[] =>
  roomKind(room) === 'direct' ? roomIds(room).map((userId) => `user ${userId}`) : [room];
