import { Logger } from '@nestjs/common';
import type { Room } from '#domain';
import { type Change, type Position, positionAfter, type RoomUpdate, type Timeline } from '#projections';
import type { Pinned } from '#read-models';
import { patiently, sleep } from '../patiently.js';

/** More missed changes than this are not sent one by one. */
const MAX_CATCH_UP = 5_000;
/** Caught-up changes go out in such pieces, with a pause in between, or they would look like a slow reader's backlog. */
const PIECE = 200;
/** More updates than this do not wait: what is dropped is read. */
const MAX_WAITING = 1_000;
/** Before the read model is asked again that failed to answer. Milliseconds. */
const RETRY = 500;
/** So long a hole is waited for: who takes over from a projector that died in the middle of a round needs some seconds. */
const HOLE_PATIENCE = 30_000;
/** Before it is looked at again: at first after so long, each time twice as long, up to the other. Milliseconds. */
const [SOON, LATE] = [10, 500];

const logger = new Logger('RoomCursor');

/** Behind change `rev` one is missing, and others are there. */
interface Hole {
  readonly rev: number;
  /** When it was first seen, on the monotonic clock. */
  readonly since: number;
  pause: number;
}

export interface RoomListener {
  /** In order, without holes, each once. @param before where it stood */
  changed(changes: readonly Change[], before: Position): void;
  /** Too much was missed to be sent: whoever follows has to start from the history. */
  lostTrack(): void;
}

/**
 * Follows one room in one version of the timeline: takes its live updates in the order of their `rev`, drops what it had
 * already, and reads from the read model what is missing. Until it knows where the room stands, while it is paused, and
 * while it moves to another version, updates wait.
 */
export class RoomCursor {
  #timeline: Pinned<Timeline> | null = null;
  #at: Position = { n: 0, rev: 0 };
  #paused = false;
  #moving: Pinned<Timeline> | null = null;
  #reading: Promise<void> | null = null;
  #stopped = false;
  #misheard = false;
  #waiting: RoomUpdate[] = [];
  /** Whether updates were dropped that the next reading finds. */
  #dropped = false;
  #hole: Hole | null = null;

  constructor(
    private readonly room: Room,
    private readonly listener: RoomListener,
  ) {}

  /** Up to where everything was told; null until that is known. Another object with every change. */
  get at(): Position | null {
    return this.#timeline && this.#at;
  }

  /** Follows from this position on; `behind`: what happened since is in the read model already. */
  start(timeline: Pinned<Timeline>, at: Position, behind = false): void {
    this.#timeline = timeline;
    this.#at = at;
    this.#dropped ||= behind;
    if (this.#moving) void this.#move();
    else this.#goOn();
  }

  accept(update: RoomUpdate): void {
    try {
      this.#accept(update);
    } catch (error) {
      this.misheard(error);
    }
  }

  /** What was told cannot be read here, which must not end more than its own telling: it is said once, and what was missed is looked up. */
  misheard(error: unknown): void {
    if (!this.#misheard) logger.error(`an update of ${this.room} cannot be read: ${String(error)}`);
    this.#misheard = true;
    this.missed();
  }

  #accept(update: RoomUpdate): void {
    const { rev } = this.#at;
    // The next version is read once the cursor follows it; the one before has nothing more to say.
    if (this.#timeline && update.version !== this.#timeline.version) return;
    if (!this.#timeline || !this.#mayTell || this.#reading) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(update);
      else this.#dropped = true;
    } else if (update.from > rev) {
      this.#waiting.push(update);
      this.#catchUp();
    } else {
      this.#take(update.changes.filter((change) => change.rev > rev));
    }
  }

  /** From now on nothing is told, until {@link resume}: updates are missing, or who may hear them is not known. */
  pause(): void {
    this.#paused = true;
  }

  /** Reads what was missed, and goes on. */
  resume(): void {
    this.#paused = false;
    this.missed();
  }

  /** What happened up to `rev` may not have been told: it is read, unless it is known already. */
  missed(rev = Infinity): void {
    this.#dropped ||= rev > this.#at.rev;
    if (!this.#reading) this.#goOn();
  }

  /**
   * Goes on in another version of the timeline, from the same change on. Where that version has not the same at the
   * same place, the audience has to start from the history.
   */
  move(to: Pinned<Timeline>): Promise<void> {
    const isMoving = this.#moving !== null;
    this.#moving = to;
    return this.#timeline && !isMoving ? this.#move() : Promise.resolve();
  }

  stop(): void {
    this.#stopped = true;
  }

  get #mayTell(): boolean {
    return !this.#paused && !this.#moving && !this.#stopped;
  }

  /** Whether changes are missing that come before what waits to be told, and that no other reading finds. */
  get #isBehind(): boolean {
    const [next] = this.#waiting;
    return this.#mayTell && !this.#dropped && next !== undefined && next.from > this.#at.rev;
  }

  async #move(): Promise<void> {
    await this.#reading;
    while (this.#moving && !this.#stopped) {
      const to = this.#moving;
      const moving = { doing: `moving to timeline ${to.version}`, logger, pause: RETRY };
      // Where it is to move on to another one meanwhile, that is next.
      await patiently({ ...moving, isWanted: () => this.#moving === to && !this.#stopped }, async () => {
        await this.#settleIn(to);
        if (this.#moving === to) this.#moving = null;
      });
    }
    this.#dropped = true;
    this.#goOn();
    await this.#reading;
  }

  async #settleIn(to: Pinned<Timeline>): Promise<void> {
    const from = this.#timeline!;
    if (from.version === to.version) return;
    const [here, there] = await Promise.all(
      [from, to].map((timeline) => timeline.queries.changeAt(this.room, this.#at)),
    );
    const same = here !== null && here === there;
    if (!same) this.#at = await to.queries.position(this.room);
    this.#timeline = to;
    if (!same && !this.#stopped) this.listener.lostTrack();
  }

  #catchUp(): void {
    this.#reading = this.#readAll().finally(() => {
      this.#reading = null;
      this.#goOn();
    });
  }

