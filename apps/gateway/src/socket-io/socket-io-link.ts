import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Duplex } from 'node:stream';
import type { Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import { CLOSE, MAX_FRAME_ID_LENGTH } from '#protocol';
import { CLOSE_TIME } from '../socket/session-socket.js';
import { NO_GOODBYE } from '../traffic.js';
import { Texts } from './texts.js';

const [OPEN, CLOSING, CLOSED] = [1, 2, 3];

/** After these a client comes back by itself; others it is told not to. */
const comesBack: ReadonlySet<number> = new Set(
  Object.values(CLOSE).flatMap(({ code, reconnect }) => (reconnect === false ? [] : [code])),
);

/** What a WebSocket ends with whose client has said goodbye. */
const GOODBYE = 1000;

type Answer = (frame: object) => void;

/** Stands for a frame that is nested deeper than can be written: deeper than any that is taken. */
const TOO_DEEP = `{"event":"","data":${'['.repeat(128)}${']'.repeat(128)}}`;

function textOf(frame: object): string {
  try {
    return JSON.stringify(frame);
  } catch {
    return TOO_DEEP;
  }
}

/** A frame of the direct chat. */
interface Frame {
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
}

/** What a client gives beside the data. */
interface Beside {
  readonly id?: unknown;
  readonly traceparent?: unknown;
}

/**
 * A Socket.IO connection as a session knows one: what of a WebSocket it uses, and the stream that it writes frames to.
 * A frame's `event` is the event, its `data` the first argument, and what stands beside these, `id`, `traceparent` and `position`, the
 * second one; the same the other way. Where the client gives a callback, it gets the `ack` or `nack`.
 */
export class SocketIoLink extends EventEmitter {
  readonly OPEN = OPEN;
  readyState: number = OPEN;
  isPaused = false;
  readonly stream: Duplex;
  readonly #texts = new Texts();
  /** By the id of their frame. */
  readonly #answers = new Map<string, Answer>();
  /** What is written before the client knows that it is let in. */
  #held: (() => void)[] | null = [];

  constructor(private readonly socket: Socket) {
    super();
    const write = (pieces: readonly Buffer[], done: () => void): void => {
      const go = (): void => {
        this.#write(pieces, done);
      };
      if (this.#held) this.#held.push(go);
      else go();
    };
    this.stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _, done) => {
        write([chunk], done);
      },
      writev: (chunks, done) => {
        write(
          chunks.map(({ chunk }) => chunk as Buffer),
          done,
        );
      },
    });
    this.stream.on('error', () => undefined);
    socket.once('disconnect', (reason) => {
      this.#over(reason === 'client namespace disconnect' ? GOODBYE : NO_GOODBYE);
    });
    socket.conn.once('close', () => {
      this.#over(NO_GOODBYE);
    });
    socket.onAny((event: string, ...args: unknown[]) => {
      this.#hear(event, args);
    });
  }

  /** The client knows that it is let in. */
  begin(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const write of held) write();
  }

  /** There are no close codes here: it is told by an event before, and how it ends says whether to come back. */
  close(code: number, reason: string): void {
    if (this.readyState !== OPEN) return;
    this.readyState = CLOSING;
    this.socket.emit('closing', { code, reason });
    // What carries it waits for the client to hang up, also once the connection is over.
    const carrier = this.#webSocket;
    const late = setTimeout(() => carrier?.terminate(), CLOSE_TIME).unref();
    carrier?.once('close', () => {
      clearTimeout(late);
    });
    this.stream.end(() => {
      if (comesBack.has(code)) this.socket.conn.close();
      else this.socket.disconnect(true);
    });
  }

  terminate(): void {
    // Taken first: once it is closed it has none.
    const socket = this.#webSocket;
    this.socket.conn.close(true);
    socket?.terminate();
  }

  /** Socket.IO looks by itself whether the client is there. */
  ping(): void {
    setImmediate(() => this.emit('pong'));
  }

  pong(): void {
    // Nobody waits for it.
  }

  pause(): void {
    this.isPaused = true;
    this.#webSocket?.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.#webSocket?.resume();
  }

  /** What it is carried by, where that is one. Of what comes by HTTP, a request at a time, nothing has to be held back. */
  get #webSocket(): Pick<WebSocket, 'pause' | 'resume' | 'terminate' | 'once'> | undefined {
    const { transport } = this.socket.conn as unknown as { readonly transport?: { readonly socket?: WebSocket } };
    return transport?.socket;
  }

  #over(code: number): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.stream.destroy();
    this.emit('close', code);
  }

  #hear(event: string, args: unknown[]): void {
    const answer = typeof args.at(-1) === 'function' ? (args.pop() as Answer) : null;
    const [data, beside] = args;
    const given = (typeof beside === 'object' && beside !== null ? beside : {}) as Beside;
    const id = given.id ?? (answer ? randomUUID() : undefined);
    const frame = textOf({ event, data, id, traceparent: given.traceparent });
    const isId = typeof id === 'string' && id !== '' && id.length <= MAX_FRAME_ID_LENGTH;
    if (answer && isId && frame !== TOO_DEEP) this.#answers.set(id, answer);
    this.emit('message', Buffer.from(frame), false);
  }

  #write(pieces: readonly Buffer[], done: () => void): void {
    for (const text of this.#texts.take(pieces)) this.#tell(JSON.parse(text) as Frame);
    // What the client has not taken yet waits here, where it counts.
    const { conn } = this.socket;
    const { writeBuffer } = conn as unknown as { readonly writeBuffer: readonly unknown[] };
    if (writeBuffer.length === 0) done();
    else conn.once('drain', done);
  }

  #tell(frame: Frame): void {
    const { event, data, ...beside } = frame;
    const answer = event === 'ack' || event === 'nack' ? this.#answers.get(frame.id!) : undefined;
    if (answer) {
      this.#answers.delete(frame.id!);
      answer(frame);
    } else if (Object.keys(beside).length > 0) this.socket.emit(event, data, beside);
    else this.socket.emit(event, data);
  }
}
