import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Room } from '#domain';
import type { Change, Position, RoomUpdate, Timeline } from '#read-models';

/** More missed changes than this are not sent one by one. */
const MAX_CATCH_UP = 5_000;
/** Caught-up changes go out in such pieces, with a pause in between, or they would look like a slow reader's backlog. */
const PIECE = 200;
/** More updates than this do not wait: what is dropped is read. */
const MAX_WAITING = 1_000;
/** Before the read model is asked again that failed to answer. Milliseconds. */
const RETRY = 500;

export interface RoomListener {
  /** In order, without holes, each once. */
  changed(changes: readonly Change[]): void;
  /** Too much was missed to be sent: whoever follows has to start from the history. */
  lostTrack(): void;
}

/**
 * Follows one room: takes its live updates in the order of their `rev`, drops what it had already, and reads from the
 * read model what is missing. Until it knows where the room stands, and while it is paused, updates wait.
 */
export class RoomCursor {
  readonly #logger = new Logger(RoomCursor.name);
  #at: Position | null = null;
  #paused = false;
  #reading = false;
  /** How many times it was asked to read once more while reading. */
  #asked = 0;
  #stopped = false;
  #waiting: RoomUpdate[] = [];
  /** Whether updates were dropped, before the start or while it was paused, that the next reading finds. */
  #dropped = false;

  constructor(
    private readonly room: Room,
    private readonly timeline: Timeline,
    private readonly listener: RoomListener,
  ) {}

  /** Follows from this position on; `behind`: what happened since is in the read model already. */
  start(at: Position, behind = false): void {
    this.#at = at;
    if (behind || this.#dropped) void this.#catchUp();
    else this.#goOn();
  }

  accept(update: RoomUpdate): void {
    const rev = this.#at?.rev ?? 0;
    if (this.#stopped || update.to <= rev) return;
    if (!this.#at || this.#paused || this.#reading) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(update);
      else if (this.#reading) this.#asked++;
      else this.#dropped = true;
    } else if (update.from > rev) {
      this.#waiting.push(update);
      void this.#catchUp();
    } else {
      this.#take(update.changes.filter((change) => change.rev > rev));
    }
  }

  /** From now on nothing is told, until {@link resume}: updates are missing, or who may hear them is not known. */
  pause(): void {
    this.#paused = true;
  }

  /**
   * Reads what was missed, and goes on.
   * @param rev where the room is known to stand at least; nothing is read where that is known already
   */
  resume(rev = Infinity): void {
    this.#paused = false;
    if (this.#reading) this.#asked++;
    else if (!this.#at) return;
    else if (rev > this.#at.rev || this.#dropped) void this.#catchUp();
    else this.#goOn();
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting = [];
  }

  get #mayTell(): boolean {
    return !this.#paused && !this.#stopped;
  }

  async #catchUp(): Promise<void> {
    this.#reading = true;
    while (this.#mayTell) {
      try {
        const asked = this.#asked;
        this.#dropped = false;
        await this.#readMissed();
        if (asked === this.#asked) break;
      } catch (error) {
        this.#logger.warn(`catching up: ${error instanceof Error ? error.message : String(error)}`);
        await sleep(RETRY);
      }
    }
    this.#reading = false;
    this.#goOn();
  }

  async #readMissed(): Promise<void> {
    const changes = await this.timeline.changesSince(this.room, this.#at!, MAX_CATCH_UP);
    if (!changes) {
      this.#at = await this.timeline.position(this.room);
      if (!this.#stopped) this.listener.lostTrack();
      return;
    }
    for (let i = 0; i < changes.length; i += PIECE) {
      if (i > 0) await sleep(5);
      if (!this.#mayTell) return;
      this.#take(changes.slice(i, i + PIECE));
    }
  }

  /** What has waited; a hole in it starts the next catch-up. */
  #goOn(): void {
    if (!this.#mayTell) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const update of waiting) this.accept(update);
  }

  #take(changes: readonly Change[]): void {
    const last = changes.at(-1);
    if (!last) return;
    const n = changes.reduce((highest, { message }) => Math.max(highest, message.n), this.#at!.n);
    this.#at = { n, rev: last.rev };
    this.listener.changed(changes);
  }
}
