import { Emitter } from './emitter.js';
import { type Backoff, fullJitter, reconnectDelay } from './reconnecting.js';
import { renewIn } from './token.js';

type Socket = Pick<WebSocket, 'onopen' | 'onmessage' | 'onerror' | 'onclose' | 'send' | 'close'>;

/** A browser's `WebSocket`, or that of the package `ws`. */
export type SocketClass = new (url: string) => object;

/** What sockets are made with, where the options do not say. */
export const platform: { WebSocket: SocketClass | undefined } = {
  WebSocket: (globalThis as { WebSocket?: SocketClass }).WebSocket,
};

export interface ConnectionOptions {
  /** Where the server is: `https://chat.example` or `wss://…`, without a path. */
  readonly url: string;
  /** A token, or what gets one: asked at each connect, and before the one in use ends. */
  readonly token: string | (() => string | Promise<string>);
  /** By default the one of the platform. */
  readonly WebSocket?: SocketClass;
  /** By default from half a second to 20 s. */
  readonly backoff?: Backoff;
}

/**
 * `disconnected`: until `connect` is called, and for good after a close code that says so. `connecting`: also while it
 * waits, for so many milliseconds, before the next attempt. `code` and `reason` say what led here: 0 for a call of this
 * library's, else the close code of the connection before; 1006 where there was none, or no server.
 */
export interface ConnectionState {
  readonly state: 'disconnected' | 'connecting' | 'connected';
  readonly code: number;
  readonly reason: string;
  readonly retryInMs?: number;
}

/** A frame of the server's. */
export type Frame = Readonly<Record<string, unknown>>;

interface ConnectionEvents {
  state: ConnectionState;
  /** A new connection stands; nothing was sent over it yet. */
  open: undefined;
  frame: Frame;
}

/** Without a word of the server's for so long it is asked for one; without an answer it is taken for gone. */
const SILENCE_MS = 30_000;
const ANSWER_MS = 10_000;
/** A connection that stood so long makes up for the attempts before it. */
const STEADY_MS = 10_000;
/** An attempt that takes longer is given up. */
const CONNECT_MS = 10_000;
/** Outside of browsers there is nobody to tell of the network. */
const page: Partial<Pick<typeof globalThis, 'addEventListener' | 'removeEventListener'>> = globalThis;
const LOST = 1006;
/** The token was revoked: it is no use any more, and another one is none before so many milliseconds. */
const REVOKED = 4002;
const REVOKED_MS = 1_000;
/** Any frame is an answer; this one asks for nothing. */
const PROBE = JSON.stringify({ event: 'resume', data: { rooms: {} } });

