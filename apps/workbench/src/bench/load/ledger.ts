import type { ToldMessage } from '../../apart/history.js';
import { numberIn } from './texts.js';

/** Beyond so many lines of faults, their number says enough. */
const MAX_FAULTS = 20;
/** Room for each id. */
const ID_BYTES = 40;
/** What is known of a message. */
const HAS_ID = 1;
const TOLD = 2;
const ACKED = 4;

export interface LedgerPlan {
  readonly rooms: number;
  readonly members: number;
  /** Members of each room that say something. */
  readonly senders: number;
  /** Whether each message is acknowledged to its sender. */
  readonly acks: boolean;
}

/**
 * Who was told what: messages are numbered in the order of the schedule, 0, 1, 2 …; number `k` is for the clan
 * `k mod rooms`, said by its senders in turns. Client `i` is a member of clan `i mod rooms`.
 */
export class Ledger {
  /** Bits for the members, some words a message. */
  private readonly toldTo: Uint32Array;
  private readonly words: number;
  private readonly places: Uint32Array;
  private readonly known: Uint8Array;
  private readonly ids: Buffer;
  private readonly idLengths: Uint8Array;
  private readonly lastN: Uint32Array;
  private sentCount = 0;
  private deliveredCount = 0;
  private ackedCount = 0;
  private faultCount = 0;
  private readonly faultLines: string[] = [];
  /** Frames that are errors: each answers for one message that was not accepted. */
  refused = 0;

  /** @param capacity how many messages there will be at most */
  constructor(
    private readonly plan: LedgerPlan,
    capacity: number,
  ) {
    this.words = Math.ceil(plan.members / 32);
    this.toldTo = new Uint32Array(capacity * this.words);
    this.places = new Uint32Array(capacity);
    this.known = new Uint8Array(capacity);
    this.ids = Buffer.alloc(capacity * ID_BYTES);
    this.idLengths = new Uint8Array(capacity);
    this.lastN = new Uint32Array(plan.rooms * plan.members);
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

  /** Whether everybody was told everything that was not refused, and every sender that it was stored. */
  get isComplete(): boolean {
    const taken = this.sentCount - this.refused;
    return this.deliveredCount >= taken * this.plan.members && (!this.plan.acks || this.ackedCount >= taken);
  }

  fault(line: string): void {
    if (++this.faultCount <= MAX_FAULTS) this.faultLines.push(line);
  }

  /** The next message is sent. @returns who says it */
  next(): number {
    const { rooms, senders } = this.plan;
    const k = this.sentCount++;
    return (k % rooms) + (Math.floor(k / rooms) % senders) * rooms;
  }

  /**
   * A client was told of message `k`, at place `n`, whose id is in `bytes`.
   * @returns whether for the first time
   */
  told(client: number, k: number, n: number, bytes: Uint8Array, idFrom: number, idTo: number): boolean {
    const { rooms } = this.plan;
    if (!(k < this.sentCount) || k % rooms !== client % rooms) {
      this.fault(`client ${client} was told of a message that is not for it, at ${n}`);
      return false;
    }
    const member = Math.floor(client / rooms);
    const word = k * this.words + (member >>> 5);
    const bit = 1 << (member & 31);
    if ((this.toldTo[word]! & bit) !== 0) {
      this.fault(`client ${client} was told twice of message ${this.idOf(k)}`);
      return false;
    }
    this.toldTo[word]! |= bit;
    this.deliveredCount++;
    this.known[k]! |= TOLD;
    this.places[k] ||= n;
    if (!this.isId(k, bytes, idFrom, idTo) || this.places[k] !== n) {
      this.fault(`message ${this.idOf(k)} at ${n} was told otherwise before`);
    }
    if (n !== this.lastN[client]! + 1) this.fault(`client ${client} was told of ${n} after ${this.lastN[client]}`);
    this.lastN[client] = n;
    return true;
  }

  /** Message `k` was acknowledged, to whoever it was, by the id in `bytes`. */
  acked(client: number, k: number, bytes: Uint8Array, idFrom: number, idTo: number): void {
    if (!(k < this.sentCount)) {
      this.fault(`client ${client} was acknowledged what nobody sent`);
      return;
    }
    if ((this.known[k]! & ACKED) !== 0) this.fault(`message ${this.idOf(k)} was acknowledged twice`);
    else this.ackedCount++;
    this.known[k]! |= ACKED;
    if (!this.isId(k, bytes, idFrom, idTo)) this.fault(`message ${this.idOf(k)} was acknowledged as another`);
  }

  /**
   * Compares a room's history, oldest first, with what its members were told; what only it has is accepted too.
   * @returns how many messages it lacks
   */
  compare(room: number, history: readonly ToldMessage[]): number {
    const { rooms } = this.plan;
    const found = new Set<number>();
    for (const [i, { id, n, content }] of history.entries()) {
      const k = numberIn(content);
      if (n !== i + 1) this.fault(`room ${room}: the history has ${n} where ${i + 1} must be`);
      if (!(k < this.sentCount) || k % rooms !== room) {
        this.fault(`room ${room}: nobody sent message ${id}`);
        continue;
      }
      if (found.has(k)) this.fault(`room ${room}: message ${id} is in the history twice`);
      found.add(k);
      const bytes = Buffer.from(id);
      const isOther = !this.isId(k, bytes, 0, bytes.length) || ((this.known[k]! & TOLD) !== 0 && this.places[k] !== n);
      if (isOther) this.fault(`room ${room}: the history has ${id} otherwise`);
    }
    let missing = 0;
    for (let k = room; k < this.sentCount; k += rooms) {
      if ((this.known[k]! & (TOLD | ACKED)) === 0 || found.has(k)) continue;
      this.fault(`message ${this.idOf(k)} is not in the history`);
      missing++;
    }
    return missing;
  }

  /** Of the messages from number `from` on, as far as it is known by now. */
  counts(from: number): { readonly accepted: number; readonly delivered: number; readonly acked: number } {
    let [accepted, delivered, acked] = [0, 0, 0];
    for (let k = from; k < this.sentCount; k++) {
      if ((this.known[k]! & HAS_ID) !== 0) accepted++;
      if ((this.known[k]! & ACKED) !== 0) acked++;
      for (let word = k * this.words; word < (k + 1) * this.words; word++) {
        for (let bits = this.toldTo[word]!; bits !== 0; bits &= bits - 1) delivered++;
      }
    }
    return { accepted, delivered, acked };
  }

  private idOf(k: number): string {
    return this.ids.toString('latin1', k * ID_BYTES, k * ID_BYTES + this.idLengths[k]!);
  }

  /** Whether it is the id of message `k`, as which the first one counts that is heard of. */
  private isId(k: number, bytes: Uint8Array, from: number, to: number): boolean {
    const at = k * ID_BYTES;
    const length = to - from;
    if (length > ID_BYTES) throw new Error(`an id of ${length} bytes is longer than any of ours`);
    if ((this.known[k]! & HAS_ID) === 0) {
      this.known[k]! |= HAS_ID;
      this.idLengths[k] = length;
      this.ids.set(bytes.subarray(from, to), at);
      return true;
    }
    if (this.idLengths[k] !== length) return false;
    for (let i = 0; i < length; i++) if (this.ids[at + i] !== bytes[from + i]) return false;
    return true;
  }
}
