import { type BadFrame, type Frame, readFrame } from '#protocol';
import type { CommandOutcome, FrameCounts, FrameOutcome, Traffic } from '../traffic.js';
import type { Endpoint } from './endpoint.js';
import type { Waiting } from './inbox.js';
import { beginTrace, isTracing, type Step } from '#tracing';

const BINARY: BadFrame = { fault: { code: 'binary', message: 'a frame must be text, not binary' } };

/** What the client did wrong is no fault of a server's. */
const isOurs = (outcome: FrameOutcome): boolean => outcome !== 'accepted' && outcome !== 'refused';

/** A frame that was kept so long, in vain, has held up those behind it. Milliseconds. */
const HELD_UP = 1_000;

/** The frame that a connection has in hand, one at a time; what becomes of each is counted once. */
export class FrameInHand {
  /** If it gave one. */
  id: string | undefined;
  /** When it came, and when it was taken in hand, on the monotonic clock. */
  #cameAt = 0;
  #begunAt = 0;
  /** What came before this is refused. */
  #heldUpUntil = 0;
  #counts: FrameCounts | null = null;
  #step: Step | null = null;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly depth: number,
    private readonly traffic: Pick<Traffic, 'receivedBytes' | 'countsOf' | 'commanded'>,
  ) {}

  take({ data, binary, cameAt }: Waiting): BadFrame | { readonly frame: Frame } {
    this.#cameAt = cameAt;
    this.#begunAt = performance.now();
    const read = binary ? BINARY : readFrame(data, this.depth);
    const isBad = 'fault' in read;
    this.id = isBad ? read.id : read.frame.id;
    this.traffic.receivedBytes += data.length;
    this.#counts = this.traffic.countsOf(this.endpoint, isBad ? null : read.frame.event);
    return read;
  }

  /** It asked a server in vain. If that took long, those behind it are not kept as well. */
  waitedInVain(): void {
    const now = performance.now();
    if (now - this.#begunAt > HELD_UP) this.#heldUpUntil = now;
  }

  get isHeldUp(): boolean {
    return this.#cameAt < this.#heldUpUntil;
  }

  /** Its command begins: what this gives is told what became of it, with the time since the frame came. */
  timed(): (outcome: CommandOutcome) => void {
    const cameAt = this.#cameAt;
    return (outcome) => {
      this.traffic.commanded(outcome, performance.now() - cameAt);
    };
  }

  /** Only what is said first: who was told that nobody knows is answered no more. */
  count(outcome: FrameOutcome): void {
    if (this.#counts) this.#counts[outcome]++;
    this.#counts = null;
    if (this.#step) this.#end(this.#step, outcome);
  }

  /** The step of a trace that it is, where it is traced; it ends with what becomes of the frame. */
  trace({ event, traceparent }: Frame): Step | null {
    if (!isTracing()) return null;
    this.#step = beginTrace(event, traceparent, { 'parley.endpoint': this.endpoint.path });
    return this.#step;
  }

  #end(step: Step, outcome: FrameOutcome): void {
    this.#step = null;
    step.end({ 'parley.frame.outcome': outcome }, isOurs(outcome) ? outcome : null);
  }
}
