import { firstVersion } from '#read-models';
import { decodeUpdate, placeId, type RoomUpdate, timeline, Worker } from '../../src/index.js';
import { type Expected, expectedOf } from './expected.js';
import type { Published } from './fake-log.js';
import { changesIn, Follower, receiversOf, toldOf } from './gateway.js';
import { recordsOf, rooms } from './records.js';
import type { Broken } from './rules.js';
import { eachStep, type Plan, quiet, type Running, World } from './world.js';

const MAX_WORKERS = 3;
/** Many more than a worker needs to catch up. */
const MAX_STEPS = 2_000;
/** The version that all of them fold. */
const VERSION = 1;

interface RunningWorker extends Running {
  readonly worker: Worker<unknown>;
}

/** Runs a schedule to its end and answers the faults, none where the protocol holds. */
export async function simulate(schedule: Plan, broken: Broken = {}): Promise<string[]> {
  const simulation = new Simulation(schedule, broken, await expectedOf(recordsOf(schedule.records)));
  await simulation.run();
  return simulation.faults;
}

class Simulation extends World {
  private readonly followers = new Map<string, Follower>();
  private workers: RunningWorker[] = [];
  private started = 0;

  constructor(
    private readonly schedule: Plan,
    broken: Broken,
    expected: Expected,
  ) {
    super(schedule, broken, expected);
    this.store.versions = firstVersion(timeline.format, VERSION);
    const documents = this.store.of(VERSION);
    for (const room of rooms) {
      for (const receiver of receiversOf(room)) {
        this.followers.set(`${receiver} ${room}`, new Follower(room, documents, (fault) => this.faults.push(fault)));
      }
    }
  }

  async run(): Promise<void> {
    this.append(this.choices.below(this.left + 1));
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

  private anyWorker(): RunningWorker | undefined {
    return this.workers[this.choices.below(Math.max(this.workers.length, 1))];
  }

  private startWorker(): void {
    if (this.workers.length >= MAX_WORKERS) return;
    const name = `w${this.started++}`;
    const process = this.machine.start(name);
    const log = this.log.connect(process);
    const readModels = this.connect(process);
    const projection = this.broken.projection ?? timeline;
    const worker = new Worker({
      ...{ projection, version: VERSION, announcing: true, owner: name, foldedTogether: 1, sweptTogether: 1 },
      ...{ log, readModels, logger: quiet, clock: process },
    });
    this.workers.push({ process, log, worker, name });
    void worker.start().then(() => {
      if (worker.state === 'refused') this.faults.push(`${name} refuses to run`);
      this.workers = this.workers.filter((running) => running.worker !== worker);
    });
  }

  private crash(running: RunningWorker | undefined): void {
    if (!running) return;
    const { process, log, name } = running;
    this.machine.crash(process);
    this.workers = this.workers.filter((other) => other !== running);
    if (this.choices.below(2) === 0) log.outbound = [];
    if (this.choices.below(4) > 0) this.replace(name);
  }

  /** The others see that it is gone, and another one comes. */
  protected replace(name: string): void {
    this.log.expire(name);
    this.startWorker();
  }

  private stop(running: RunningWorker | undefined): void {
    if (running?.process.state === 'running') void running.worker.stop();
  }

  private async end(): Promise<void> {
    this.append();
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
    if (!(await this.caughtUp())) return;
    for (const { process } of zombies) {
      if (process.state !== 'frozen') continue;
      this.log.expire(process.name);
      process.state = 'running';
    }
    // What the dead had asked for is carried out now at the latest.
    for (const step of this.machine.ready()) if (step.process.state === 'dead') step.take('answered');
    await this.caughtUp();
  }

  private async caughtUp(): Promise<boolean> {
    const isSaved = await this.settle(() => this.isSaved(VERSION), MAX_STEPS);
    if (!isSaved && this.faults.length === 0) {
      const saved = [...this.expected.lastSeqs.keys()].map((partition) => this.savedOf(VERSION, partition));
      this.faults.push(`stuck: saved up to ${saved.join(', ')} of ${[...this.expected.lastSeqs.values()].join(', ')}`);
    }
    return isSaved;
  }

  protected replaced(): void {
    this.faults.push('a worker changes no versions');
  }

  /** What a live update tells of can be queried. */
  protected sent({ text }: Published): void {
    const { room, changes } = decodeUpdate(text) as RoomUpdate;
    for (const { rev, message } of changes) {
      this.checkVersion('messages', message);
      const documents = this.store.of(VERSION);
      const stored = documents.collection('messages').get(message._id);
      const change = rev === message.rev0 || documents.collection('changes').has(placeId(room, rev));
      if (!stored || stored.seq < message.seq || !change)
        this.faults.push(`${room}: change ${rev} told before it was written`);
    }
  }

  protected arrived({ receiver, text }: Published): void {
    const update = decodeUpdate(text) as RoomUpdate;
    this.followers.get(`${receiver} ${update.room}`)!.accept(update);
  }

  private checkEnd(): void {
    this.checkDocuments(VERSION);
    this.checkLetters();
    for (const [key, { room, told }] of this.followers) {
      const changes = toldOf(changesIn(this.expected, room));
      if (changes.some(({ rev }, i) => rev !== i + 1)) this.faults.push(`${room}: a hole in the fold`);
      if (JSON.stringify(told) !== JSON.stringify(changes)) {
        this.faults.push(`${key}: told of ${told.length} changes, not of these ${changes.length}`);
      }
    }
  }
}
