import { deferred, errors, type Subscription } from '@nats-io/transport-node';
import type { Room } from '#domain';
import { type Connection, type Phase, surfacing } from './connection.js';
import { LogUnavailable } from './outcomes.js';
import type { Subjects } from './subjects.js';

export interface LiveSubscription {
  /** Idempotent. Nothing is delivered after it. */
  stop(): void;
}

/**
 * Live updates over core NATS: at most once, to whoever listens at that moment, in the order published by one process.
 * What matters is in the log. A listener that throws is a fault of its owner and surfaces as an uncaught exception.
 */
export class Live {
  constructor(
    private readonly connection: Connection,
    private readonly subjects: Subjects,
  ) {}

  /** Missed by everybody where the connection is away: see `onInterrupted`. @throws where it is larger than 1 MB */
  publishToRoom(room: Room, text: string): void {
    this.connection.send(this.subjects.liveRoom(room), text);
  }

  /** Like `publishToRoom`. */
  publishToUser(userId: string, text: string): void {
    this.connection.send(this.subjects.liveUser(userId), text);
  }

  /** Certain once `flush` has resolved; kept over a lost connection. */
  subscribeToRoom(room: Room, listener: (text: string) => void): LiveSubscription {
    return this.subscribe(this.subjects.liveRoom(room), listener);
  }

  /** Like `subscribeToRoom`. */
  subscribeToUser(userId: string, listener: (text: string) => void): LiveSubscription {
    return this.subscribe(this.subjects.liveUser(userId), listener);
  }

  /**
   * Hears all that is told to rooms and to people, or to one of either. For who looks on: where this process may not hear
   * it, nothing comes. Like `subscribeToRoom`.
   */
  overhear(
    of: { readonly room: Room } | { readonly userId: string } | null,
    listener: (text: string) => void,
  ): LiveSubscription {
    const { subjects } = this;
    const all = [subjects.liveRooms, subjects.liveUsers];
    const heard = of === null ? all : ['room' in of ? subjects.liveRoom(of.room) : subjects.liveUser(of.userId)];
    const subscriptions = heard.map((subject) => this.subscribe(subject, listener, true));
    return {
      stop: () => {
        for (const subscription of subscriptions) subscription.stop();
      },
    };
  }

  /** Tells those who hear of the topic at this moment; of less than 1 MB. Missed by everybody where the connection is away. */
  signal(topic: string, text: string): void {
    this.connection.send(this.subjects.signal(topic), text);
  }

  /** Hears what is told of the topic, by this process too. Like `subscribeToRoom`. */
  onSignal(topic: string, listener: (text: string) => void): LiveSubscription {
    return this.subscribe(this.subjects.signal(topic), listener);
  }

  /** Resolves once the server has taken everything published and subscribed so far. @throws LogUnavailable */
  flush(): Promise<void> {
    return this.connection.flush();
  }

  /**
   * Tells when the connection is lost and when it is back. What was published shortly before or in between is missed.
   * @returns the way to stop listening
   */
  onInterrupted(listener: (phase: Phase) => void): () => void {
    return this.connection.onPhase(listener);
  }

  /**
   * Asks every process that answers the topic. Resolves after `waitMs` with what came by then, at once with nothing
   * where nobody listens.
   * @throws LogUnavailable where the connection is away
   */
  async ask(topic: string, text: string, waitMs: number): Promise<string[]> {
    if (!this.connection.connected) throw new LogUnavailable('not connected to NATS');
    const answers: string[] = [];
    const inbox = this.connection.newInbox();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, waitMs);
      const subscription = this.connection.nats.subscribe(inbox, {
        callback: (error, message) => {
          if (error || message.headers?.code === 503) done();
          else answers.push(message.string());
        },
      });
      function done(): void {
        clearTimeout(timer);
        subscription.unsubscribe();
        resolve();
      }
      this.connection.send(this.subjects.question(topic), text, inbox);
    });
    return answers;
  }

  /** Answers a topic, with none, one or several texts of less than 1 MB each. */
  answer(topic: string, reply: (text: string) => readonly string[]): LiveSubscription {
    return this.subscribe(this.subjects.question(topic), (text, inbox) => {
      if (inbox) for (const answer of reply(text)) this.connection.send(inbox, answer);
    });
  }

  private subscribe(
    subject: string,
    listener: (text: string, replyTo: string) => void,
    isOptional = false,
  ): LiveSubscription {
    const subscription = this.connection.nats.subscribe(subject, {
      callback: (error, message) => {
        surfacing(() => {
          // The server refuses the subscription itself: nothing will ever come.
          if (isOptional && error instanceof errors.PermissionViolationError) return;
          if (error) throw error;
          listener(message.string(), message.reply ?? '');
        });
      },
    });
    return new Listening(Object.assign(subscription, NEVER_AWAITED));
  }
}

/**
 * What the client's own way to wait for messages, and for the end of a subscription, is made of. With a callback nobody
 * waits, and a gateway has a subscription for each person: so all have the same, which else is 770 bytes for each.
 */
export const NEVER_AWAITED = { signal: deferred(), iterClosed: deferred(), closed: deferred() };

class Listening implements LiveSubscription {
  constructor(private readonly subscription: Subscription) {}

  stop(): void {
    if (!this.subscription.isClosed()) this.subscription.unsubscribe();
  }
}