  async #readAll(): Promise<void> {
    const catchingUp = { doing: 'catching up', logger, pause: RETRY, isWanted: () => this.#mayTell };
    let goesOn: boolean | null = true;
    while (goesOn) {
      goesOn = await patiently(catchingUp, async () => {
        this.#dropped = false;
        const isWhole = await this.#readMissed();
        return isWhole && !this.#isBehind ? false : this.#waitForHole();
      });
    }
  }

  /** @returns whether nothing is left that was there to be read */
  async #readMissed(): Promise<boolean> {
    const timeline = this.#timeline!.queries;
    const run = await timeline.changesSince(this.room, this.#at, MAX_CATCH_UP);
    if (!run) {
      this.#at = await timeline.position(this.room);
      if (!this.#stopped) this.listener.lostTrack();
      return true;
    }
    const { changes } = run;
    for (let i = 0; i < changes.length; i += PIECE) {
      if (i > 0) await sleep(5);
      if (!this.#mayTell) return true;
      this.#take(changes.slice(i, i + PIECE));
    }
    return run.isWhole;
  }

  /**
   * What is missing in the middle comes once the round is written, by the projector that is at it or by the one that takes
   * over from it. Nobody has missed anything meanwhile.
   * @returns whether to look again
   */
  async #waitForHole(): Promise<boolean> {
    if (!this.#mayTell) return false;
    const { rev } = this.#at;
    const now = performance.now();
    if (this.#hole?.rev !== rev) this.#hole = { rev, since: now, pause: SOON };
    const hole = this.#hole;
    if (now - hole.since > HOLE_PATIENCE) {
      await this.#giveUp(hole);
      return false;
    }
    if (hole.pause * 2 > LATE && hole.pause < LATE) logger.warn(`${this.room} waits for its change ${rev + 1}`);
    await sleep(hole.pause);
    hole.pause = Math.min(hole.pause * 2, LATE);
    return true;
  }

  /** Whoever has all that there is waits on: the projector will tell of the rest. The others start from the history. */
  async #giveUp({ rev }: Hole): Promise<void> {
    const at = await this.#timeline!.queries.position(this.room);
    logger.error(
      `change ${rev + 1} of ${this.room} is not there after ${HOLE_PATIENCE / 1_000} s: see that a projector runs`,
    );
    this.#hole = null;
    if (at.rev <= rev && !this.#isBehind) return;
    this.#at = at;
    this.#waiting = [];
    if (!this.#stopped) this.listener.lostTrack();
  }

  /** What was dropped is read first; what has waited waits for that, and a hole in it starts the next reading. */
  #goOn(): void {
    if (!this.#timeline || !this.#mayTell) return;
    if (this.#dropped) this.#catchUp();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const update of waiting) this.accept(update);
  }

  #take(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const before = this.#at;
    this.#at = positionAfter(before, changes);
    this.listener.changed(changes, before);
  }
}
