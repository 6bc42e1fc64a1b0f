import { connect, createInbox, errors, type NatsConnection } from '@nats-io/transport-node';
import { JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import pTimeout from 'p-timeout';
import { ANSWER_LIMIT_MS, type LogObserver, LogUnavailable } from './outcomes.js';
import { Question } from './question.js';

export interface ServerOptions {
  /** One URL or several, separated by commas. */
  readonly servers: string;
  /**
   * What the server calls this connection. Answers come to inboxes under `_INBOX.<name>`, white space in it as `-`, so
   * that a server can keep each role from listening to another's.
   */
  readonly name: string;
  readonly user?: string;
  readonly password?: string;
  /** For what holds up the server's answers, pings too: it is given up after a minute only. */
  readonly patient?: boolean;
  /** Is told how long answers take. */
  readonly observer?: LogObserver;
}

const DRAIN_LIMIT_MS = 1_000;
/** A server that answers none of three in a row hangs: the connection is lost within three seconds. */
const PING_MS = 1_000;
const PATIENT_PING_MS = 20_000;

export type Phase = 'lost' | 'back';

/**
 * The connection to NATS. It comes back by itself, for ever; what waits for an answer when it is lost is told at once
 * instead of being left to its time limit. The client drops what it had buffered, so nothing is sent while it is away.
 */
export class Connection {
  private readonly listeners = new Set<(phase: Phase) => void>();
  private up = true;
  private closing = false;
  private lastError = '';

  private constructor(
    readonly nats: NatsConnection,
    readonly jetstream: JetStreamManager,
    private readonly inboxPrefix: string,
    private readonly observer: LogObserver | undefined,
  ) {
    void this.follow();
  }

  /** @throws LogUnavailable within 5 s */
  static async open(options: ServerOptions): Promise<Connection> {
    const inboxPrefix = `_INBOX.${options.name.replace(/[\s.*>]+/g, '-')}`;
    const dialling = connect({
      inboxPrefix,
      servers: options.servers.split(',').map((server) => server.trim()),
      name: options.name,
      ...(options.user !== undefined && { user: options.user }),
      ...(options.password !== undefined && { pass: options.password }),
      timeout: ANSWER_LIMIT_MS,
      waitOnFirstConnect: false,
      maxReconnectAttempts: -1,
      // A server that comes up may refuse everybody for a moment; that must not end the reconnecting.
      ignoreAuthErrorAbort: true,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      pingInterval: options.patient ? PATIENT_PING_MS : PING_MS,
      maxPingOut: 2,
      noAsyncTraces: true,
    });
    try {
      const nats = await pTimeout(dialling, { milliseconds: ANSWER_LIMIT_MS, message: 'no connection in time' });
      const jetstream = await jetstreamManager(nats, { checkAPI: false, timeout: ANSWER_LIMIT_MS });
      return new Connection(nats, jetstream, inboxPrefix, options.observer);
    } catch (error) {
      void dialling.then(
        (late) => late.close(),
        () => undefined,
      );
      throw new LogUnavailable(`NATS at ${options.servers}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** A subject that nobody else listens to. */
  newInbox(): string {
    return createInbox(this.inboxPrefix);
  }

  /** A subject for those of this name among themselves, within what each of them may listen to. */
  commonInbox(word: string): string {
    return `${this.inboxPrefix}.${word}`;
  }

  get connected(): boolean {
    return this.up && !this.closing;
  }

  /** The most that the server takes in one message, with its headers, in bytes. */
  get maxPayload(): number {
    return this.nats.info?.max_payload ?? 0;
  }

  /** Whether the server is one of several, which may be cut off from each other while this connection stands. */
  get isClustered(): boolean {
    return this.nats.info?.cluster !== undefined;
  }

  /** Whether it ends, and does not come back. */
  get isClosing(): boolean {
    return this.closing;
  }

  /** The last thing the server complained of on this connection, such as a missing permission; else empty. */
  get complaint(): string {
    return this.lastError;
  }

  /** @returns the way to stop listening */
  onPhase(listener: (phase: Phase) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Waits for what `ask` sends to be answered. It is asked again where no answer comes for a while, or none for good,
   * and when a connection that was lost is back soon.
   * @param ask does no harm where it is done twice
   * @throws LogUnavailable at once where the connection is away, soon where it gets lost, else when the time is over
   */
  async answer<T>(ask: () => Promise<T>, limitMs = ANSWER_LIMIT_MS): Promise<T> {
    if (!this.connected) throw new LogUnavailable('not connected to NATS');
    const beganAt = performance.now();
    const question = new Question(async () => {
      try {
        return await ask();
      } catch (error) {
        throw asLogError(error);
      }
    }, limitMs);
    const stop = this.onPhase((phase) => {
      if (this.closing) question.fail(new LogUnavailable('the connection to NATS was closed'));
      else if (phase === 'lost') question.pause();
      else question.resume();
    });
    try {
      const answer = await question.answer;
      this.observer?.answered((performance.now() - beganAt) / 1_000);
      return answer;
    } finally {
      stop();
    }
  }

  /**
   * The same, of something that lives in a stream. A stream that nobody has set up yet is one that is away.
   * @throws LogUnavailable
   */
  async answerOfStream<T>(stream: string, ask: () => Promise<T>, deadline?: number): Promise<T> {
    try {
      return await this.answer(ask, deadline === undefined ? undefined : Math.max(1, deadline - performance.now()));
    } catch (error) {
      if (!(error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND)) throw error;
      throw new LogUnavailable(`there is no stream ${stream} yet: a projector makes it when it first runs`);
    }
  }

  /** Sends where there is a connection; where there is none, nothing is kept for later. @throws where it is too large */
  send(subject: string, data: string, reply?: string): void {
    if (this.connected) this.nats.publish(subject, Buffer.from(data), reply === undefined ? undefined : { reply });
  }

  /** Resolves once connected. @throws LogUnavailable where that takes longer than `limitMs` */
  whenConnected(limitMs: number): Promise<void> {
    if (this.connected) return Promise.resolve();
    if (this.closing) return Promise.reject(new LogUnavailable('closed'));
    return new Promise((resolve, reject) => {
      const stop = this.onPhase((phase) => {
        settle(phase === 'back' ? resolve : away);
      });
      const away = () => {
        reject(new LogUnavailable('not connected to NATS'));
      };
      const settle = (outcome: () => void) => {
        stop();
        clearTimeout(timer);
        outcome();
      };
      const timer = setTimeout(() => {
        settle(away);
      }, limitMs);
    });
  }

  /** Resolves once the server has taken everything sent so far. @throws LogUnavailable */
  flush(): Promise<void> {
    return this.answer(() => this.nats.flush());
  }

  /** Subscriptions are drained where the server is there; whoever still waits for an answer hears that it is lost. */
  async close(): Promise<void> {
    if (this.closing) {
      await this.nats.closed();
      return;
    }
    const drained = this.answer(() => this.nats.drain(), DRAIN_LIMIT_MS);
    this.closing = true;
    await drained.catch(() => undefined);
    await this.nats.close();
    this.announce('lost');
  }

  private async follow(): Promise<void> {
    for await (const status of this.nats.status()) {
      if (status.type === 'error') this.lastError = status.error.message;
      else if (status.type === 'disconnect') this.tell('lost');
      else if (status.type === 'reconnect') this.tell('back');
    }
    this.tell('lost');
  }

  /** Only changes are told: the client reports every failed attempt as another disconnect. */
  private tell(phase: Phase): void {
    if (this.closing || this.up === (phase === 'back')) return;
    this.up = phase === 'back';
    this.lastError = '';
    this.announce(phase);
  }

  private announce(phase: Phase): void {
    for (const listener of [...this.listeners]) {
      surfacing(() => {
        listener(phase);
      });
    }
  }
}

const STREAM_NOT_FOUND = 10_059;
/** No leader of the cluster; a stream or a consumer that lives on servers that are dead. They come with the status 500. */
const OFFLINE = new Set([10_009, 10_118, 10_119, 10_194, 10_195]);

/** Whether the server says that there is no such stream, consumer or message. */
export const isMissing = (error: unknown): boolean => error instanceof JetStreamApiError && error.status === 404;

/** A failure of the way there is LogUnavailable, what the server objects to stays as it is. */
function asLogError(cause: unknown): Error {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  if (error instanceof JetStreamApiError && error.status !== 503 && !OFFLINE.has(error.code)) return error;
  const unreachable =
    error instanceof JetStreamApiError ||
    error instanceof errors.RequestError ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.ClosedConnectionError ||
    error instanceof errors.DrainingConnectionError ||
    error.name === 'JetStreamNotEnabled';
  return unreachable ? new LogUnavailable(`the log is away: ${error.message}`, { cause: error }) : error;
}

/**
 * Calls a listener out of the NATS client's reader. An exception would stop that reader for good, without a word; it
 * surfaces as an uncaught one of the process instead, since it is a fault of the listener's owner.
 */
export function surfacing(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
