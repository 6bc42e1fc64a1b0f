import type { CloseCode, Topic } from '#protocol';
import { countOpen, type Session } from '../socket/session.js';
import type { Later } from '../socket/outbound.js';
import { textFrame } from '../socket/text-frame.js';
import { beginOf, isTracing, type Step } from '#tracing';

/** They are few of those who are connected, and may come back the sooner. Milliseconds. */
const COME_BACK = 2_000;

/** Something that has gathered what to write. */
export interface Gatherer {
  /** Writes it out. */
  flush(): void;
}

/** Joins what is to be written within one turn of the event loop into one write a socket: never waits by a clock. */
export class FanOut {
  #due: Gatherer[] = [];

  /** To be called once for each turn in which something was gathered. */
  schedule(gatherer: Gatherer): void {
    if (this.#due.push(gatherer) === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const due = this.#due;
    this.#due = [];
    for (const gatherer of due) gatherer.flush();
  };
}

/** A frame, and whether it is told only to those who have asked for changes. */
interface Told {
  readonly frame: Buffer;
  readonly topic: 'changes' | null;
}

function joined(told: readonly Told[]): Buffer {
  const [first] = told;
  return first && told.length === 1 ? first.frame : Buffer.concat(told.map(({ frame }) => frame));
}

const DELIVERY = {
  'messaging.system': 'nats',
  'messaging.operation.name': 'deliver',
  'messaging.operation.type': 'process',
  'messaging.destination.name': 'live',
};

/** The sessions that hear the same: a frame is encoded once, and the frames of one turn are one write for each. */
export class Audience<Place> {
  /** Each with the place that was told last before it came: everything after that it was told, or will be. */
  readonly #sessions = new Map<Session, Place>();
  /** The same of those that have asked for changes, with where it stood then; null while none ever has. */
  #changes: Map<Session, Place> | null = null;
  #gathered: Told[] = [];
  /** Of what is gathered and is traced; null while nothing is. */
  #steps: Step[] | null = null;

  /**
   * @param place where it stands: the same object until something is told
   * @param changed somebody has come or gone who has asked for something
   */
  constructor(
    private readonly fanOut: FanOut,
    private readonly place: () => Place,
    private readonly changed: () => void,
  ) {}

  /** How many of them are open. */
  get size(): number {
    return countOpen(this.#sessions.keys());
  }

  /** What is gathered and not yet written is from before, and does not reach it. */
  add(session: Session): void {
    this.flush();
    const place = this.place();
    this.#sessions.set(session, place);
    if (session.topics.has('changes')) (this.#changes ??= new Map()).set(session, place);
    if (session.topics.size > 0) this.changed();
  }

  /** One of it has asked for other things than before. */
  topicsChanged(session: Session): void {
    if (!session.topics.has('changes')) this.#changes?.delete(session);
    // What is gathered and not yet written reaches who wants it now.
    else if (this.has(session) && !this.#changes?.has(session))
      (this.#changes ??= new Map()).set(session, this.place());
    this.changed();
  }

  has(session: Session): boolean {
    return this.#sessions.has(session);
  }

  /** Where the audience stood when this one of it came. */
  joinedAt(session: Session): Place | undefined {
    return this.#sessions.get(session);
  }

  /** Where the audience stood when this one of it asked for changes; undefined where it has not. */
  changesFrom(session: Session): Place | undefined {
    return this.#changes?.get(session);
  }

  /** At once: what is gathered and not yet written does not reach it any more. */
  remove(session: Session): void {
    this.#sessions.delete(session);
    this.#changes?.delete(session);
    if (session.topics.size > 0) this.changed();
  }

  /** Whether anybody has asked to be told of this. */
  wants(topic: Topic): boolean {
    for (const session of this.#sessions.keys()) if (session.topics.has(topic)) return true;
    return false;
  }

  /**
   * Tells those who have asked for it, but for one person, what may be late or left out: see `Outbound.writeSoftly`.
   * @param isKept whether it is told later to those who take nothing at this moment
   */
  tellSoftly(topic: Topic, text: string, key: string, { except, isKept }: { except?: string; isKept: boolean }): void {
    const frame = textFrame(text);
    for (const session of this.#sessions.keys()) {
      if (!session.topics.has(topic) || session.person.userId === except) continue;
      // By then they may not want it any more.
      const later: Later = () => (session.topics.has(topic) ? frame : null);
      session.deliverSoftly(key, frame, isKept ? later : null);
    }
  }

  /**
   * @param topic told only to those who have asked for changes, where it says so
   * @param traceparent names the step of a trace that tells of it here, if it is traced
   */
  tell(text: string, topic: 'changes' | null = null, traceparent?: string): void {
    if (traceparent !== undefined && isTracing()) this.#trace(traceparent);
    if (this.#gathered.push({ frame: textFrame(text), topic }) === 1) this.fanOut.schedule(this);
  }

  /** Too much was missed to be sent: everybody comes back, one after the other, and starts from the history. */
  restart(): void {
    for (const session of this.#sessions.keys()) session.sendAway(COME_BACK);
  }

  end(code: CloseCode): void {
    for (const session of this.#sessions.keys()) session.close(code);
  }

  flush(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    if (gathered.length === 0) return;
    const all = joined(gathered);
    const forAll = gathered.filter(({ topic }) => topic === null);
    const others = forAll.length === gathered.length ? all : joined(forAll);
    for (const session of this.#sessions.keys()) {
      const hearsAll = others === all || session.topics.has('changes');
      if (hearsAll) session.deliver(all, gathered.length);
      else if (others.length > 0) session.deliver(others, forAll.length);
    }
    if (this.#steps) this.#endSteps(this.#steps);
  }

  #trace(traceparent: string): void {
    const step = beginOf(traceparent, 'deliver', 'consumer', DELIVERY);
    if (step) (this.#steps ??= []).push(step);
  }

  #endSteps(steps: readonly Step[]): void {
    this.#steps = null;
    for (const step of steps) step.end({ 'parley.audience': this.#sessions.size });
  }
}
