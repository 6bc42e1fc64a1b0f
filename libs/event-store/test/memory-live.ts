import { encodeId, type Room } from '#domain';
import { type AskedLive, type LiveSubscription, LogUnavailable } from '../src/index.js';
import type { MemoryConnection } from './memory-connection.js';

type Hear = (text: string, reply: (answer: string) => void) => void;

interface Subscription {
  readonly subject: string;
  readonly deliver: Hear;
}

/** What a server in memory knows of live updates: who listens to what, at this moment. */
export class Subscriptions {
  readonly #all = new Set<Subscription>();

  get size(): number {
    return this.#all.size;
  }

  add(subscription: Subscription): void {
    this.#all.add(subscription);
  }

  remove(subscription: Subscription): void {
    this.#all.delete(subscription);
  }

  /** @returns how many listened */
  publish(subject: string, text: string, reply: (answer: string) => void = () => undefined): number {
    const heard = [...this.#all].filter((subscription) => subscription.subject === subject);
    for (const { deliver } of heard) deliver(text, reply);
    return heard.length;
  }
}

/** Live updates by way of a server in memory. A subscription is there once the server has it, and not before. */
export class MemoryLive implements AskedLive {
  readonly #own = new Set<Subscription>();

  constructor(
    private readonly connection: MemoryConnection,
    private readonly server: Subscriptions,
  ) {
    connection.onPhase((phase) => {
      for (const subscription of this.#own) {
        if (phase === 'lost') server.remove(subscription);
        else this.#announce(subscription);
      }
    });
  }

  publishToRoom(room: Room, text: string): void {
    this.#publish(`room ${room}`, text);
  }

  publishToUser(userId: string, text: string): void {
    this.#publish(`user ${encodeId(userId)}`, text);
  }

  subscribeToRoom(room: Room, listener: (text: string) => void): LiveSubscription {
    return this.#subscribe(`room ${room}`, listener);
  }

  subscribeToUser(userId: string, listener: (text: string) => void): LiveSubscription {
    return this.#subscribe(`user ${encodeId(userId)}`, listener);
  }

  signal(topic: string, text: string): void {
    this.#publish(`signal ${topic}`, text);
  }

  onSignal(topic: string, listener: (text: string) => void): LiveSubscription {
    return this.#subscribe(`signal ${topic}`, listener);
  }

  flush(): Promise<void> {
    return this.connection.ask('flush', () => undefined);
  }

  onInterrupted(listener: (phase: 'lost' | 'back') => void): () => void {
    return this.connection.onPhase(listener);
  }

  async ask(topic: string, text: string, waitMs: number): Promise<string[]> {
    const { connection, server } = this;
    if (!connection.connected) throw new LogUnavailable('not connected');
    const answers: string[] = [];
    const over = Promise.withResolvers<undefined>();
    const end = () => {
      over.resolve(undefined);
    };
    const timer = setTimeout(end, waitMs);
    const hear = (answer: string) => {
      connection.send(() => answers.push(answer));
    };
    connection.send(() => {
      if (server.publish(`ask ${topic}`, text, hear) === 0) connection.send(end);
    });
    await over.promise;
    clearTimeout(timer);
    return [...answers];
  }

  answer(topic: string, reply: (text: string) => readonly string[]): LiveSubscription {
    return this.#subscribe(`ask ${topic}`, (text, hear) => {
      for (const answer of reply(text)) {
        this.connection.send(() => {
          hear(answer);
        });
      }
    });
  }

  #publish(subject: string, text: string): void {
    this.connection.send(() => {
      this.server.publish(subject, text);
    });
  }

  #subscribe(subject: string, listener: Hear): LiveSubscription {
    const subscription: Subscription = {
      subject,
      deliver: (text, reply) => {
        this.connection.send(() => {
          if (this.#own.has(subscription)) listener(text, reply);
        });
      },
    };
    this.#own.add(subscription);
    this.#announce(subscription);
    return {
      stop: () => {
        this.#own.delete(subscription);
        this.connection.send(() => {
          this.server.remove(subscription);
        });
      },
    };
  }

  #announce(subscription: Subscription): void {
    this.connection.send(() => {
      this.server.add(subscription);
    });
  }
}
