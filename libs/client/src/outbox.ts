import type { Connection, Frame } from './connection.js';
import { Emitter } from './emitter.js';
import { fullJitter, RETRY } from './reconnecting.js';
import { CommandRefused, type Nack } from './refusal.js';

/** A command that was not acknowledged yet. Its id makes it the same command however often it is sent. */
export interface Command {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
  /** When it was given, in milliseconds since 1970. */
  readonly at: number;
  /** The trace that it is a part of, as W3C Trace Context has it. */
  readonly traceparent?: string;
}

/** Where commands survive the process, or the page, in the order they were put. */
export interface OutboxStore {
  load(): Promise<readonly Command[]>;
  put(command: Command): Promise<void>;
  remove(id: string): Promise<void>;
}

/** What an `ack` said, and the frame that came just before it, where the command is answered by one. */
export interface Acknowledged {
  readonly ack: Readonly<Record<string, unknown>>;
  readonly answer: unknown;
}

interface Pending {
  readonly command: Command;
  readonly settle: { resolve(acknowledged: Acknowledged): void; reject(error: Error): void } | null;
  answer: unknown;
}

interface OutboxEvents {
  /** What waits to be acknowledged, the oldest first. */
  pending: readonly Command[];
  /** Refused for good, and not kept any longer. */
  refused: { readonly command: Command; readonly error: CommandRefused };
  /** The store failed: what waits is sent all the same, but may not survive the process, or be sent once more after it. */
  storeFailed: { readonly error: Error };
}

/** What the server allows by default, with some left for others of the same user: frames at once, and a second. */
const BURST = 100;
const PER_SECOND = 25;
const TOO_LARGE = 1009;
const ANSWERS = new Set(['chat_created', 'updated_chat_list', 'get_all_chat_messages']);

/**
 * Commands on their way, in their order: each is sent, with its id, until it is acknowledged or refused for good,
 * whatever becomes of connections meanwhile.
 */
export class Outbox extends Emitter<OutboxEvents> {
  readonly #queue: Pending[] = [];
  readonly #loaded: Promise<void>;
  #isLoaded = false;
  /** Whether the first of the queue was sent over the connection that there is. */
  #isSent = false;
  #tries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tokens = BURST;
  #countedAt = 0;

  constructor(
    private readonly connection: Connection,
    private readonly store: OutboxStore | null,
  ) {
    super();
    this.#loaded = this.#load();
    connection.on('open', () => {
      this.#tries = 0;
      this.#again(0);
    });
    connection.on('frame', (frame) => {
      this.#hear(frame);
    });
    connection.on('state', ({ state, code }) => {
      // The server does not take the one it was just sent: sent again, it would close the next connection too.
      if (state === 'connecting' && code === TOO_LARGE && this.#isSent) {
        this.#refuse(new CommandRefused('too_large', 'the server does not take so large a frame'));
      }
      if (state !== 'connected') {
        this.#isSent = false;
        clearTimeout(this.#timer);
      }
    });
  }

  get pending(): readonly Command[] {
    return this.#queue.map(({ command }) => command);
  }

  /**
   * Resolves once the command is acknowledged, however long that takes.
   * @param id the same again is the same command
   * @throws CommandRefused
   */
  send(event: string, data: unknown, id: string = crypto.randomUUID(), traceparent?: string): Promise<Acknowledged> {
    const command = { id, event, data, at: Date.now(), ...(traceparent && { traceparent }) };
    const acknowledged = this.#add(command);
    void this.store?.put(command).catch(this.#storeFailed);
    return acknowledged;
  }

  /** The same for a question: it is not kept beyond the process. */
  request(event: string, data?: unknown): Promise<Acknowledged> {
    return this.#add({ id: crypto.randomUUID(), event, data, at: Date.now() });
  }

  #add(command: Command): Promise<Acknowledged> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, settle: { resolve, reject }, answer: undefined });
      this.emit('pending', this.pending);
      void this.#loaded.then(() => {
        this.#advance();
      });
    });
  }

  async #load(): Promise<void> {
    let commands: readonly Command[] = [];
    try {
      commands = (await this.store?.load()) ?? [];
    } catch (error) {
      this.#storeFailed(error as Error);
    }
    const given = new Set(this.#queue.map(({ command }) => command.id));
    const before = commands.filter(({ id }) => !given.has(id));
    this.#queue.unshift(...before.map((command) => ({ command, settle: null, answer: undefined })));
    this.#isLoaded = true;
    if (before.length > 0) this.emit('pending', this.pending);
    this.#advance();
  }

  #advance(): void {
    const [first] = this.#queue;
    if (!first || !this.#isLoaded || this.#isSent) return;
    const wait = this.#wait();
    if (wait > 0) {
      this.#again(wait);
      return;
    }
    const { id, event, data, traceparent } = first.command;
    this.#isSent = this.connection.send({ event, data, id, traceparent });
    if (this.#isSent) this.#tokens--;
  }

  #again(ms: number): void {
    this.#isSent = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#advance();
    }, ms);
  }

  /** Milliseconds until the server would take another frame. */
  #wait(): number {
    const now = performance.now();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#countedAt) / 1_000) * PER_SECOND);
    this.#countedAt = now;
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / PER_SECOND) * 1_000;
  }

  #hear(frame: Frame): void {
    const [first] = this.#queue;
    if (!first || !this.#isSent) return;
    if (ANSWERS.has(frame['event'] as string)) first.answer = frame['data'];
    if (frame['id'] !== first.command.id) return;
    if (frame['event'] === 'ack') {
      this.#done();
      first.settle?.resolve({ ack: frame['data'] as Acknowledged['ack'], answer: first.answer });
    } else if (frame['event'] === 'nack') {
      const { code, message, retryable, retry_after = 0, until } = frame['data'] as Nack;
      // How slow a room is may be hours: whoever speaks says whether they want to wait, and nothing else waits for it.
      if (code === 'slow_mode') this.#refuse(new CommandRefused(code, message, { retryInMs: retry_after * 1_000 }));
      else if (retryable) this.#again(retry_after * 1_000 + fullJitter(RETRY, this.#tries++));
      else this.#refuse(new CommandRefused(code, message, until === undefined ? {} : { until }));
    }
  }

  readonly #storeFailed = (error: Error): void => {
    this.emit('storeFailed', { error });
  };

  #refuse(error: CommandRefused): void {
    const { command, settle } = this.#done();
    settle?.reject(error);
    this.emit('refused', { command, error });
  }

  #done(): Pending {
    const first = this.#queue.shift()!;
    this.#isSent = false;
    this.#tries = 0;
    void this.store?.remove(first.command.id).catch(this.#storeFailed);
    this.emit('pending', this.pending);
    this.#advance();
    return first;
  }
}
