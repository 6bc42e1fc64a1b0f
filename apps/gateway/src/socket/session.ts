import type { Duplex } from 'node:stream';
import type { RawData } from 'ws';
import type { Moderates } from '#domain';
import { LogUnavailable } from '#event-store';
import { CLOSE, type Fault, nackFrame, type Topic, UNAVAILABLE, UNKNOWN } from '#protocol';
import { type Closing, comeBack, protocolClosing } from './closings.js';
import type { Attempts } from '../commands/attempts.js';
import type { Caller } from '../commands/command.js';
import type { Endpoint } from './endpoint.js';
import { FrameDesk, type HandlerFor, type HandlersFor } from './frame-desk.js';
import { FrameInHand } from './frame-in-hand.js';
import { cut, hangUp, type SessionSocket } from './session-socket.js';
import { Inbox } from './inbox.js';
import { type Later, Outbound } from './outbound.js';
import type { Person } from '../feeds/person.js';
import { Pings } from './keep-alive.js';
import { attemptsOf } from './session-attempts.js';
import type { SessionParts, SharedParts } from './session-parts.js';
import { textFrame } from './text-frame.js';
import { outcomeOf } from '../traffic.js';

export type { SessionParts, SharedParts };
export type FrameHandler = HandlerFor<Session>;
export type FrameHandlers = HandlersFor<Session>;

/** Its listeners are the same functions for all, and find here whose it is: one for each would take memory. */
type OwnSocket = SessionSocket & { session?: Session };

// Of most connections, which say nothing: what each of them would have for itself is only made once it is needed.
const NONE: ReadonlySet<Topic> = new Set();
const NOBODY: readonly ((session: Session) => void)[] = [];

/**
 * One connection. Its frames are handled one after the other, in the order they came, so that answers and events have
 * that order too. What it is sent is written at once; it is never waited for.
 */
export class Session implements Caller {
  readonly endpoint: Endpoint;
  readonly person: Person;
  readonly moderates: Moderates;
  /** What the client has asked to be told of beside messages. */
  topics: ReadonlySet<Topic> = NONE;
  readonly #ws: SessionSocket;
  readonly #socket: Duplex;
  readonly #token: SessionParts['token'];
  readonly #expiresAt: number;
  readonly #shared: SharedParts;
  readonly #outbound: Outbound;
  readonly #pings: Pings;
  #inbox: Inbox | null = null;
  #frameInHand: FrameInHand | null = null;
  #attempts: Attempts | null = null;
  #handlers: FrameHandlers | null = null;
  #whenOver = NOBODY;
  /** No more is read: what came before is handled, then the connection is closed with this. */
  #ending: Closing | null = null;
  #patience: NodeJS.Timeout | null = null;
  /** It is known, and counted, why the connection ends. */
  #isAccountedFor = false;