/** One connection that comes back by itself. What is sent while there is none is not kept: that is the outbox's. */
export class Connection extends Emitter<ConnectionEvents> {
  #state: ConnectionState = { state: 'disconnected', code: 0, reason: 'not connected yet' };
  #socket: Socket | null = null;
  #attempt = 0;
  /** The token of the socket, and one that was revoked. */
  #token: string | null = null;
  #revoked: string | null = null;
  /** Counts connects and disconnects: what began before the last one is over. */
  #era = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #steady: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly addressOf: (token: string) => string,
  ) {
    super();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  connect(): void {
    if (this.#state.state !== 'disconnected') return;
    this.#attempt = 0;
    page.addEventListener?.('online', this.#now);
    void this.#open('connect was called', 0);
  }

  disconnect(): void {
    this.#end(0, 'disconnect was called');
  }

  /** Whether it could be sent: it may still not arrive. */
  send(frame: object): boolean {
    if (this.#state.state !== 'connected') return false;
    this.#socket!.send(JSON.stringify(frame));
    return true;
  }

  /** Opens a new connection in the place of the one there is. */
  restart(code: number, reason: string): void {
    if (this.#state.state === 'disconnected') return;
    this.#drop();
    void this.#open(reason, code);
  }

  async token(): Promise<string> {
    const { token } = this.options;
    return typeof token === 'string' ? token : token();
  }

  async #open(reason: string, code: number): Promise<void> {
    const era = ++this.#era;
    this.#tell({ state: 'connecting', code, reason });
    try {
      const token = await this.token();
      if (era !== this.#era) return;
      if (token === this.#revoked) {
        this.#end(REVOKED, 'token revoked');
        return;
      }
      this.#token = token;
      const WebSocket = this.options.WebSocket ?? platform.WebSocket;
      if (!WebSocket) throw new Error('there is no WebSocket here: give one as the option `WebSocket`');
      const socket = new WebSocket(this.addressOf(token)) as Socket;
      this.#socket = socket;
      this.#expect(CONNECT_MS, 'the server did not answer in time');
      socket.onopen = () => {
        this.#opened(token);
      };
      socket.onmessage = ({ data }) => {
        this.#heard(data);
      };
      // What went wrong stands in the close that follows.
      socket.onerror = () => undefined;
      socket.onclose = (event) => {
        this.#closed(event.code, event.reason);
      };
    } catch (error) {
      if (era === this.#era) this.#closed(LOST, error instanceof Error ? error.message : String(error));
    }
  }

  #opened(token: string): void {
    const { code, reason } = this.#state;
    const openedAt = Date.now();
    const era = this.#era;
    this.#tell({ state: 'connected', code, reason });
    // Whoever was told may have ended it.
    if (era !== this.#era) return;
    const renewal = renewIn(token, openedAt);
    // One that is about to end already is not asked for again and again.
    if (renewal > 0 && renewal < 2 ** 31) this.#renewal = setTimeout(this.#renew, renewal);
    this.#steady = setTimeout(() => {
      this.#attempt = 0;
    }, STEADY_MS);
    this.#listen();
    this.emit('open', undefined);
  }

  readonly #renew = (): void => {
    this.restart(0, 'the token is about to end');
  };

  #heard(data: unknown): void {
    this.#listen();
    let frame: unknown;
    try {
      frame = JSON.parse(String(data));
    } catch {
      return;
    }
    if (typeof frame === 'object' && frame !== null) this.emit('frame', frame as Frame);
  }

  #listen(): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      this.#socket?.send(PROBE);
      this.#expect(ANSWER_MS, 'the server has gone silent');
    }, SILENCE_MS);
  }

  #expect(ms: number, otherwise: string): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      this.#closed(LOST, otherwise);
    }, ms);
  }

  #closed(code: number, reason: string): void {
    this.#drop();
    const delay = this.#delayAfter(code, reason);
    if (delay === null) {
      this.#end(code, reason);
      return;
    }
    const era = this.#era;
    this.#tell({ state: 'connecting', code, reason, retryInMs: delay });
    if (era !== this.#era) return;
    this.#retry = setTimeout(() => void this.#open(reason, code), delay);
  }

  /** Null for never. Who gets tokens by a function is asked for another one than was revoked. */
  #delayAfter(code: number, reason: string): number | null {
    const { token, backoff = { minMs: 500, maxMs: 20_000 } } = this.options;
    const attempt = this.#attempt++;
    if (code === REVOKED) this.#revoked = this.#token;
    if (code === REVOKED && typeof token === 'function') return REVOKED_MS + fullJitter(backoff, attempt);
    return reconnectDelay(backoff, code, reason, attempt);
  }

  /** The network is back: nobody has to wait. */
  readonly #now = (): void => {
    if (this.#retry === undefined) return;
    this.#drop();
    void this.#open('the network is back', LOST);
  };

  #end(code: number, reason: string): void {
    this.#drop();
    page.removeEventListener?.('online', this.#now);
    if (this.#state.state !== 'disconnected') this.#tell({ state: 'disconnected', code, reason });
  }

  /** What is there of the connection, and of the next one, is let go of. */
  #drop(): void {
    this.#era++;
    for (const timer of [this.#retry, this.#renewal, this.#watch, this.#steady]) clearTimeout(timer);
    this.#retry = undefined;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #tell(state: ConnectionState): void {
    this.#state = state;
    this.emit('state', state);
  }
}
