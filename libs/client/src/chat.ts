import { Connection, type ConnectionOptions, type ConnectionState, type Frame } from './connection.js';
import { Emitter } from './emitter.js';
import { Follower, type FollowerParts, Messages, type Position, type Resumed } from './follower.js';
import { addressOf, getJson, type HttpOptions } from './http.js';
import { Insistence } from './insistence.js';
import { type Command, Outbox, type OutboxStore } from './outbox.js';
import type { CommandRefused } from './refusal.js';

export interface ChatOptions extends ConnectionOptions, HttpOptions {
  /** Where commands that are not acknowledged survive; by default in this object only. */
  readonly outbox?: OutboxStore;
}

export interface ChatEvents {
  state: ConnectionState;
  /** What waits to be acknowledged, the oldest first. */
  pending: readonly Command[];
  /** Who is online, as far as one may know: asked for by `subscribe('presence')`. Nobody while there is no connection. */
  presence: ReadonlySet<string | number>;
  /** Refused for good: of one that was given before a reload, nobody else hears. */
  refused: { readonly command: Command; readonly error: CommandRefused };
  /** The outbox's store failed: what waits is sent all the same, but would not survive a reload. */
  storeFailed: { readonly error: Error };
}

/** What is told only where it is asked for. */
export type Topic = 'presence' | 'typing' | 'seen' | 'changes';

interface Presence {
  readonly online: readonly (string | number)[];
  readonly offline: readonly (string | number)[];
  readonly snapshot?: true;
}

interface ResumedRooms {
  readonly rooms: Record<string, Resumed>;
  readonly log?: string;
}

interface ThreadPage<M> {
  readonly root: M;
  readonly data: readonly M[];
  readonly next: number | null;
}

const THREAD_PAGE = 50;

/** What both APIs have in common: a connection, an outbox, and rooms that are followed. */
export abstract class Chat<Events extends ChatEvents, M extends Position> extends Emitter<Events> {
  protected readonly outbox: Outbox;
  protected readonly followers = new Map<string, Follower<M>>();
  /** Of the rooms that are shown. */
  protected readonly messages = new Map<string, Messages<M>>();
  readonly #connection: Connection;
  readonly #insistence: Insistence;
  /** What is shown is kept as it is, whoever asks for more. */
  readonly #topics = new Set<Topic>(['changes']);
  #online: ReadonlySet<string | number> = new Set();
  /** Which log the server has, where it says one; and of which each room's position is. */
  #log: string | undefined;
  readonly #logs = new Map<string, string | undefined>();

  constructor(
    protected readonly options: ChatOptions,
    socketAddress: (token: string) => URL,
  ) {
    super();
    this.#connection = new Connection(options, (token) => socketAddress(token).href);
    this.#insistence = new Insistence(this.#connection);
    this.#connection.on('state', (state) => {
      if (state.state !== 'connected' && this.#online.size > 0) this.#tellPresence([]);
      if (state.state === 'disconnected') for (const follower of this.followers.values()) follower.end();
      this.emit('state', state);
    });
    this.#connection.on('open', () => {
      for (const follower of this.followers.values()) follower.begin();
      this.#sendTopics();
      this.opened();
    });
    this.#connection.on('frame', (frame) => {
      if (frame['event'] === 'resumed') this.#resumed(frame['data'] as ResumedRooms);
      else this.heard(frame);
    });
    this.outbox = new Outbox(this.#connection, options.outbox ?? null);
    this.outbox.on('pending', (pending) => {
      this.emit('pending', pending);
    });
    this.outbox.on('refused', (refused) => {
      this.emit('refused', refused);
    });
    this.outbox.on('storeFailed', (failed) => {
      this.emit('storeFailed', failed);
    });
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** What waits to be acknowledged, the oldest first. */
  get pending(): readonly Command[] {
    return this.outbox.pending;
  }

  /** Who is online of those one may know; another set whenever anything has changed. See {@link subscribe}. */
  get online(): ReadonlySet<string | number> {
    return this.#online;
  }

  /** From now on the server tells this as well, over every connection. */
  subscribe(...topics: readonly Topic[]): this {
    const before = this.#topics.size;
    for (const topic of topics) this.#topics.add(topic);
    if (this.#topics.size > before) this.#sendTopics();
    return this;
  }

  /** Opens the connection, and keeps it open until {@link disconnect}. */
  connect(): this {
    this.#connection.connect();
    return this;
  }

  /** Closes it for good. What waits to be acknowledged is kept, and sent after the next `connect`. */
  disconnect(): void {
    this.#connection.disconnect();
  }

  protected abstract opened(): void;
  protected abstract heard(frame: Frame): void;

  /** Sends what is not worth keeping, where there is a connection. */
  protected tell(event: string, data: unknown): void {
    this.#connection.send({ event, data });
  }

  protected heardPresence({ online, offline, snapshot }: Presence): void {
    const before = snapshot ? [] : [...this.#online].filter((id) => !offline.includes(id));
    this.#tellPresence([...before, ...online]);
  }

  #tellPresence(online: readonly (string | number)[]): void {
    this.#online = new Set(online);
    this.emit('presence', this.#online);
  }

  #sendTopics(): void {
    this.#insistence.send(() => ({ event: 'subscribe', data: { to: [...this.#topics] } }));
  }

  /** Follows one more room, or a room anew; it is to be resumed. */
  protected follow(key: string, parts: Omit<FollowerParts<M>, 'resume' | 'isShown'>): Follower<M> {
    const follower = new Follower<M>({
      idOf: parts.idOf,
      latest: parts.latest,
      isShown: () => this.messages.has(key),
      resume: () => {
        this.resume([key]);
      },
      told: (told) => {
        this.messages.get(key)?.take(told);
        parts.told(told);
      },
      reset: (messages) => {
        this.messages.get(key)?.reset(messages);
        parts.reset(messages);
      },
    });
    this.followers.set(key, follower);
    return follower;
  }

  /** Asks for what came after the last known position of rooms; null for one that there is none of yet. */
  protected resume(keys: Iterable<string>): void {
    const names = [...keys];
    if (names.length === 0) return;
    this.#insistence.send(() => {
      const rooms = Object.fromEntries(names.map((key) => [key, this.#isOfLog(key) ? this.positionOf(key) : null]));
      return { event: 'resume', data: { rooms, ...(this.#log !== undefined && { log: this.#log }) } };
    });
  }

  /** The server's log may have been restored from a backup since: then the position is of none that it has. */
  #isOfLog(key: string): boolean {
    return !this.#logs.has(key) || this.#logs.get(key) === this.#log;
  }

  protected positionOf(key: string): object | null {
    return this.followers.get(key)?.position ?? null;
  }

  /** The root of a thread, and the replies, oldest first. */
  protected async *readThread(path: string): AsyncGenerator<M, void> {
    for (let after: number | null = 0; after !== null;) {
      const query = { after: String(after), limit: String(THREAD_PAGE) };
      const page: ThreadPage<M> = await this.get(path, query);
      if (after === 0) yield page.root;
      yield* page.data;
      after = page.next;
    }
  }

  protected async get<T>(path: string, query: Record<string, string>): Promise<T> {
    const { url, httpUrl, fetch } = this.options;
    return getJson<T>(addressOf(httpUrl ?? url, 'http', path, query), await this.#connection.token(), fetch);
  }

  #resumed({ rooms, log }: ResumedRooms): void {
    this.#log = log;
    for (const [key, resumed] of Object.entries(rooms)) {
      this.#logs.set(key, log);
      void this.followers.get(key)?.resumed(resumed);
    }
  }
}
