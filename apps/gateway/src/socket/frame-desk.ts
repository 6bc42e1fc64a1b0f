import { ackFrame, type Fault, type Frame } from '#protocol';
import type { Outcome } from '../commands/command.js';
import type { Traffic } from '../traffic.js';
import type { FrameInHand } from './frame-in-hand.js';
import type { Waiting } from './inbox.js';

/** What a handler makes of a frame, at once or later; nothing where it has refused it at the session itself. */
export type HandlerFor<S> = (frame: Frame, session: S) => Promise<Outcome | undefined> | Outcome | undefined;

/** What frames are for, by their events, and what tells the client what a handler has thrown. */
export interface HandlersFor<S> {
  readonly byEvent: ReadonlyMap<string, HandlerFor<S>>;
  readonly failed: (error: unknown, session: S, frame: Frame) => void;
}

/** What a desk needs of a connection. */
interface Answered {
  readonly isOpen: boolean;
  refuse(fault: Fault): void;
  reply(text: string): void;
}

/** Gives the frames of a connection to their handlers, one at a time, and answers each. */
export class FrameDesk<S extends Answered> {
  constructor(
    private readonly session: S,
    private readonly hand: FrameInHand,
    private readonly traffic: Pick<Traffic, 'acks'>,
    private readonly handlers: HandlersFor<S>,
  ) {}

  /** A promise only where that takes longer than this call. */
  handle(waiting: Waiting): Promise<void> | null {
    const { session } = this;
    const { byEvent, failed } = this.handlers;
    const read = this.hand.take(waiting);
    if ('fault' in read) {
      session.refuse(read.fault);
      return null;
    }
    const { frame } = read;
    const handler = byEvent.get(frame.event);
    if (!handler) {
      session.refuse({ code: 'unknown_event', field: 'event', value: frame.event, message: 'there is no such event' });
      return null;
    }
    let made: ReturnType<HandlerFor<S>>;
    try {
      const step = this.hand.trace(frame);
      made = step ? step.run(() => handler(frame, session)) : handler(frame, session);
    } catch (error) {
      failed(error, session, frame);
      return null;
    }
    if (made instanceof Promise) {
      return made.then(
        (outcome) => {
          this.#answer(frame, outcome);
        },
        (error: unknown) => {
          failed(error, session, frame);
        },
      );
    }
    this.#answer(frame, made);
    return null;
  }

  #answer(frame: Frame, outcome: Outcome | undefined): void {
    const { session } = this;
    this.hand.count(outcome && 'refusal' in outcome ? 'refused' : 'accepted');
    if (!outcome || !session.isOpen) return;
    if ('refusal' in outcome) {
      const { refusal } = outcome;
      const { field } = refusal;
      session.refuse({ ...refusal, ...(field !== undefined && { value: Reflect.get(Object(frame.data), field) }) });
      return;
    }
    if (outcome.answer) session.reply(JSON.stringify(outcome.answer));
    if (frame.id === undefined) return;
    this.traffic.acks++;
    session.reply(ackFrame(frame.id, outcome.ack));
  }
}