  static readonly #onMessage = function (this: OwnSocket, data: RawData, binary: boolean): void {
    const session = this.session!;
    // Of ws's three forms of data, a server gets this one unless it asks for another.
    if (session.#allowed()) session.#frames.put({ data: data as Buffer, binary, cameAt: performance.now() });
  };
  static readonly #onPing = function (this: OwnSocket): void {
    this.session!.#allowed();
  };
  static readonly #onPong = function (this: OwnSocket): void {
    if (!this.session!.#pings.heard()) this.session!.#allowed();
  };
  static readonly #onClose = function (this: OwnSocket, code: number): void {
    this.session!.#over(code);
  };
  /** A frame too large or ill-formed: ws closes with the code that says so, and `close` follows. */
  static readonly #onError = function (this: OwnSocket, error: Error): void {
    this.session!.#account(protocolClosing(error));
  };

  constructor({ endpoint, person, moderates, token, expiresAt, ws, socket }: SessionParts, shared: SharedParts) {
    this.endpoint = endpoint;
    this.person = person;
    this.moderates = moderates;
    this.#token = token;
    this.#expiresAt = expiresAt;
    this.#ws = ws;
    this.#socket = socket;
    this.#shared = shared;
    this.#outbound = new Outbound(socket, shared.limits.outboundBytes, shared.traffic);
    this.#pings = new Pings(ws, this.#outbound, shared.limits);
    (ws as OwnSocket).session = this;
    ws.on('message', Session.#onMessage);
    ws.on('ping', Session.#onPing);
    ws.on('pong', Session.#onPong);
    ws.on('close', Session.#onClose);
    ws.on('error', Session.#onError);
  }

  get isOpen(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  /** From now on frames are handled; those that came before have waited. */
  serve(handlers: FrameHandlers): void {
    this.#handlers = handlers;
    if (this.#inbox) this.#serve(this.#inbox, handlers);
  }

  /** Calls back once the connection is closed; the one frame that is just being handled then may still be. */
  whenOver(listener: (session: Session) => void): void {
    this.#whenOver = this.#whenOver.concat(listener);
  }

  /** What waits: of the client's frames, and for it to read. */
  get waiting(): { readonly frames: number; readonly bytes: number } {
    return { frames: this.#waits, bytes: this.#outbound.length };
  }

  /** Writes whole frames, as {@link textFrame} makes them. @param told how many of them are told to many */
  deliver(frames: Buffer, told = 0): void {
    if (!this.isOpen) return;
    if (this.#outbound.tooSlow) {
      this.close(CLOSE.slowReader);
      return;
    }
    this.#outbound.write(frames);
    this.#shared.traffic.deliveries += told;
  }

  /** Writes a frame that may be late or left out: see {@link Outbound.writeSoftly}. */
  deliverSoftly(key: string, frame: Buffer, later: Later | null): void {
    if (this.isOpen) this.#outbound.writeSoftly(key, frame, later);
  }

  reply(text: string): void {
    this.deliver(textFrame(text));
  }

  /** Answers with a list, a frame in pieces: resolves once it has gone, or the connection is closed, for that if need be. */
  async replyList(pieces: readonly Buffer[]): Promise<void> {
    if (!this.isOpen) return;
    if (this.#outbound.tooSlow) {
      this.close(CLOSE.slowReader);
      return;
    }
    const late = setTimeout(() => {
      this.close(CLOSE.slowReader);
    }, this.#shared.limits.listSeconds * 1_000);
    await this.#outbound.writeList(pieces);
    clearTimeout(late);
    this.#pings.unblocked();
  }

  async admit(): Promise<void> {
    if (this.#hand.isHeldUp) throw new LogUnavailable('it waited behind what was in vain');
    await this.#shared.barrier.pass();
  }

  /** What the frame in hand asked a server for did not come. */
  waitedInVain(): void {
    this.#hand.waitedInVain();
  }

  /** Refuses the frame in hand. */
  refuse(fault: Fault): void {
    const { id } = this.#hand;
    this.#hand.count(outcomeOf(fault));
    if (id !== undefined) this.#shared.traffic.nacks++;
    this.reply(id === undefined ? this.endpoint.errorFrame(fault) : nackFrame(id, fault));
  }

  /** Ends the connection: what it still had to say is dropped, and it has a moment to read what it was sent. */
  close(closing: Closing): void {
    if (!this.isOpen) return;
    this.#account(closing);
    hangUp({ ws: this.#ws, socket: this.#socket }, closing);
  }

  /** To another gateway, or to begin anew here. */
  sendAway(comeBackWithin?: number): void {
    this.close(comeBack(comeBackWithin));
  }

  /**
   * To another gateway, once what has come by now is answered: each frame by what became of it, or, after `patience`
   * milliseconds, by that this is not known, or that nothing did.
   */
  finish(patience: number): void {
    if (!this.isOpen || this.#patience) return;
    this.#patience = setTimeout(() => {
      this.#giveUp();
    }, patience);
    this.#endWith(comeBack());
  }

  terminate(): void {
    cut({ ws: this.#ws, socket: this.#socket });
  }

  /** Looks after the connection; called every half second or so. */
  beat(now: number): void {
    if (!this.isOpen) return;
    if (Date.now() >= this.#expiresAt) this.close(CLOSE.tokenExpired);
    else if (this.#shared.isRevoked(this.#token)) this.close(CLOSE.tokenRevoked);
    else if (!this.#pings.beat(now)) {
      this.#shared.traffic.closed['silent']! += 1;
      this.#isAccountedFor = true;
      this.terminate();
    }
  }

  /** How many frames. */
  get #waits(): number {
    return this.#inbox?.length ?? 0;
  }

  /** Made once a first frame comes, as what follows. */
  get #frames(): Inbox {
    if (this.#inbox) return this.#inbox;
    const inbox = new Inbox(this.#ws, () => {
      this.close(this.#ending!);
    });
    this.#inbox = inbox;
    if (this.#handlers) this.#serve(inbox, this.#handlers);
    return inbox;
  }

  #serve(inbox: Inbox, handlers: FrameHandlers): void {
    const desk = new FrameDesk(this, this.#hand, this.#shared.traffic, handlers);
    inbox.serve((frame) => desk.handle(frame));
  }

  get #hand(): FrameInHand {
    const { limits, traffic } = this.#shared;
    return (this.#frameInHand ??= new FrameInHand(this.endpoint, limits.frameDepth, traffic));
  }

  get attempts(): Attempts {
    return (this.#attempts ??= attemptsOf(this, this.#hand, this.#shared));
  }

  #over(code: number): void {
    clearTimeout(this.#patience ?? undefined);
    if (!this.#isAccountedFor) this.#shared.traffic.hasGone(code);
    for (const listener of this.#whenOver) listener(this);
  }

  #account(closing: Closing): void {
    this.#isAccountedFor = true;
    this.#shared.closings.tell(this.endpoint, this.person.userId, closing);
  }

  #allowed(): boolean {
    if (!this.isOpen || this.#ending) return false;
    const { frames, limits } = this.#shared;
    if (frames.take(this.person.userId, performance.now()) && this.#waits < limits.inboundFrames) return true;
    this.#endWith(CLOSE.tooManyFrames);
    return false;
  }

  #endWith(closing: Closing): void {
    this.#ending ??= closing;
    this.#frames.end();
  }

  /** What is in hand may be stored yet; what waits will not be. */
  #giveUp(): void {
    if (!this.isOpen) return;
    this.refuse(UNKNOWN);
    for (const waiting of this.#frames.takeAll()) {
      this.#hand.take(waiting);
      this.refuse(UNAVAILABLE);
    }
    this.close(this.#ending!);
  }
}

/** Who has said goodbye, or was told it, does not count any more, however long the socket stays. */
export const countOpen = (sessions: Iterable<Session>): number => [...sessions].filter(({ isOpen }) => isOpen).length;
