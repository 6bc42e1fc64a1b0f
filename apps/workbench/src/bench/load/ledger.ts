import type { ToldMessage } from '../../apart/history.js';
import type { ClanFrame } from './crowd.js';

/** Beyond so many lines of faults, their number says enough. */
const MAX_FAULTS = 20;
const FILLER = 'the quick brown fox jumps over the lazy dog';

/**
 * Who was told what: messages are numbered in the order of the schedule, 0, 1, 2 …; number `k` is for the clan
 * `k mod rooms`, said by its members in turns.
 */
export class Ledger {
  /** A bit for each member. */
  private readonly toldTo: Uint32Array;
  private readonly places: Uint32Array;
  private readonly ids: (string | undefined)[] = [];
  private readonly lastN: Uint32Array;
  private sentCount = 0;
  private deliveredCount = 0;
  private faultCount = 0;
  private readonly faultLines: string[] = [];
  /** Frames that are errors: each answers for one message that was not accepted. */
  refused = 0;

  /** @param members at most 32 */
  constructor(
    readonly rooms: number,
    readonly members: number,
    capacity: number,
    private readonly characters: number,
  ) {
    this.toldTo = new Uint32Array(capacity);
    this.places = new Uint32Array(capacity);
    this.lastN = new Uint32Array(rooms * members);
  }

  get sent(): number {
    return this.sentCount;
  }

  get delivered(): number {
    return this.deliveredCount;
  }

  get faults(): readonly string[] {
    const more = this.faultCount - this.faultLines.length;
    return more > 0 ? [...this.faultLines, `and ${more} more`] : this.faultLines;
  }

  /** Whether everybody was told everything that was not refused. */
  get isComplete(): boolean {
    return this.deliveredCount >= (this.sentCount - this.refused) * this.members;
  }

  fault(line: string): void {
    if (++this.faultCount <= MAX_FAULTS) this.faultLines.push(line);
  }

  /** The next message: who is to say it, and what. */
  next(): { readonly client: number; readonly content: string } {
    const k = this.sentCount++;
    const speaker = Math.floor(k / this.rooms) % this.members;
    return {
      client: (k % this.rooms) + speaker * this.rooms,
      content: `${k} ${FILLER}`.padEnd(this.characters, FILLER),
    };
  }

  /** The number of the message that a client was told of for the first time, or null. */
  told(client: number, { message }: ClanFrame): number | null {
    const { _id: id, n } = message;
    const k = numberIn(message.content);
    const room = client % this.rooms;
    if (!(k < this.sentCount) || k % this.rooms !== room) {
      this.fault(`client ${client} was told of a message that is not for it: ${id}`);
      return null;
    }
    const bit = 1 << Math.floor(client / this.rooms);
    if ((this.toldTo[k]! & bit) !== 0) {
      this.fault(`client ${client} was told twice of message ${id}`);
      return null;
    }
    this.toldTo[k]! |= bit;
    this.deliveredCount++;
    this.ids[k] ??= id;
    this.places[k] ||= n;
    if (this.ids[k] !== id || this.places[k] !== n) this.fault(`message ${id} at ${n} was told otherwise before`);
    if (n !== this.lastN[client]! + 1) this.fault(`client ${client} was told of ${n} after ${this.lastN[client]}`);
    this.lastN[client] = n;
    return k;
  }

  /**
   * Compares a room's history, oldest first, with what its members were told; what only it has is accepted too.
   * @returns how many messages it lacks
   */
  compare(room: number, history: readonly ToldMessage[]): number {
    const found = new Set<number>();
    for (const [i, { id, n, content }] of history.entries()) {
      const k = numberIn(content);
      if (n !== i + 1) this.fault(`room ${room}: the history has ${n} where ${i + 1} must be`);
      if (!(k < this.sentCount) || k % this.rooms !== room) this.fault(`room ${room}: nobody sent message ${id}`);
      if (found.has(k)) this.fault(`room ${room}: message ${id} is in the history twice`);
      found.add(k);
      if (this.toldTo[k] === 0) this.ids[k] = id;
      else if (this.ids[k] !== id || this.places[k] !== n) this.fault(`room ${room}: the history has ${id} otherwise`);
    }
    let missing = 0;
    for (let k = room; k < this.sentCount; k += this.rooms) {
      if (this.toldTo[k] === 0 || found.has(k)) continue;
      this.fault(`message ${this.ids[k]} is not in the history`);
      missing++;
    }
    return missing;
  }

  /** Of the messages from number `from` on, as far as it is known by now. */
  counts(from: number): { readonly accepted: number; readonly delivered: number } {
    let accepted = 0;
    let delivered = 0;
    for (let k = from; k < this.sentCount; k++) {
      if (this.ids[k] !== undefined) accepted++;
      for (let bits = this.toldTo[k]!; bits !== 0; bits &= bits - 1) delivered++;
    }
    return { accepted, delivered };
  }
}

const numberIn = (content: string): number => Number.parseInt(content, 10);
